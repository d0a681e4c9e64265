package gemm

import (
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// biasAndCount is an epilogue that adds a bias to each column, stores the sum transposed, and
// counts how often each element comes: its outputs are the sums and the counts, then come A
// and B, then the bias.
type biasAndCount[T number] struct {
	t    *testing.T
	m, n int
	most int // elements of a tile
}

func (e *biasAndCount[T]) Name() string { return "+bias" }

func (e *biasAndCount[T]) Scratch() int { return 100 }

func (e *biasAndCount[T]) Apply(w *kernel.Worker, tile unsafe.Pointer, ld, row, rows, col, cols, batch int, args []unsafe.Pointer, scratch unsafe.Pointer) {
	out, count := unsafe.Slice((*T)(args[0]), (batch+1)*e.m*e.n), unsafe.Slice((*int32)(args[1]), (batch+1)*e.m*e.n)
	bias := unsafe.Slice((*T)(args[4]), e.n)
	own := unsafe.Slice((*T)(scratch), 1)
	if uintptr(scratch)%kernel.Align != 0 {
		e.t.Errorf("scratch: got %p, want it aligned", scratch)
	}
	for i := range rows {
		for j, x := range unsafe.Slice((*T)(unsafe.Add(tile, i*ld*int(unsafe.Sizeof(T(0))))), cols) {
			own[0] = x + bias[col+j]
			at := (batch*e.n+col+j)*e.m + row + i
			out[at] = own[0]
			count[at]++
		}
	}
	e.most = max(e.most, rows*cols)
}

// checkEpilogue compares a product with an epilogue with the same product without.
func checkEpilogue[T number](t *testing.T, l isa.Level, s Spec, fill func() T) int {
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
	e := &biasAndCount[T]{t: t, m: s.M, n: s.N}
	s.Epilogue, s.ArgA, s.ArgB = e, 2, 3
	k := New(l, s)
	out, count := kernel.Alloc(s.M*s.N*s.batches()*size), kernel.Alloc(s.M*s.N*s.batches()*4)
	runShuffled(rand.New(rand.NewPCG(1, 1)), k, out, count, a, b, bias)
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
	return e.most
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

func TestEpiloguesAreGivenSomeHundredElements(t *testing.T) {
	s := plainSpec(128, 30, 400)
	s.DType = dtypes.Float32
	for _, l := range isa.Available() {
		if got := checkEpilogue(t, l, s, rand.Float32); got < 96 || got > 1024 {
			t.Errorf("%v: got tiles of up to %d elements, want some hundred", l, got)
		}
	}
}
