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
	a := p.operandA(r, args)
	for d := range depth.parts {
		s := strip{w: w, args: args, region: r, first: d == 0, last: d == depth.parts-1, k: k0 + depth.at(d)}
		s.depth = k0 + depth.at(d+1) - s.k
		s.a = operand{unsafe.Add(a.p, s.k*a.col), a.row, a.col}
		for i := range r.panels {
			q := &r.panels[i]
			s.b = p.operandB(r.batch, q, args)
			s.b.p = unsafe.Add(s.b.p, s.k*s.b.row)
			s.soon = nil
			if p.packB.on && i < len(r.panels)-1 {
				s.soon = unsafe.Add(s.b.p, p.packB.ld*q.wide*p.size)
			}
			s.fresh = i == 0
			p.strip(&s, q)
		}
	}
}

// strip is one panel of a region, over one block of K.
type strip struct {
	w    *kernel.Worker
	args []unsafe.Pointer
	region
	a, b        operand
	k, depth    int
	first, last bool           // among the blocks of K
	fresh       bool           // A is not in the cache yet
	soon        unsafe.Pointer // the panel that comes next, if it is packed
}

// strip computes the tiles of a panel, from top to bottom.
func (p *product) strip(s *strip, q *panel) {
	t := (*Tile)(s.w.Scratch)
	*t = Tile{B: s.b.p, ARow: uintptr(s.a.row), ACol: uintptr(s.a.col), BRow: uintptr(s.b.row),
		K: s.depth, Segs: 1, Cols: q.cols}
	if p.dot {
		t.BSeg = uintptr(p.B.Col * p.size)
	}
	if !s.first || p.Accumulate && p.grid.parts == 1 {
		t.Add = 1
	}
	c, private := operand{}, p.Epilogue != nil && p.grid.parts == 1
	if private {
		t.CRow = uintptr(q.cols * p.size)
	} else {
		c = p.operandC(s.region, q, s.args)
		t.CRow = uintptr(c.row)
	}
	tiles := split{s.rows, ceil(s.rows, q.micro.Rows)}
	for i := range tiles.parts {
		row := tiles.at(i)
		t.Rows = tiles.at(i+1) - row
		t.A = unsafe.Add(s.a.p, row*s.a.row)
		t.Next, t.NextStep = nil, 0
		if s.fresh && p.packA.on && p.A.Col == 1 && i < tiles.parts-1 {
			t.Next, t.NextStep = unsafe.Add(s.a.p, tiles.at(i+1)*s.a.row), 64
		} else if !s.fresh && s.soon != nil && i*s.depth*64 < s.depth*s.b.row {
			t.Next, t.NextStep = unsafe.Add(s.soon, i*s.depth*64), 64
		}
		if !private {
			t.C = unsafe.Add(c.p, row*c.row)
			q.micro.Do(t)
			continue
		}
		t.C = unsafe.Add(s.w.Scratch, tileSpace+p.place(s, q, row)*p.size)
		q.micro.Do(t)
		if s.last {
			p.Epilogue.Apply(s.w, t.C, q.cols, s.row+row, t.Rows, q.col, q.cols, s.batch, s.args,
				unsafe.Add(s.w.Scratch, tileSpace+p.tileBytes))
		}
	}
}

// operandC is where a region's tiles of a panel go, unless an epilogue waits for them: to C or
// to the partial sums.
func (p *product) operandC(r region, q *panel, args []unsafe.Pointer) operand {
	if p.grid.parts > 1 {
		at := ((r.batch*p.grid.parts+r.part)*p.M+r.row)*p.N + q.col
		return operand{unsafe.Add(args[len(args)-1], p.partial+at*p.size), p.N * p.size, p.size}
	}
	_, _, c := p.offsets(r.batch)
	return operand{unsafe.Add(args[0], (c+r.row*p.C.Row+q.col)*p.size), p.C.Row * p.size, p.size}
}

// place is where a private tile lies, in elements: all use the same room unless they have to
// wait for the next block of K.
func (p *product) place(s *strip, q *panel, row int) int {
	if s.first && s.last {
		return 0
	}
	return (q.col-s.panels[0].col)*s.rows + row*q.cols
}

// largest is the number of elements of the private tiles of a region.
func (p *product) largest() (n int) {
	if p.K <= maxDepth {
		for i := range p.panels {
			n = max(n, p.panels[i].micro.Rows*p.panels[i].cols)
		}
		return n
	}
	strips := split{len(p.panels), p.grid.groups}
	for b := range p.grid.blocks {
		_, rows := p.block(b)
		for i := range p.grid.groups {
			q := p.panels[strips.at(i):strips.at(i+1)]
			last := q[len(q)-1]
			n = max(n, rows*(last.col+last.cols-q[0].col))
		}
	}
	return n
}
