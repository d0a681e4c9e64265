package conv

import (
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// stateBytes is the room for a worker's state.
const stateBytes = (int(unsafe.Sizeof(state{})) + kernel.Align - 1) / kernel.Align * kernel.Align

// tileBytes is the room for a private tile.
func (e *engine) tileBytes() int {
	return align(e.micro.Rows * e.micro.Cols * e.size)
}

// store hands the private tile to the epilogue, whole if its rows follow each other in the
// output and else row by row. The tile's first row is number row of the output.
func (e *engine) store(w *work, t *tile, row int) {
	s := w.s
	scratch := unsafe.Add(unsafe.Pointer(s), stateBytes+e.tileBytes())
	step := t.cRow / e.size
	rows, calls := t.rows, 1
	if step != 1 {
		rows, calls = 1, t.rows
	}
	for i := range calls {
		e.epilogue.Apply(w.worker, unsafe.Add(s.tile.C, i*int(s.tile.CRow)), e.micro.Cols, row+i*step, rows, w.col, s.tile.Cols, 0, w.args, scratch)
	}
}

// rows replaces the strides of the output by those of the numbers of its rows, which is what an
// epilogue is told.
func (s Spec) rows() Spec {
	n := 1
	s.Axes = append([]Axis(nil), s.Axes...)
	for i := len(s.Axes) - 1; i >= 0; i-- {
		s.Axes[i].OutStride = n
		n *= s.Axes[i].Out()
	}
	s.OutBatch, s.OutChannel = n, 1
	return s
}
