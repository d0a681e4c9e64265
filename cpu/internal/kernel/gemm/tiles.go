package gemm

import (
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// tileSpace is the room for the description of a tile, and one number behind it, at the start of
// the scratch memory.
const tileSpace = 3 * kernel.Align

// region is what one unit computes: rows and panels of one product, over a part of K.
type region struct {
	batch, part int
	block       int // of rows
	row, rows   int
	panels      []panel
}

// region decodes the number of a piece.
func (p *product) region(i int) (r region) {
	g := &p.grid
	var group int
	if g.rowsFirst {
		r.block, i = i%g.blocks, i/g.blocks
		group, i = i%g.groups, i/g.groups
	} else {
		group, i = i%g.groups, i/g.groups
		r.block, i = i%g.blocks, i/g.blocks
	}
	r.part, r.batch = i%g.parts, i/g.parts
	r.row, r.rows = p.block(r.block)
	strips := split{len(p.panels), g.groups}
	r.panels = p.panels[strips.at(group):strips.at(group+1)]
	return r
}

// block is a range of rows: whole tiles of the first panel's micro-kernel.
func (p *product) block(i int) (row, rows int) {
	tiles := ceil(p.M, p.panels[0].micro.Rows)
	blocks, rowsOf := split{tiles, p.grid.blocks}, split{p.M, tiles}
	row = rowsOf.at(blocks.at(i))
	return row, rowsOf.at(blocks.at(i+1)) - row
}

// tallest is the number of rows of the largest block.
func (p *product) tallest() (n int) {
	for i := range p.grid.blocks {
		_, rows := p.block(i)
		n = max(n, rows)
	}
	return n
}

// tiles computes units of the product.
func (p *product) tiles(w *kernel.Worker, lo, hi int, args []unsafe.Pointer) {
	for u := lo; u < hi; u++ {
		p.fill(w, p.region(u), args)
	}
}

// operand is a matrix in memory, with strides in bytes.
type operand struct {
	p        unsafe.Pointer
	row, col int
}

// operandA is the rows of a block of A, as they are or packed.
func (p *product) operandA(r region, args []unsafe.Pointer) operand {
	q := &p.packA
	if !q.on {
		a, _, _ := p.offsets(r.batch)
		return operand{unsafe.Add(args[p.ArgA], (a+r.row*p.A.Row)*p.size), p.A.Row * p.size, p.A.Col * p.size}
	}
	copied, _ := p.copyOf(r.batch)
	at := unsafe.Add(args[len(args)-1], q.start+copied*q.bytes)
	if p.A.Col == 1 {
		return operand{unsafe.Add(at, r.row*q.ld*p.size), q.ld * p.size, p.size}
	}
	return operand{unsafe.Add(at, r.block*p.K*q.ld*p.size), p.size, q.ld * p.size}
}

// operandB is the panel of B at q, as it is or packed.
func (p *product) operandB(batch int, q *panel, args []unsafe.Pointer) operand {
	if pack := &p.packB; pack.on {
		_, copied := p.copyOf(batch)
		at := pack.start + copied*pack.bytes + pack.ld*q.col*p.size
		return operand{unsafe.Add(args[len(args)-1], at), q.wide * p.size, p.size}
	}
	_, b, _ := p.offsets(batch)
	return operand{unsafe.Add(args[p.ArgB], (b+q.col*p.B.Col)*p.size), p.B.Row * p.size, p.size}
}

// fill computes a region, block of K by block of K.
func (p *product) fill(w *kernel.Worker, r region, args []unsafe.Pointer) {
	parts := split{p.K, p.grid.parts}
	k0, k1 := parts.at(r.part), parts.at(r.part+1)
	depth := split{k1 - k0, max(1, ceil(k1-k0, maxDepth))}
	a, begun := p.operandA(r, args), 0
	for d := range depth.parts {
		s := strip{w: w, args: args, region: r, first: d == 0, last: d == depth.parts-1, k: k0 + depth.at(d)}
		s.depth = k0 + depth.at(d+1) - s.k
		s.a = operand{unsafe.Add(a.p, s.k*a.col), a.row, a.col}
		for i := range r.panels {
			q := &r.panels[i]
			s.b = p.operandB(r.batch, q, args)
			s.b.p = unsafe.Add(s.b.p, s.k*s.b.row)
			s.soon = 0
			if p.packB.on && i < len(r.panels)-1 {
				s.soon = uintptr(s.b.p) + uintptr(p.packB.ld*q.wide*p.size)
			}
			s.fresh = i == 0
			p.strip(&s, q)
			if p.Epilogue != nil && s.last && p.grid.parts == 1 {
				begun = p.finish(&s, begun, i)
			}
		}
	}
}

// handOver is the number of bytes of C that an epilogue is given at once, if a region has as many:
// so many that rows are long, so few that they are still in the L2 cache.
const handOver = 128 << 10

// finish hands the panels of a region from number begun to number i over to the epilogue, if they
// are enough or the last ones, and returns the panel that is next to hand over.
func (p *product) finish(s *strip, begun, i int) int {
	q, end := &s.panels[begun], &s.panels[i]
	cols := end.col + end.cols - q.col
	if i < len(s.panels)-1 && cols*s.rows*p.size < handOver {
		return begun
	}
	p.Epilogue.Apply(s.w, s.row, s.rows, q.col, cols, s.batch, s.args, unsafe.Add(s.w.Scratch, tileSpace))
	return i + 1
}

// strip is one panel of a region, over one block of K.
type strip struct {
	w    *kernel.Worker
	args []unsafe.Pointer
	region
	a, b        operand
	k, depth    int
	first, last bool    // among the blocks of K
	fresh       bool    // A is not in the cache yet
	soon        uintptr // address of the panel that comes next, if it is packed; else 0
}

// strip computes the tiles of a panel, from top to bottom.
func (p *product) strip(s *strip, q *panel) {
	t := kernel.At[Tile](s.w.Scratch)
	*t = Tile{B: s.b.p, ARow: uintptr(s.a.row), ACol: uintptr(s.a.col), BRow: uintptr(s.b.row),
		K: s.depth, Segs: 1, Cols: q.cols}
	if p.dot {
		t.BSeg = uintptr(p.B.Col * p.size)
	}
	if !s.first || p.Accumulate && p.grid.parts == 1 {
		t.Add = 1
	}
	c := p.operandC(s.region, q, s.args)
	t.CRow = uintptr(c.row)
	tiles := split{s.rows, ceil(s.rows, q.micro.Rows)}
	for i := range tiles.parts {
		row := tiles.at(i)
		t.Rows = tiles.at(i+1) - row
		t.A = unsafe.Add(s.a.p, row*s.a.row)
		t.Next, t.NextStep = 0, 0
		if s.fresh && p.packA.on && p.A.Col == 1 && i < tiles.parts-1 {
			t.Next, t.NextStep = uintptr(s.a.p)+uintptr(tiles.at(i+1)*s.a.row), 64
		} else if !s.fresh && s.soon != 0 && i*s.depth*64 < s.depth*s.b.row {
			t.Next, t.NextStep = s.soon+uintptr(i*s.depth*64), 64
		}
		t.C = unsafe.Add(c.p, row*c.row)
		q.micro.Do(t)
	}
}

// operandC is where a region's tiles of a panel go: to C or to the partial sums.
func (p *product) operandC(r region, q *panel, args []unsafe.Pointer) operand {
	if p.grid.parts > 1 {
		at := ((r.batch*p.grid.parts+r.part)*p.M+r.row)*p.N + q.col
		return operand{unsafe.Add(args[len(args)-1], p.partial+at*p.size), p.N * p.size, p.size}
	}
	_, _, c := p.offsets(r.batch)
	return operand{unsafe.Add(args[p.ArgC], (c+r.row*p.C.Row+q.col)*p.size), p.C.Row * p.size, p.size}
}
