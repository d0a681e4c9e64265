package move

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"unsafe"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/dtypes/float16"
	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// value reads an element of any type but a complex one as a float64.
func value(dt dtypes.DType, p unsafe.Pointer, i int) float64 {
	switch dt {
	case dtypes.Float32:
		return float64(*at[float32](p, i))
	case dtypes.Float64:
		return *at[float64](p, i)
	case dtypes.BFloat16:
		return float64(at[bfloat16.BFloat16](p, i).Float32())
	case dtypes.Float16:
		return float64(at[float16.Float16](p, i).Float32())
	case dtypes.Complex64:
		return float64(real(*at[complex64](p, i)))
	case dtypes.Complex128:
		return real(*at[complex128](p, i))
	case dtypes.Bool:
		dt = dtypes.Uint8
	}
	return float64(reader(dt)(p, i))
}

var realTypes = append([]dtypes.DType{dtypes.Float32, dtypes.Float64, dtypes.Float16, dtypes.BFloat16}, indexTypes...)

func TestIotaCountsAlongItsAxis(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := newRand(t)
		types := append([]dtypes.DType{dtypes.Complex64, dtypes.Complex128}, realTypes...)
		s := IotaSpec{Type: types[rng.IntN(len(types))], Dims: drawDims(t, rng, 1, 4, 20000)}
		s.Axis = rng.IntN(len(s.Dims))
		if s.Dims[s.Axis] > 100 { // the largest that all types hold
			return
		}
		n := volume(s.Dims)
		dst := buffer(t, n*s.Type.Size(), true)
		k := NewIota(s)
		runShuffled(rng, k, dst)
		i := 0
		eachIndex(s.Dims, func(index []int) {
			if got := value(s.Type, dst, i); got != float64(index[s.Axis]) {
				t.Fatalf("%s of %v: at %v: got %v", k.Name(), s.Type, index, got)
			}
			i++
		})
	})
	if k := NewIota(IotaSpec{Type: dtypes.Bool, Dims: []int{2}}); k != nil {
		t.Errorf("booleans: got %s, want none", k.Name())
	}
}

func TestCumulativeSumsAreTakenAlongTheAxis(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := newRand(t)
		s := CumSumSpec{Type: realTypes[rng.IntN(len(realTypes))], Dims: drawDims(t, rng, 1, 3, 20000), Exclusive: rng.IntN(2) == 0, Reverse: rng.IntN(2) == 0}
		s.Axis = rng.IntN(len(s.Dims))
		size, n := s.Type.Size(), volume(s.Dims)
		src, dst := buffer(t, n*size, true), buffer(t, n*size, true)
		numbers(rng, s.Type, src, n)
		from := kernel.Alloc(n * size)
		copyBytes(from, src, n*size)
		if rng.IntN(3) == 0 {
			src = dst
			copyBytes(dst, from, n*size)
		}
		k := NewCumSum(s)
		runShuffled(rng, k, dst, src)
		strides := rowMajor(s.Dims)
		eachIndex(s.Dims, func(index []int) {
			sum, here := 0.0, dot(index, strides)
			for i := range s.Dims[s.Axis] {
				before := i < index[s.Axis]
				if s.Reverse {
					before = i > index[s.Axis]
				}
				if before || i == index[s.Axis] && !s.Exclusive {
					sum += value(s.Type, from, here+(i-index[s.Axis])*strides[s.Axis])
				}
			}
			// Whole numbers up to 200 in size are exact in float types; integers wrap around.
			got := value(s.Type, dst, here)
			bits := float64(uint64(1) << min(8*size, 52))
			if d := got - sum; d != 0 && (s.Type.IsFloat() || math.Mod(d, bits) != 0) {
				t.Fatalf("%s of %v: at %v: got %v, want %v", k.Name(), s, index, got, sum)
			}
		})
	})
	if k := NewCumSum(CumSumSpec{Type: dtypes.Bool, Dims: []int{2}}); k != nil {
		t.Errorf("booleans: got %s, want none", k.Name())
	}
}

func TestComplexNumbersAreSummed(t *testing.T) {
	x := []complex64{1 + 2i, 3i, -1}
	y := make([]complex64, 3)
	kernel.Run(NewCumSum(CumSumSpec{Type: dtypes.Complex64, Dims: []int{3}}), unsafe.Pointer(&y[0]), unsafe.Pointer(&x[0]))
	if want := []complex64{1 + 2i, 1 + 5i, 5i}; fmt.Sprint(y) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", y, want)
	}
	z, w := []complex128{1 + 2i, 3i, -1}, make([]complex128, 3)
	kernel.Run(NewCumSum(CumSumSpec{Type: dtypes.Complex128, Dims: []int{3}, Exclusive: true}), unsafe.Pointer(&w[0]), unsafe.Pointer(&z[0]))
	if want := []complex128{0, 1 + 2i, 1 + 5i}; fmt.Sprint(w) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", w, want)
	}
}

