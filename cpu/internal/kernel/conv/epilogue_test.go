package conv

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"github.com/gomlx/compute/dtypes"
	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// place is an epilogue that adds to every element a value for its row and one for its column, and
// counts how often it comes: arguments are input, output, kernel, rows, columns, counts.
type place struct{ cols int }

func (p place) Name() string { return "+place" }

func (p place) Scratch() int { return 64 }

func (p place) Apply(_ *kernel.Worker, row, rows, col, cols, batch int, args []unsafe.Pointer, scratch unsafe.Pointer) {
	*(*[64]byte)(scratch) = [64]byte{1}
	for i := row; i < row+rows; i++ {
		for j := col; j < col+cols; j++ {
			at := i*p.cols + j
			*elem[float32](args[1], at) += *elem[float32](args[3], i) + *elem[float32](args[4], j) + float32(batch)
			*elem[float32](args[5], at)++
		}
	}
}

// Sums are of small integers, and exact.
func TestEpilogueIsGivenEveryElementOnce(t *testing.T) {
	taken := 0
	rapid.Check(t, func(t *rapid.T) {
		s := draw(t)
		s.DType = dtypes.Float32
		dense := last(s)
		s.Axes = slices.Clone(s.Axes)
		for i := range s.Axes {
			s.Axes[i].OutStride = dense.Axes[i].OutStride
		}
		s.OutBatch, s.OutChannel = dense.OutBatch, dense.OutChannel
		outs, ins, kers := sizes(s)
		r := rand.New(rand.NewPCG(1, 2))
		small := func(int) float32 { return float32(r.IntN(7) - 3) }
		x, xs := buffer(ins, small)
		w, ws := buffer(kers, small)
		want, _ := brute(s, xs, ws)
		rows, rowValues := buffer(outs/s.OutChannels, small)
		cols, colValues := buffer(s.OutChannels, small)
		s.Epilogue, s.ArgOutput, s.ArgInput, s.ArgKernel = place{s.OutChannels}, 1, 0, 2
		for _, l := range isa.Available() {
			y, ys := buffer(outs, func(int) float32 { return float32(math.NaN()) })
			counts, count := buffer(outs, func(int) float32 { return 0 })
			k := New(l, s)
			if k == nil {
				continue
			}
			taken++
			kernel.Run(k, x, y, w, rows, cols, counts)
			for i, got := range ys {
				if exact := float32(want[i]) + rowValues[i/s.OutChannels] + colValues[i%s.OutChannels]; got != exact || count[i] != 1 {
					t.Fatalf("%v: element %d: got %v, %v times, want %v; %+v", l, i, got, count[i], exact, s)
				}
			}
		}
	})
	if taken == 0 {
		t.Error("got no kernel for any convolution")
	}
}

// Only an output with its channels last is a matrix of rows and channels.
func TestEpilogueNeedsChannelsLast(t *testing.T) {
	s := square(2, 4, 3, 5, 3, 1, true)
	s.Epilogue = place{5}
	if k := New(isa.Best(), s); k == nil {
		t.Error("got no kernel for channels last")
	}
	s.OutBatch, s.OutChannel, s.Axes[0].OutStride, s.Axes[1].OutStride = 5*16, 16, 4, 1
	if k := New(isa.Best(), s); k != nil {
		t.Errorf("got the kernel %s, want none", k.Name())
	}
}

func TestEpilogueNeedsFloats(t *testing.T) {
	s := square(1, 4, 1, 1, 3, 1, true)
	s.DType, s.Epilogue = dtypes.Int32, place{1}
	if k := New(isa.Best(), s); k != nil {
		t.Errorf("got the kernel %s, want none", k.Name())
	}
}
