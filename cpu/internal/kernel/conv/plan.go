package conv

import (
	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel/gemm"
)

// planner decides how an engine lays its tiles.
type planner struct {
	*engine
	p      problem
	tab    [][]Taps
	swap   bool // rows are output channels, columns images
	weight bool // a gradient of the kernel: the sum is long, the output short
	micros []gemm.Micro
}

// newEngine plans the engine of a convolution of floats.
func newEngine(l isa.Level, s Spec) *engine {
	p := newProblem(s)
	e := &engine{title: s.name(), size: s.DType.Size(), groups: p.groups, count: p.InChannels, chunks: 1, rowAxis: -1,
		epilogue: s.Epilogue, out: s.ArgOutput, row: s.OutChannels * s.DType.Size()}
	pl := &planner{engine: e, p: p, tab: tables(p.Axes), micros: gemm.Kernels(l, s.DType)}
	terms, outs := 1, 1
	for _, a := range p.Axes {
		terms, outs = terms*a.Kernel, outs*a.Out()
	}
	pl.weight = terms > outs && p.InBatch < p.InChannel
	pl.orient()
	pl.positions = 1
	pl.order = append(pl.order, -1)
	for i := len(p.Axes) - 1; i >= 0; i-- {
		pl.order = append(pl.order, i)
	}
	e.pass = e.count
	if pl.weight {
		e.pass = max(1, min(e.count, max(passBytes/pl.imageBytes(), enough(terms)/terms)))
		pl.order = append(pl.order[1:], -1)
		if e.pass > p.Axes[0].Kernel {
			n := len(pl.order)
			pl.order[n-1], pl.order[n-2] = pl.order[n-2], pl.order[n-1]
		}
	}
	pl.columns()
	pl.result(outs)
	pl.place()
	pl.cutUp(terms)
	pl.prefetch()
	return e
}

// passBytes is what both operands of a pass over a long sum may hold, so that they stay in the
// second-level cache.
const passBytes = 512 << 10

// enough is the number of terms from which loading and storing the result does not count, for
// images of some number of terms: small ones make many short calls.
func enough(terms int) int {
	if terms < 100 {
		return 1000
	}
	return 400
}

// prefetch decides whether a pass first reads its operands from end to end: where both are used
// whole by one unit and are blocks of memory.
func (pl *planner) prefetch() {
	p := &pl.p
	in, ker := p.Batch, p.OutChannels
	for _, a := range p.Axes {
		in, ker = in*a.In, ker*a.Kernel
	}
	blocks := p.InChannel == in && p.KernelIn == ker && pl.groups == 1
	pl.fetch = pl.weight && pl.pack == nil && blocks && pl.pass*pl.imageBytes() <= 2*passBytes &&
		pl.grid.strips.parts*pl.grid.positions.parts*pl.grid.tiles.parts == 1
}

// imageBytes is what both operands hold for one input channel, in a gradient an image.
func (pl *planner) imageBytes() int {
	in, ker := pl.p.Batch, pl.p.OutChannels
	for _, a := range pl.p.Axes {
		in, ker = in*a.In, ker*a.Kernel
	}
	return (in + ker) * pl.size
}

// orient chooses what the rows and columns of a tile are, and the micro-kernel.
func (pl *planner) orient() {
	p, images, channels := &pl.p, pl.p.Batch, pl.p.OutChannels
	if pl.weight {
		straight, crossed := pl.best(images, channels), pl.best(channels, images)
		pl.swap = p.InBatch == 1 && crossing*cost(crossed, channels, images) < cost(straight, images, channels)
		if pl.swap {
			images, channels = channels, images
		}
		pl.micro, pl.cols = pl.best(images, channels), channels
		return
	}
	pl.micro, pl.cols = pl.best(1, channels), channels
	last := len(p.Axes) - 1
	along, across := 0.0, 0.0
	for _, t := range pl.runs() {
		along += (float64(t.rows) + callRows) * float64(t.taps.Count)
	}
	for _, t := range pl.tab[last] {
		across += rowCost(images, pl.rowsOf(p.InBatch)) / float64(images) * float64(t.Count)
	}
	if along <= across || len(pl.tab[last]) > 16 {
		pl.rowAxis = last
	}
}

// callRows is what a call of a micro-kernel costs beyond its rows, in rows.
const callRows = 0.7

// rowCost is the cost of n rows in tiles of at most most.
func rowCost(n, most int) float64 { return float64(n) + callRows*float64((n+most-1)/most) }

// cost is the cost of a result of rows × cols with a micro-kernel.
func cost(m gemm.Micro, rows, cols int) float64 {
	return rowCost(rows, m.Rows) * float64((cols+m.Cols-1)/m.Cols*m.Cols)
}

