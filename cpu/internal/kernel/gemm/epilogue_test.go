package gemm

import (
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// biasAndCount is an epilogue that adds a bias to each column, stores the sum transposed, and
// counts how often each element comes: its outputs are the sums and the counts, then come A
// and B, then the bias, then C, which it spoils.
type biasAndCount[T number] struct {
	t         *testing.T
	m, n      int
	row       int // elements from row to row of C
	most, few int // elements of the largest part, and parts
}

func (e *biasAndCount[T]) Name() string { return "+bias" }

func (e *biasAndCount[T]) Scratch() int { return 100 }

func (e *biasAndCount[T]) Apply(w *kernel.Worker, row, rows, col, cols, batch int, args []unsafe.Pointer, scratch unsafe.Pointer) {
	size := (batch + 1) * e.m * e.n
	out, count := unsafe.Slice((*T)(args[0]), size), unsafe.Slice((*int32)(args[1]), size)
	bias, c := unsafe.Slice((*T)(args[4]), e.n), unsafe.Slice((*T)(args[5]), (batch+1)*e.m*e.row)
	own := unsafe.Slice((*T)(scratch), 1)
	if uintptr(scratch)%kernel.Align != 0 {
		e.t.Errorf("scratch: got %p, want it aligned", scratch)
	}
	for i := row; i < row+rows; i++ {
		for j := col; j < col+cols; j++ {
			x := &c[(batch*e.m+i)*e.row+j]
			own[0] = *x + bias[j]
			*x = 99
			at := (batch*e.n+j)*e.m + i
			out[at] = own[0]
			count[at]++
		}
	}
	e.most = max(e.most, rows*cols)
	e.few++
}

// checkEpilogue compares a product with an epilogue with the same product without.
func checkEpilogue[T number](t *testing.T, l isa.Level, s Spec, fill func() T) *biasAndCount[T] {
	t.Helper()
	size := int(unsafe.Sizeof(T(0)))
	a, b := kernel.Alloc(s.M*s.K*s.batches()*size), kernel.Alloc(s.K*s.N*size)
	c, bias := kernel.Alloc(s.M*s.N*s.batches()*size), kernel.Alloc(s.N*size)
	for _, x := range [][]T{unsafe.Slice((*T)(a), s.M*s.K*s.batches()), unsafe.Slice((*T)(b), s.K*s.N), unsafe.Slice((*T)(bias), s.N)} {
		for i := range x {
			x[i] = fill()
		}
	}
	kernel.Run(New(l, s), c, a, b)
	e := &biasAndCount[T]{t: t, m: s.M, n: s.N, row: s.N + 3}
	s.Epilogue, s.ArgC, s.ArgA, s.ArgB = e, 5, 2, 3
	if s.N == 1 {
		e.row = 1
	}
	s.C.Row = e.row
	s.Batch = slices.Clone(s.Batch)
	for i := range s.Batch {
		s.Batch[i].C = s.M * e.row
	}
	k := New(l, s)
	spoilt := kernel.Alloc(s.M * e.row * s.batches() * size)
	out, count := kernel.Alloc(s.M*s.N*s.batches()*size), kernel.Alloc(s.M*s.N*s.batches()*4)
	runShuffled(rand.New(rand.NewPCG(1, 1)), k, out, count, a, b, bias, spoilt)
	for batch := range s.batches() {
		for i := range s.M {
			for j := range s.N {
				at := (batch*s.N+j)*s.M + i
				if n := unsafe.Slice((*int32)(count), at+1)[at]; n != 1 {
					t.Fatalf("%v %s: batch %d [%d,%d]: given %d times, want once", l, k.Name(), batch, i, j, n)
				}
				want := unsafe.Slice((*T)(c), (batch+1)*s.M*s.N)[(batch*s.M+i)*s.N+j] + unsafe.Slice((*T)(bias), s.N)[j]
				if got := unsafe.Slice((*T)(out), at+1)[at]; got != want {
					t.Fatalf("%v %s: batch %d [%d,%d]: got %v, want %v", l, k.Name(), batch, i, j, got, want)
				}
			}
		}
	}
	return e
}

func TestEpiloguesAreGivenEachElementOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, l := range isa.Available() {
		for _, s := range []Spec{
			plainSpec(30, 20, 50), plainSpec(33, 0, 17), plainSpec(1, 70, 200), plainSpec(200, 70, 1),
			plainSpec(40, 3000, 90), plainSpec(3, 5000, 40), plainSpec(128, 30, 400),
		} {
			s.DType = dtypes.Float32
			checkEpilogue(t, l, s, func() float32 { return float32(r.NormFloat64()) })
			s.DType, s.B = dtypes.Float64, Stride{1, s.K}
			s.Batch = []Batch{{Size: 3, A: s.M * s.K, C: s.M * s.N}}
			checkEpilogue(t, l, s, func() float64 { return r.NormFloat64() })
			s.DType = dtypes.Int32
			checkEpilogue(t, l, s, func() int32 { return r.Int32() })
		}
	}
}

func TestEpiloguesAreGivenSomeThousandElements(t *testing.T) {
	for _, l := range isa.Available() {
		for _, s := range []Spec{plainSpec(128, 30, 400), plainSpec(1024, 70, 2000), plainSpec(1024, 1500, 600)} {
			s.DType = dtypes.Float32
			got := checkEpilogue(t, l, s, rand.Float32)
			if mean := s.M * s.N / got.few; mean < 500 || got.most > 2*handOver/4 {
				t.Errorf("%v %s: got parts of %d elements, at most %d, want some thousand", l, s.name(), mean, got.most)
			}
		}
	}
}
