package gemm

import (
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// tileSpace is the room for the description of a tile at the start of the scratch memory.
const tileSpace = 2 * kernel.Align

// region is what one unit computes: rows and panels of one product, over a part of K.
type region struct {
	batch, part int
	row, rows   int
	panels      []panel
}

// region decodes the number of a piece.
func (p *product) region(i int) (r region) {
	g := &p.grid
	r.part, i = i%g.parts, i/g.parts
	var block, group int
	if g.rowsFirst {
		block, i = i%g.blocks, i/g.blocks
		group, i = i%g.groups, i/g.groups
	} else {
		group, i = i%g.groups, i/g.groups
		block, i = i%g.blocks, i/g.blocks
	}
	r.batch = i
	r.row, r.rows = p.block(block)
	strips := split{len(p.panels), g.groups}
	r.panels = p.panels[strips.at(group):strips.at(group+1)]
	return r
}

// block is a range of rows: whole tiles of the first micro-kernel.
func (p *product) block(i int) (row, rows int) {
	tiles := ceil(p.M, p.micros[0].Rows)
	blocks, rowsOf := split{tiles, p.grid.blocks}, split{p.M, tiles}
	row = rowsOf.at(blocks.at(i))
	return row, rowsOf.at(blocks.at(i+1)) - row
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

// operandA is A of a product, as it is or packed.
func (p *product) operandA(batch int, args []unsafe.Pointer) operand {
	if q := &p.packA; q.on {
		copied, _ := p.copyOf(batch)
		o := operand{unsafe.Add(args[len(args)-1], q.start+copied*q.bytes), q.ld * p.size, p.size}
		if p.A.Col != 1 {
			o.row, o.col = o.col, o.row
		}
		return o
	}
	a, _, _ := p.offsets(batch)
	return operand{unsafe.Add(args[p.ArgA], a*p.size), p.A.Row * p.size, p.A.Col * p.size}
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
	depth := split{k1 - k0, max(1, ceil(k1-k0, p.maxDepth()))}
	a := p.operandA(r.batch, args)
	for d := range depth.parts {
		s := strip{w: w, args: args, region: r, first: d == 0, last: d == depth.parts-1, k: k0 + depth.at(d)}
		s.depth = k0 + depth.at(d+1) - s.k
		s.a = operand{unsafe.Add(a.p, r.row*a.row+s.k*a.col), a.row, a.col}
		for i := range r.panels {
			q := &r.panels[i]
			s.b = p.operandB(r.batch, q, args)
			s.b.p = unsafe.Add(s.b.p, s.k*s.b.row)
			p.strip(&s, q)
		}
	}
}

// maxDepth is the longest sum of one call of a micro-kernel.
func (p *product) maxDepth() int {
	if p.packB.on {
		return maxDepth
	}
	return 2 * maxDepth
}

// strip is one panel of a region, over one block of K.
type strip struct {
	w    *kernel.Worker
	args []unsafe.Pointer
	region
	a, b        operand
	k, depth    int
	first, last bool // among the blocks of K
}

// strip computes the tiles of a panel, from top to bottom.
func (p *product) strip(s *strip, q *panel) {
	t := (*Tile)(s.w.Scratch)
	*t = Tile{B: s.b.p, ARow: uintptr(s.a.row), ACol: uintptr(s.a.col), BRow: uintptr(s.b.row),
		K: s.depth, Segs: 1, Cols: q.cols}
	if !s.first || p.Accumulate {
		t.Add = 1
	}
	c := operand{}
	if p.Epilogue != nil {
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
		if p.Epilogue == nil {
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

// operandC is where a region's tiles of a panel go without an epilogue.
func (p *product) operandC(r region, q *panel, args []unsafe.Pointer) operand {
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
	if ceil(p.K, p.grid.parts) <= p.maxDepth() {
		for _, m := range p.micros {
			n = max(n, m.Rows*m.Cols)
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
