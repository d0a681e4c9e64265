package conv

import (
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/gomlx/compute/dtypes"
	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// place is an epilogue that stores every element at its place, plus a value for its row and one
// for its column: arguments are input, output, kernel, rows, columns.
type place struct{ cols int }

func (p place) Name() string { return "+place" }

func (p place) Scratch() int { return 64 }

func (p place) Apply(_ *kernel.Worker, tile unsafe.Pointer, ld, row, rows, col, cols, batch int, args []unsafe.Pointer, scratch unsafe.Pointer) {
	*(*[64]byte)(scratch) = [64]byte{1}
	for i := range rows {
		for j := range cols {
			v := *elem[float32](tile, i*ld+j) + *elem[float32](args[3], row+i) + *elem[float32](args[4], col+j)
			*elem[float32](args[1], (row+i)*p.cols+col+j) += v + float32(batch)
		}
	}
}

// The output that the epilogue adds to starts at zero, so an element that is given twice or
// never is noticed; the sums are of small integers, and exact.
func TestEpilogueIsGivenEveryElementOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := draw(t)
		s.DType = dtypes.Float32
		outs, ins, kers := sizes(s)
		r := rand.New(rand.NewPCG(1, 2))
		small := func(int) float32 { return float32(r.IntN(7) - 3) }
		x, xs := buffer(ins, small)
		w, ws := buffer(kers, small)
		rowMajor := last(s)
		rowMajor.Axes = append([]Axis(nil), s.Axes...)
		for i := range rowMajor.Axes {
			rowMajor.Axes[i].OutStride = last(s).Axes[i].OutStride
		}
		dense := s
		dense.Axes, dense.OutBatch, dense.OutChannel = rowMajor.Axes, rowMajor.OutBatch, rowMajor.OutChannel
		want, _ := brute(dense, xs, ws)
		rows, rowValues := buffer(outs/s.OutChannels, small)
		cols, colValues := buffer(s.OutChannels, small)
		s.Epilogue, s.ArgInput, s.ArgKernel = place{s.OutChannels}, 0, 2
		for _, l := range isa.Available() {
			y, ys := buffer(outs, func(int) float32 { return 0 })
			kernel.Run(New(l, s), x, y, w, rows, cols)
			for i, got := range ys {
				if exact := float32(want[i]) + rowValues[i/s.OutChannels] + colValues[i%s.OutChannels]; got != exact {
					t.Fatalf("%v: element %d: got %v, want %v; %+v", l, i, got, exact, s)
				}
			}
		}
	})
}

func TestEpilogueNeedsFloats(t *testing.T) {
	s := square(1, 4, 1, 1, 3, 1, true)
	s.DType, s.Epilogue = dtypes.Int32, place{1}
	if k := New(isa.Best(), s); k != nil {
		t.Errorf("got the kernel %s, want none", k.Name())
	}
}