// best is the micro-kernel for a result of rows × cols; with one row, the choice is by columns.
func (pl *planner) best(rows, cols int) gemm.Micro {
	m := pl.micros[0]
	for _, x := range pl.micros[1:] {
		if rows > 1 && otherTile*cost(x, rows, cols) < cost(m, rows, cols) || rows == 1 && (cols+x.Cols-1)/x.Cols*x.Cols < (cols+m.Cols-1)/m.Cols*m.Cols {
			m = x
		}
	}
	return m
}

// rowsOf is the number of rows of a tile whose rows lie stride elements apart: where that is a
// multiple of 4 KB, all rows fall in one set of the first-level cache.
func (pl *planner) rowsOf(stride int) int {
	if stride*pl.size%4096 == 0 {
		return min(8, pl.micro.Rows)
	}
	return pl.micro.Rows
}

// run is a tile along the last axis: outputs o, o+step, … with the same elements of the kernel,
// whose inputs are move elements apart.
type run struct {
	o, rows, step, move int
	taps                Taps
}

// runs cuts the last axis in tiles.
func (pl *planner) runs() (out []run) {
	last := len(pl.p.Axes) - 1
	a, tab := pl.p.Axes[last], pl.tab[last]
	period, move := a.period()
	most := pl.rowsOf(move * a.InStride)
	for start := 0; start < min(period, len(tab)); start++ {
		for o := start; o < len(tab); {
			end := o
			for end < len(tab) && tab[end].K == tab[o].K && tab[end].Count == tab[o].Count {
				end += period
			}
			n := (end - o) / period
			parts := cut{n, (n + most - 1) / most}
			for i := range parts.parts {
				lo, hi := parts.span(i)
				first := o + lo*period
				out = append(out, run{first, hi - lo, period, move, tab[first]})
			}
			o = end
		}
	}
	return out
}

// columns says where the operand of the columns lies, packing the kernel if need be.
func (pl *planner) columns() {
	p := &pl.p
	if pl.swap {
		pl.a, pl.b = operand{arg: p.ArgKernel, group: p.kerGroup * pl.size}, operand{arg: p.ArgInput, group: p.inGroup * pl.size}
		return
	}
	pl.a = operand{arg: p.ArgInput, group: p.inGroup * pl.size}
	pl.b = operand{arg: p.ArgKernel, group: p.kerGroup * pl.size}
	k := newPacker(p, pl.engine)
	if p.KernelOut == 1 {
		if pl.weight && (pl.cols <= pl.micro.Cols || pl.cols*pl.size%512 != 0 || k.bytes() > maxPack || p.Batch < 8*pl.micro.Rows) {
			return
		}
		if !pl.weight && pl.cols <= pl.micro.Cols && k.dense() {
			return
		}
	}
	pl.pack = k
	pl.b = operand{arg: common, offset: 0, group: k.strips * k.strip}
	pl.shared = (k.bytes() + 63) &^ 63
}

// maxPack bounds the bytes of a kernel that is packed for speed alone.
const maxPack = 32 << 20

// partBytes bounds the memory of partial sums.
const partBytes = 16 << 20

// result says where the result of the tiles lies: in the output, or in shared memory, from
// where the last phase brings it to the output.
func (pl *planner) result(outs int) {
	p := &pl.p
	bytes := p.groups * outs * p.Batch * p.OutChannels * pl.size
	if pl.weight {
		pl.chunks = max(1, min(32, partBytes/bytes, pl.count/pl.pass))
	}
	colStride := p.OutChannel
	if pl.swap {
		colStride = p.OutBatch
	}
	pl.c = operand{arg: pl.out, group: p.outGroup * pl.size}
	if pl.chunks == 1 && colStride == 1 {
		return
	}
	f := &finisher{size: pl.size, chunks: pl.chunks, part: bytes}
	f.dims = append(f.dims, dim{p.groups, p.outGroup})
	if !pl.weight {
		f.dims = append(f.dims, dim{p.Batch, p.OutBatch})
	}
	for _, a := range p.Axes {
		f.dims = append(f.dims, dim{a.Out(), a.OutStride})
	}
	images, channels := dim{p.Batch, p.OutBatch}, dim{p.OutChannels, p.OutChannel}
	switch {
	case pl.swap:
		f.dims = append(f.dims, channels, images)
	case pl.weight:
		f.dims = append(f.dims, images, channels)
	default:
		f.dims = append(f.dims, channels)
	}
	pl.finish = f
	pl.c = operand{arg: common, offset: pl.shared}
	pl.shared += pl.chunks * bytes
	pl.redirect()
}

// redirect gives the problem the output strides of the shared result.
func (pl *planner) redirect() {
	p, n := &pl.p, 1
	f := pl.finish
	strides := make([]int, len(f.dims))
	for i := len(strides) - 1; i >= 0; i-- {
		strides[i] = n
		n *= f.dims[i].count
	}
	last := len(strides) - 1
	pl.c.group = strides[0] * pl.size
	axes := strides[1:]
	switch {
	case pl.swap:
		p.OutChannel, p.OutBatch = strides[last-1], 1
	case pl.weight:
		p.OutBatch, p.OutChannel = strides[last-1], 1
	default:
		p.OutBatch, p.OutChannel = strides[1], 1
		axes = strides[2:]
	}
	for i := range p.Axes {
		p.Axes[i].OutStride = axes[i]
	}
}

