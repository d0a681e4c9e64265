package conv

import (
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// stateBytes is the room for a worker's state.
const stateBytes = (int(unsafe.Sizeof(state{})) + kernel.Align - 1) / kernel.Align * kernel.Align

// handOver is about the number of bytes of the output that an epilogue is given at once: so few
// that they are still in the L2 cache.
const handOver = 128 << 10

// channelsLast reports whether the output is dense, with its channels as the last axis.
func (s *Spec) channelsLast() bool {
	n := s.OutChannels
	for i := len(s.Axes) - 1; i >= 0; i-- {
		if s.Axes[i].OutStride != n {
			return false
		}
		n *= s.Axes[i].Out()
	}
	return s.OutChannel == 1 && s.OutBatch == n
}

// handed computes a share with an epilogue: some positions, then the epilogue of their outputs.
func (e *engine) handed(w *kernel.Worker, r share, args []unsafe.Pointer) {
	rows := 0
	for _, t := range e.tiles[r.tiles[0]:r.tiles[1]] {
		rows += t.rows
	}
	cols := min(r.strips[1]*e.micro.Cols, e.cols) - r.strips[0]*e.micro.Cols
	step := max(1, handOver/(rows*cols*e.size))
	end := r.positions[1]
	for p := r.positions[0]; p < end; p += step {
		r.positions = [2]int{p, min(p+step, end)}
		e.share(w, r, args)
		e.apply(w, r, cols, args)
	}
}

// apply hands the outputs of a share over to the epilogue.
func (e *engine) apply(w *kernel.Worker, r share, cols int, args []unsafe.Pointer) {
	col := r.group*e.cols + r.strips[0]*e.micro.Cols
	hand := func(row, rows int) {
		e.epilogue.Apply(w, row, rows, col, cols, 0, args, unsafe.Add(w.Scratch, stateBytes))
	}
	p0, p1 := r.positions[0], r.positions[1]
	if r.tiles[1]-r.tiles[0] == len(e.tiles) {
		hand(p0*e.width, (p1-p0)*e.width)
		return
	}
	first, last := &e.tiles[r.tiles[0]], &e.tiles[r.tiles[1]-1]
	lo, hi := first.c/e.row, last.c/e.row+last.rows
	for p := p0; p < p1; p++ {
		hand(p*e.width+lo, hi-lo)
	}
}