func TestArgMinMaxFindsTheFirstBestOrNaN(t *testing.T) {
	eachLevel(t, func(t *testing.T, l isa.Level) {
		rapid.Check(t, func(t *rapid.T) {
			rng := newRand(t)
			s := ArgMinMaxSpec{Type: realTypes[rng.IntN(len(realTypes))], Result: indexTypes[rng.IntN(8)], Dims: drawDims(t, rng, 1, 3, 20000), IsMin: rng.IntN(2) == 0}
			if rng.IntN(10) == 0 {
				s.Type = dtypes.Bool
			}
			s.Axis = rng.IntN(len(s.Dims))
			if rng.IntN(5) == 0 {
				s.Dims, s.Axis = []int{3, 1000}, 1
				s.Result = dtypes.Int64
			}
			if rng.IntN(5) == 0 {
				s.Dims, s.Axis = []int{3, 5, 600}, 1
			}
			n, size := volume(s.Dims), s.Type.Size()
			src := buffer(t, n*size, true)
			if s.Type == dtypes.Bool {
				for i := range n {
					*at[bool](src, i) = rng.IntN(2) == 0
				}
			} else {
				numbers(rng, s.Type, src, n)
			}
			if rng.IntN(3) == 0 && s.Type.IsFloat() {
				for range 1 + rng.IntN(4) {
					i := rng.IntN(n)
					switch s.Type {
					case dtypes.Float32:
						*at[float32](src, i) = float32(math.NaN())
					case dtypes.Float64:
						*at[float64](src, i) = math.NaN()
					case dtypes.Float16:
						*at[float16.Float16](src, i) = float16.FromFloat32(float32(math.NaN()))
					case dtypes.BFloat16:
						*at[bfloat16.BFloat16](src, i) = bfloat16.FromFloat32(float32(math.NaN()))
					}
				}
			}
			a := around(s.Dims, s.Axis)
			dst := buffer(t, a.outer*a.inner*s.Result.Size(), true)
			k := NewArgMinMax(l, s)
			runShuffled(rng, k, dst, src)
			for o := range a.outer {
				for j := range a.inner {
					best, want := 0.0, -1
					for i := range a.n {
						v := value(s.Type, src, (o*a.n+i)*a.inner+j)
						if want < 0 || best == best && (v != v || v > best && !s.IsMin || v < best && s.IsMin) {
							best, want = v, i
						}
					}
					if got := reader(s.Result)(dst, o*a.inner+j); got != want {
						t.Fatalf("%s of %v: line %d, %d: got %d, want %d", k.Name(), s, o, j, got, want)
					}
				}
			}
		})
	})
}

func TestArgMinMaxOfOtherTypesHasNoKernel(t *testing.T) {
	for _, s := range []ArgMinMaxSpec{{Type: dtypes.Complex64, Result: dtypes.Int32}, {Type: dtypes.Float32, Result: dtypes.Float32}} {
		s.Dims = []int{2}
		if k := NewArgMinMax(isa.Portable, s); k != nil {
			t.Errorf("%v: got %s, want none", s, k.Name())
		}
	}
}

func TestUnknownSizesAndIndexTypesAreRefused(t *testing.T) {
	for want, f := range map[string]func(){
		"size other than":           func() { NewCopy(isa.Portable, CopySpec{Size: 3, Dims: []int{5}, Src: []int{2}}) },
		"indices of type Float32":   func() { reader(dtypes.Float32) },
		"more axes than a copy can": func() { deepCopy(isa.Portable) },
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, want) {
					t.Errorf("got %q, want a refusal with %q", got, want)
				}
			}()
			f()
		}()
	}
}

// deepCopy makes a copy over more axes than can be merged.
func deepCopy(l isa.Level) {
	var s CopySpec
	s.Size = 1
	for i := range maxLoops + 3 {
		s.Dims, s.Dst, s.Src = append(s.Dims, 2), append(s.Dst, 1<<(40-2*i)), append(s.Src, 3<<i)
	}
	NewCopy(l, s)
}

func BenchmarkArgMax(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	src, dst := kernel.Alloc(1<<22), kernel.Alloc(1<<22)
	for i := range 1 << 20 {
		*at[float32](src, i) = rng.Float32()
	}
	for _, axis := range []int{0, 1} {
		b.Run(fmt.Sprint("axis", axis), func(b *testing.B) {
			k := NewArgMinMax(isa.Best(), ArgMinMaxSpec{Type: dtypes.Float32, Result: dtypes.Int32, Dims: []int{1024, 1024}, Axis: axis})
			benchmarkBytes(b, k, 1<<22, dst, src)
		})
	}
}

func BenchmarkCumSum(b *testing.B) {
	src, dst := kernel.Alloc(1<<22), kernel.Alloc(1<<22)
	for _, axis := range []int{0, 1} {
		b.Run(fmt.Sprint("axis", axis), func(b *testing.B) {
			benchmarkBytes(b, NewCumSum(CumSumSpec{Type: dtypes.Float32, Dims: []int{1024, 1024}, Axis: axis}), 1<<23, dst, src)
		})
	}
}

func TestHalfPrecisionIsSummedInFloat32(t *testing.T) {
	const n = 1000
	x, y := make([]bfloat16.BFloat16, 2*n), make([]bfloat16.BFloat16, 2*n)
	for i := range x {
		x[i] = bfloat16.FromFloat32(1)
	}
	for _, s := range []CumSumSpec{
		{Type: dtypes.BFloat16, Dims: []int{2 * n}},
		{Type: dtypes.BFloat16, Dims: []int{n, 2}},
	} {
		kernel.Run(NewCumSum(s), unsafe.Pointer(&y[0]), unsafe.Pointer(&x[0]))
		// Sums of ones in bfloat16 itself would stop at 256.
		want := bfloat16.FromFloat32(float32(s.Dims[0]))
		if got := y[2*n-1]; got != want {
			t.Errorf("%v: got %v, want %v", s.Dims, got, want)
		}
	}
	least := []uint16{1, 1, 1} // subnormal numbers of Float16
	kernel.Run(NewCumSum(CumSumSpec{Type: dtypes.Float16, Dims: []int{3}}), unsafe.Pointer(&least[0]), unsafe.Pointer(&least[0]))
	if got := fmt.Sprint(least); got != "[1 2 3]" {
		t.Errorf("subnormal numbers: got bits %s, want [1 2 3]", got)
	}
}
