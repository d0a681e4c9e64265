package gemm

import (
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// packing is a copy of an operand in the shared memory, one for each index of the batch that
// the operand depends on.
//
// B is packed in panels, each K rows of the panel's width, rounded up to whole vectors. The
// rows of A are copied to lie at a better distance: powers of two put them all in the same few
// sets of the caches. A transposed A is packed in panels, each K rows of a block's width.
type packing struct {
	on     bool
	start  int // bytes from the start of the shared memory
	copies int
	bytes  int // of a copy
	ld     int // A: elements from line to line; B: rows of a panel
	chunks int // pieces that a copy of A or a panel of B is packed in, chunkRows lines each
}

// Pieces of the packing phase, in rows and elements.
const (
	chunkRows  = 64
	packGrain  = 16384
	blockLanes = 16 // the largest block of a transposition
)

// pack decides which operands are packed, and adds the phase that does it.
func (p *product) pack() {
	elements := 0
	if p.wantB() {
		q := &p.packB
		q.on, q.ld, q.chunks = true, ceil(p.K, blockLanes)*blockLanes, ceil(p.K, chunkRows)
		last := p.panels[len(p.panels)-1]
		q.bytes = align(p.size * q.ld * (last.col + last.wide))
		q.copies = p.copies(func(b *Batch) int { return b.B })
		p.reserve(q)
		elements += q.copies * p.K * p.N
	}
	if p.wantA() {
		q := &p.packA
		lines, length := p.linesA()
		q.on, q.ld, q.chunks = true, apart(length, p.size), ceil(lines, chunkRows)
		q.bytes = align(p.size * q.ld * lines)
		if p.A.Col != 1 {
			q.ld = apart(p.tallest(), p.size)
			q.bytes = align(p.size * q.ld * lines * p.grid.blocks)
		}
		q.copies = p.copies(func(b *Batch) int { return b.A })
		p.reserve(q)
		elements += q.copies * p.K * p.M
	}
	if items := p.packB.items()*len(p.panels) + p.packA.items(); items > 0 {
		units := min(items, ceil(elements, packGrain))
		p.phase(units, func(_ *kernel.Worker, lo, hi int, args []unsafe.Pointer) {
			all := split{items, units}
			for i := all.at(lo); i < all.at(hi); i++ {
				p.packItem(i, args)
			}
		})
	}
}

// reserve takes room for a packed operand in the shared memory.
func (p *product) reserve(q *packing) {
	q.start = p.shared
	p.shared += q.copies * q.bytes
}

func (q *packing) items() int { return q.copies * q.chunks }

// wantB reports whether B is packed: if its rows are not contiguous, or if it is so large that
// its rows lie on too many pages and is used often enough.
func (p *product) wantB() bool {
	if p.K == 0 || p.dot {
		return false
	}
	return p.B.Col != 1 && p.N > 1 || p.M >= 256 && p.N >= 256 && p.K*p.N*p.size > cache
}

// wantA reports whether A is packed: if its rows are at a distance that the caches are bad at.
func (p *product) wantA() bool {
	rows, cols := p.linesA()
	if rows < 8 || cols < 64 || p.N < 48 {
		return false
	}
	if p.A.Col == 1 {
		return p.A.Row*p.size%2048 == 0
	}
	return p.A.Col*p.size%2048 == 0 || p.N >= 256 && p.M*p.K*p.size > cache
}

// linesA is the number and length of the contiguous lines of A; none where there are no such.
func (p *product) linesA() (lines, length int) {
	switch {
	case p.A.Col == 1:
		return p.M, p.K
	case p.A.Row == 1:
		return p.K, p.M
	}
	return 0, 0
}

// apart is a row stride of at least n elements, an odd number of cache lines.
func apart(n, size int) int {
	return (ceil(n*size, kernel.Align) | 1) * kernel.Align / size
}

// copies is the number of different operands, by their strides.
func (p *product) copies(stride func(*Batch) int) int {
	n := 1
	for i := range p.Batch {
		if stride(&p.Batch[i]) != 0 {
			n *= p.Batch[i].Size
		}
	}
	return n
}

// copyOf tells which of the copies of the operands an index of the batch needs.
func (p *product) copyOf(batch int) (a, b int) {
	stepA, stepB := 1, 1
	for d := len(p.Batch) - 1; d >= 0; d-- {
		loop := &p.Batch[d]
		i := batch % loop.Size
		batch /= loop.Size
		if loop.A != 0 {
			a, stepA = a+i*stepA, stepA*loop.Size
		}
		if loop.B != 0 {
			b, stepB = b+i*stepB, stepB*loop.Size
		}
	}
	return a, b
}

// source is the position of a copy's original, in elements.
func (p *product) source(copied int, stride func(*Batch) int) (at int) {
	for d := len(p.Batch) - 1; d >= 0; d-- {
		loop := &p.Batch[d]
		if s := stride(loop); s != 0 {
			at += copied % loop.Size * s
			copied /= loop.Size
		}
	}
	return at
}

// packItem packs one piece: first those of B, then those of A.
func (p *product) packItem(i int, args []unsafe.Pointer) {
	shared := args[len(args)-1]
	if n := p.packB.items() * len(p.panels); i >= n {
		p.packLines(i-n, shared, args[p.ArgA])
		return
	}
	q := &p.packB
	chunk, i := i%q.chunks, i/q.chunks
	panel, copied := &p.panels[i%len(p.panels)], i/len(p.panels)
	k0 := chunk * chunkRows
	b := p.source(copied, func(b *Batch) int { return b.B }) + k0*p.B.Row + panel.col*p.B.Col
	p.packPanel(unsafe.Add(shared, q.start+copied*q.bytes+(q.ld*panel.col+k0*panel.wide)*p.size),
		unsafe.Add(args[p.ArgB], b*p.size), panel, min(chunkRows, p.K-k0))
}

// packPanel copies rows of a panel of B.
func (p *product) packPanel(to, from unsafe.Pointer, q *panel, rows int) {
	if p.B.Col != 1 {
		p.transpose(to, from, q, rows)
		return
	}
	for k := range rows {
		copyBytes(unsafe.Add(to, k*q.wide*p.size), unsafe.Add(from, k*p.B.Row*p.size), q.cols*p.size)
	}
}

// packLines copies lines of A.
func (p *product) packLines(i int, shared, a unsafe.Pointer) {
	q := &p.packA
	chunk, copied := i%q.chunks, i/q.chunks
	lines, length := p.linesA()
	stride := p.A.Row
	if p.A.Col != 1 {
		stride = p.A.Col
	}
	from := unsafe.Add(a, p.source(copied, func(b *Batch) int { return b.A })*p.size)
	to := unsafe.Add(shared, q.start+copied*q.bytes)
	for i := chunk * chunkRows; i < min(lines, (chunk+1)*chunkRows); i++ {
		line := unsafe.Add(from, i*stride*p.size)
		if p.A.Col == 1 {
			copyBytes(unsafe.Add(to, i*q.ld*p.size), line, length*p.size)
			continue
		}
		for b := range p.grid.blocks {
			row, rows := p.block(b)
			copyBytes(unsafe.Add(to, (b*lines+i)*q.ld*p.size), unsafe.Add(line, row*p.size), rows*p.size)
		}
	}
}

func copyBytes(to, from unsafe.Pointer, n int) {
	copy(unsafe.Slice((*byte)(to), n), unsafe.Slice((*byte)(from), n))
}
