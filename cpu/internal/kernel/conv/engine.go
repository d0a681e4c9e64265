package conv

import (
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/kernel/gemm"
)

// engine computes a convolution by tiles of a micro-kernel. The columns of a tile are output
// channels; its rows are images, or neighbouring outputs of the last axis that have the same
// terms. In a gradient of the kernel, where the last axis is short and the sum long, "images"
// are input channels, and the sum runs over positions and over the images proper.
//
// Where columns are few, operands change their parts: rows are output channels and columns
// images.
type engine struct {
	title string
	size  int // bytes of an element
	micro gemm.Micro

	groups, positions, chunks int // groups, positions of tiles, parts of the sum
	a, b, c                   operand
	channels                  level // the sum over input channels
	count                     int   // input channels
	pass                      int   // input channels of a pass
	order                     []int // loops over terms, innermost first; −1 is the channels
	coords                    []coord
	tiles                     []tile // along the axis that gives the rows
	rowAxis                   int    // its spatial axis; −1 for images
	cols                      int    // columns of the result
	grid                      grid
	fetch                     bool // read the operands of a pass in the order of memory first

	pack     *packer
	finish   *finisher
	epilogue gemm.Epilogue
	out      int // the argument that is the output
	row      int // bytes of a position of the output, with an epilogue
	width    int // outputs along the axis that gives the rows, if that is spatial
	shared   int
}

// operand is where a factor or the result lies: an argument, an offset in it, and the bytes
// from group to group.
type operand struct{ arg, offset, group int }

// common is the argument that stands for the shared memory, the last one.
const common = -1

// at is the operand of a group.
func (o operand) at(group int, args []unsafe.Pointer) unsafe.Pointer {
	if o.arg == common {
		return unsafe.Add(args[len(args)-1], o.offset+group*o.group)
	}
	return unsafe.Add(args[o.arg], o.offset+group*o.group)
}

// term is a run of taps in bytes.
type term struct {
	count    int
	a, aStep int
	b, bStep int
}

// coord is a coordinate of a tile's position: the images, or a spatial axis with the terms of
// each output.
type coord struct {
	axis, count int // axis −1: the images
	a, c        int // bytes from one to the next
	terms       []term
}

// tile is a run of rows: its offset in the operand of the rows and in the result, the bytes
// between its rows, and the terms along its axis, if that is spatial.
type tile struct {
	rows             int
	a, aRow, c, cRow int
	term             term
}

// Name implements kernel.Kernel.
func (e *engine) Name() string { return e.title }

// Phases implements kernel.Kernel.
func (e *engine) Phases() []int {
	out := []int{e.grid.units()}
	if e.pack != nil {
		out = append([]int{e.pack.units()}, out...)
	}
	if e.finish != nil {
		out = append(out, e.finish.units())
	}
	return out
}

// Scratch implements kernel.Kernel.
func (e *engine) Scratch() int {
	if e.epilogue == nil {
		return stateBytes
	}
	return stateBytes + e.epilogue.Scratch()
}

// Shared implements kernel.Kernel.
func (e *engine) Shared() int { return e.shared }

// Run implements kernel.Kernel.
func (e *engine) Run(w *kernel.Worker, phase, lo, hi int, args []unsafe.Pointer) {
	if e.pack == nil {
		phase++
	}
	for u := lo; u < hi; u++ {
		switch phase {
		case 0:
			e.pack.run(u, args[e.pack.arg], e.b.at(0, args))
		case 1:
			e.unit(w, u, args)
		case 2:
			e.finish.run(u, args[e.out], e.c.at(0, args))
		}
	}
}

// grid cuts the work in units: parts of the sum, groups, strips of columns, positions and tiles,
// the first one outermost.
type grid struct{ chunks, groups, strips, positions, tiles cut }

// cut divides n things in equal parts.
type cut struct{ n, parts int }

// span is part i.
func (c cut) span(i int) (lo, hi int) { return i * c.n / c.parts, (i + 1) * c.n / c.parts }

func (g *grid) units() int {
	return g.chunks.parts * g.groups.parts * g.strips.parts * g.positions.parts * g.tiles.parts
}

// share is what one unit of the grid computes: ranges of the parts of the sum, the strips, the
// positions and the tiles.
type share struct {
	chunk, group                    int
	terms, strips, positions, tiles [2]int
}

// shareOf is the share of a unit.
func (g *grid) shareOf(u int) (r share) {
	part := func(c cut) [2]int {
		lo, hi := c.span(u % c.parts)
		u /= c.parts
		return [2]int{lo, hi}
	}
	r.tiles, r.positions, r.strips = part(g.tiles), part(g.positions), part(g.strips)
	r.group = part(g.groups)[0]
	r.chunk = u
	r.terms = part(g.chunks)
	return r
}

