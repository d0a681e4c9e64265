package gemm

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unsafe"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// checkExact compares products of small integers with sums of integers.
func checkExact[T number](t *testing.T, dt dtypes.DType, of func(int64) T) {
	t.Helper()
	r := rand.New(rand.NewPCG(9, uint64(dt)))
	for range 50 {
		s := plainSpec(1+r.IntN(20), r.IntN(20), 1+r.IntN(20))
		s.DType, s.Accumulate = dt, r.IntN(2) == 0
		if r.IntN(2) == 0 {
			s.A, s.B = Stride{1, s.M}, Stride{1, s.K}
		}
		s.Batch = []Batch{{Size: 2, A: s.M * s.K, C: s.M * s.N}}
		a, b, c := numbers(r, 2*s.M*s.K, of), numbers(r, s.K*s.N, of), numbers(r, 2*s.M*s.N, of)
		want := append([]T(nil), c...)
		for at := range want {
			batch, i, j := at/s.N/s.M, at/s.N%s.M, at%s.N
			if !s.Accumulate {
				want[at] = 0
			}
			for k := range s.K {
				want[at] += a[batch*s.M*s.K+i*s.A.Row+k*s.A.Col] * b[k*s.B.Row+j*s.B.Col]
			}
		}
		kernel.Run(New(isa.Best(), s), pointer(c), pointer(a), pointer(b))
		for i := range c {
			if c[i] != want[i] {
				t.Fatalf("%v %+v: element %d: got %v, want %v", dt, s, i, c[i], want[i])
			}
		}
	}
}

func numbers[T number](r *rand.Rand, n int, of func(int64) T) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = of(r.Int64N(1000) - 500)
	}
	return out
}

// pointer is where a slice begins; somewhere if it is empty.
func pointer[T number](x []T) unsafe.Pointer {
	if len(x) == 0 {
		return kernel.Alloc(0)
	}
	return unsafe.Pointer(&x[0])
}

func TestIntegersWrapAround(t *testing.T) {
	checkExact(t, dtypes.Int8, func(x int64) int8 { return int8(x) })
	checkExact(t, dtypes.Int16, func(x int64) int16 { return int16(x) })
	checkExact(t, dtypes.Int32, func(x int64) int32 { return int32(x << 10) })
	checkExact(t, dtypes.Int64, func(x int64) int64 { return x << 30 })
	checkExact(t, dtypes.Uint8, func(x int64) uint8 { return uint8(x) })
	checkExact(t, dtypes.Uint16, func(x int64) uint16 { return uint16(x) })
	checkExact(t, dtypes.Uint32, func(x int64) uint32 { return uint32(x) })
	checkExact(t, dtypes.Uint64, func(x int64) uint64 { return uint64(x) })
}

func TestSmallIntegersAreExactInEveryType(t *testing.T) {
	checkExact(t, dtypes.Float32, func(x int64) float32 { return float32(x) })
	checkExact(t, dtypes.Float64, func(x int64) float64 { return float64(x) })
	checkExact(t, dtypes.Complex64, func(x int64) complex64 { return complex(float32(x), float32(-x)) })
	checkExact(t, dtypes.Complex128, func(x int64) complex128 { return complex(float64(x), 3) })
}

func TestProductsThatAreNoneArePanics(t *testing.T) {
	for _, s := range []Spec{
		{DType: dtypes.Bool, M: 1, N: 1, K: 1},
		{DType: dtypes.Float32, M: -1, N: 1, K: 1},
		{DType: dtypes.Float32, M: 1, N: 2, K: 1, C: Stride{4, 2}},
	} {
		func() {
			defer func() {
				if got, _ := recover().(string); !strings.HasPrefix(got, "gemm: got ") {
					t.Errorf("%+v: got %q, want a panic that says so", s, got)
				}
			}()
			New(isa.Portable, s)
		}()
	}
}

func TestNamesTellBatchSizesAndEpilogue(t *testing.T) {
	s := plainSpec(3, 4, 5)
	s.DType, s.Batch, s.Epilogue = dtypes.Int8, []Batch{{Size: 2}, {Size: 7}}, &biasAndCount[int8]{}
	if got, want := New(isa.Portable, s).Name(), "gemm 2·7·3×4×5 +bias"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