// place lists the positions and the tiles with their offsets in bytes.
func (pl *planner) place() {
	p, size := &pl.p, pl.size
	pl.channels = pl.turn(level{a: p.InChannel * size, b: pl.kernelStep()})
	if pl.rowAxis >= 0 {
		pl.coords = append(pl.coords, coord{axis: -1, count: p.Batch, a: p.InBatch * size, c: p.OutBatch * size})
		pl.positions *= p.Batch
	}
	for i, a := range p.Axes {
		if i == pl.rowAxis {
			continue
		}
		d := coord{axis: i, count: a.Out(), c: a.OutStride * size}
		for _, t := range pl.tab[i] {
			d.terms = append(d.terms, pl.term(i, t))
		}
		pl.coords = append(pl.coords, d)
		pl.positions *= d.count
	}
	pl.placeTiles()
}

// placeTiles lists the tiles of a position.
func (pl *planner) placeTiles() {
	p, size := &pl.p, pl.size
	if pl.rowAxis >= 0 {
		a := p.Axes[pl.rowAxis]
		pl.width = a.Out()
		for _, r := range pl.runs() {
			pl.tiles = append(pl.tiles, tile{rows: r.rows, aRow: r.move * a.InStride * size,
				c: r.o * a.OutStride * size, cRow: r.step * a.OutStride * size, term: pl.term(pl.rowAxis, r.taps)})
		}
		return
	}
	n, a, c := p.Batch, p.InBatch, p.OutBatch
	if pl.swap {
		n, a, c = p.OutChannels, p.KernelOut, p.OutChannel
	}
	most := pl.rowsOf(a)
	parts := cut{n, (n + most - 1) / most}
	for i := range parts.parts {
		lo, hi := parts.span(i)
		pl.tiles = append(pl.tiles, tile{rows: hi - lo, a: lo * a * size, aRow: a * size, c: lo * c * size, cRow: c * size})
	}
}

// term turns taps into bytes.
func (pl *planner) term(axis int, t Taps) term {
	a := pl.p.Axes[axis]
	x := term{count: t.Count, a: t.I * a.InStride * pl.size, aStep: t.IStep * a.InStride * pl.size}
	if pl.pack != nil {
		x.b, x.bStep = pl.pack.at(axis, t.K), pl.pack.at(axis, t.K+t.KStep)-pl.pack.at(axis, t.K)
	} else {
		x.b, x.bStep = t.K*a.KernelStride*pl.size, t.KStep*a.KernelStride*pl.size
	}
	if pl.swap {
		x.a, x.aStep, x.b, x.bStep = x.b, x.bStep, x.a, x.aStep
	}
	return x
}

// turn changes the operands' parts if they are swapped.
func (pl *planner) turn(l level) level {
	if pl.swap {
		l.a, l.b = l.b, l.a
	}
	return l
}

// kernelStep is the number of bytes from input channel to input channel of the kernel.
func (pl *planner) kernelStep() int {
	if pl.pack != nil {
		return pl.pack.channel
	}
	return pl.p.KernelIn * pl.size
}

// cutUp divides the work in units.
func (pl *planner) cutUp(terms int) {
	p := &pl.p
	strips := (pl.cols + pl.micro.Cols - 1) / pl.micro.Cols
	g := &pl.grid
	g.chunks, g.groups = cut{pl.count, pl.chunks}, cut{pl.groups, pl.groups}
	g.strips, g.positions, g.tiles = cut{strips, 1}, cut{pl.positions, 1}, cut{len(pl.tiles), 1}
	bytes := min(terms*p.InChannels, terms*pl.pass) * pl.micro.Cols * pl.size
	if pl.chunks == 1 && bytes > 128<<10 {
		g.strips.parts = strips
	}
	if pl.chunks >= wantUnits/4 {
		return
	}
	for _, c := range []*cut{&g.positions, &g.strips, &g.tiles} {
		if c == &g.tiles && pl.interleaved() {
			continue // an epilogue wants runs of outputs
		}
		if have := g.units(); have < wantUnits {
			c.parts = min(c.n, max(c.parts, c.parts*((wantUnits+have-1)/have)))
		}
	}
}

// interleaved reports whether an epilogue follows and tiles are not runs of outputs.
func (pl *planner) interleaved() bool {
	if pl.epilogue == nil || pl.rowAxis < 0 {
		return false
	}
	period, _ := pl.p.Axes[pl.rowAxis].period()
	return period > 1
}

// wantUnits is the number of units aimed at: enough to keep many workers evenly busy.
const wantUnits = 64

// crossing is how much dearer a gradient is with its operands' parts changed.
const crossing = 1.3

// otherTile is how much dearer a product is with a micro-kernel that is not the preferred one.
const otherTile = 1.1
