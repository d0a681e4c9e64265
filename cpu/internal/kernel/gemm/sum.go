package gemm

import (
	"unsafe"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// sumRun is about the number of elements that are summed, and given to an epilogue, at once.
const sumRun = 512

// sumRows is the number of rows of a run.
func (p *product) sumRows() int { return max(1, sumRun/p.N) }

// addSums adds the phase that sums the parts of K.
func (p *product) addSums() {
	p.partial = p.shared
	p.shared += align(p.batches() * p.grid.parts * p.M * p.N * p.size)
	runs := p.batches() * ceil(p.M, p.sumRows())
	units := min(runs, maxUnits, ceil(runs*p.grid.parts*sumRun, packGrain))
	p.phase(units, func(w *kernel.Worker, lo, hi int, args []unsafe.Pointer) {
		all := split{runs, units}
		for i := all.at(lo); i < all.at(hi); i++ {
			p.sum(w, i, args)
		}
	})
}

// sum adds the parts of some rows, in order: as the product of a row of ones and the matrix
// that has the parts as its rows.
func (p *product) sum(w *kernel.Worker, run int, args []unsafe.Pointer) {
	step := p.sumRows()
	perBatch := ceil(p.M, step)
	batch, row := run/perBatch, run%perBatch*step
	rows := min(step, p.M-row)
	one := unsafe.Add(w.Scratch, tileSpace-8)
	if p.DType == dtypes.Float32 {
		*(*float32)(one) = 1
	} else {
		*(*float64)(one) = 1
	}
	t := kernel.At[Tile](w.Scratch)
	*t = Tile{A: one, BRow: uintptr(p.M * p.N * p.size), K: p.grid.parts, Segs: 1, Rows: 1}
	if p.Accumulate {
		t.Add = 1
	}
	parts := unsafe.Add(args[len(args)-1], p.partial+(batch*p.grid.parts*p.M+row)*p.N*p.size)
	_, _, c := p.offsets(batch)
	for i := range rows {
		p.sumLine(t, unsafe.Add(args[p.ArgC], (c+(row+i)*p.C.Row)*p.size), unsafe.Add(parts, i*p.N*p.size), p.N)
	}
	if p.Epilogue != nil {
		p.Epilogue.Apply(w, row, rows, 0, p.N, batch, args, unsafe.Add(w.Scratch, tileSpace))
	}
}

// sumLine sums n contiguous elements.
func (p *product) sumLine(t *Tile, to, from unsafe.Pointer, n int) {
	m := &p.micros[0]
	for j := 0; j < n; j += m.Cols {
		t.C, t.B, t.Cols = unsafe.Add(to, j*p.size), unsafe.Add(from, j*p.size), min(m.Cols, n-j)
		m.Do(t)
	}
}