// unit computes a unit of the grid.
func (e *engine) unit(w *kernel.Worker, u int, args []unsafe.Pointer) {
	if r := e.grid.shareOf(u); e.epilogue != nil {
		e.handed(w, r, args)
	} else {
		e.share(w, r, args)
	}
}

// share goes pass by pass over the sum, strip by strip of columns, so that a strip of the columns'
// operand stays in the cache.
func (e *engine) share(worker *kernel.Worker, r share, args []unsafe.Pointer) {
	s := kernel.At[state](worker.Scratch)
	a, b := e.a.at(r.group, args), e.b.at(r.group, args)
	c := e.c.at(r.group, args)
	if e.chunks > 1 {
		c = unsafe.Add(c, r.chunk*e.finish.part)
	}
	for from := r.terms[0]; from < r.terms[1]; from += e.pass {
		to := min(r.terms[1], from+e.pass)
		if e.fetch {
			s.fetch(a, e.channels.a, from, to)
			s.fetch(b, e.channels.b, from, to)
		}
		for strip := r.strips[0]; strip < r.strips[1]; strip++ {
			s.tile.Cols = min(e.micro.Cols, e.cols-strip*e.micro.Cols)
			w := work{s: s, a: a, b: unsafe.Add(b, strip*e.strip()), c: unsafe.Add(c, strip*e.micro.Cols*e.size),
				from: from, to: to, first: from == r.terms[0]}
			for p := r.positions[0]; p < r.positions[1]; p++ {
				e.position(&w, p, e.tiles[r.tiles[0]:r.tiles[1]])
			}
		}
	}
}

// strip is the number of bytes from a strip of the columns' operand to the next.
func (e *engine) strip() int {
	if e.pack != nil {
		return e.pack.strip
	}
	return e.micro.Cols * e.size
}

// work is a strip of a unit in one pass: the operands and the range of the input channels.
type work struct {
	s        *state
	a, b, c  unsafe.Pointer
	from, to int
	first    bool // nothing has been summed yet
	terms    [maxAxes]term
}

// position computes the tiles of a position.
func (e *engine) position(w *work, p int, tiles []tile) {
	a, c := 0, 0
	for i := len(e.coords) - 1; i >= 0; i-- {
		d := &e.coords[i]
		j := p % d.count
		p /= d.count
		a += j * d.a
		c += j * d.c
		if d.axis >= 0 {
			w.terms[d.axis] = d.terms[j]
		}
	}
	var last *tile
	for i := range tiles {
		t := &tiles[i]
		if last == nil || e.rowAxis >= 0 && t.term != last.term {
			if e.rowAxis >= 0 {
				w.terms[e.rowAxis] = t.term
			}
			last = t
			e.sum(w)
		}
		e.tile(w, t, a, c)
	}
}

// tile computes a tile whose loops are set up.
func (e *engine) tile(w *work, t *tile, a, c int) {
	s := w.s
	s.tile.Rows, s.tile.ARow = t.rows, uintptr(t.aRow)
	s.tile.C, s.tile.CRow = unsafe.Add(w.c, c+t.c), uintptr(t.cRow)
	switch {
	case s.nest.n >= 0:
		add := 1
		if w.first {
			add = 0
		}
		s.base.a, s.off.a = w.a, s.nest.a+a+t.a
		s.base.b, s.off.b = w.b, s.nest.b
		s.run(e.micro, add)
	case w.first:
		s.clear(e.size)
	}
}

// sum sets up the loops over the terms; their number is negative if there is no term.
func (e *engine) sum(w *work) {
	n := &w.s.nest
	n.n, n.a, n.b = 0, 0, 0
	for _, axis := range e.order {
		if axis < 0 {
			n.push(level{count: w.to - w.from, a: e.channels.a, b: e.channels.b})
			n.a += w.from * e.channels.a
			n.b += w.from * e.channels.b
			continue
		}
		t := &w.terms[axis]
		if t.count == 0 {
			n.n = -1
			return
		}
		n.push(level{count: t.count, a: t.aStep, b: t.bStep})
		n.a += t.a
		n.b += t.b
	}
}

// clear sets the tile to zero: a sum of no terms.
func (s *state) clear(size int) {
	for i := range s.tile.Rows {
		clear(unsafe.Slice((*byte)(unsafe.Add(s.tile.C, i*int(s.tile.CRow))), s.tile.Cols*size))
	}
}

// fetch brings the operand of a pass to the cache. Tiles read a few elements here and there of
// all of it, which the machine does not foresee, while it does foresee a walk from end to end.
func (s *state) fetch(p unsafe.Pointer, step, from, to int) {
	var x byte
	for i := from * step; i < to*step; i += kernel.Align {
		x ^= *(*byte)(unsafe.Add(p, i))
	}
	s.fetched = x
}
