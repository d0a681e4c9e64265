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
	s := square(2, 20, 3, 5, 3, 1, true)
	s.Epilogue = place{5}
	if k := New(isa.Best(), s); k == nil {
		t.Error("got no kernel for channels last")
	}
	s.OutBatch, s.OutChannel, s.Axes[0].OutStride, s.Axes[1].OutStride = 5*400, 400, 20, 1
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

// Rows that are images do not follow each other in the output.
func TestEpilogueNeedsRunsOfPositions(t *testing.T) {
	s := square(300, 6, 16, 32, 3, 1, false)
	if e := newEngine(isa.Best(), s); e.rowAxis >= 0 {
		t.Fatalf("got rows along axis %d, want images", e.rowAxis)
	}
	s.Epilogue = place{32}
	if k := New(isa.Best(), s); k != nil {
		t.Errorf("got the kernel %s, want none", k.Name())
	}
}

// shown is an epilogue that remembers the parts it is given.
type shown struct {
	place
	parts *[][4]int // row, rows, col, cols
}

func (e shown) Apply(_ *kernel.Worker, row, rows, col, cols, _ int, _ []unsafe.Pointer, _ unsafe.Pointer) {
	*e.parts = append(*e.parts, [4]int{row, rows, col, cols})
}

// TestEpiloguesAreGivenPartsForTheCache: of a large output no part is large, nor tiny.
func TestEpiloguesAreGivenPartsForTheCache(t *testing.T) {
	for _, s := range []Spec{square(16, 56, 3, 64, 3, 1, true), square(3, 300, 16, 32, 3, 2, false), square(8, 28, 32, 128, 1, 1, false)} {
		for _, l := range isa.Available() {
			var parts [][4]int
			s.Epilogue, s.ArgOutput, s.ArgInput, s.ArgKernel = shown{place{s.OutChannels}, &parts}, 0, 1, 2
			outs, ins, kers := sizes(s)
			k := New(l, s)
			kernel.Run(k, kernel.Alloc(4*outs), kernel.Alloc(4*ins), kernel.Alloc(4*kers))
			total, most := 0, 0
			for _, p := range parts {
				total, most = total+p[1]*p[3], max(most, p[1]*p[3])
			}
			if total != outs || 4*most > 2*handOver || outs/len(parts) < 200 {
				t.Errorf("%v %s: got %d elements in %d parts, at most %d, want %d", l, k.Name(), total, len(parts), most, outs)
			}
		}
	}
}
