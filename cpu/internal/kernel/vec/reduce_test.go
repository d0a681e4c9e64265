package vec_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/kernel/vec"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
)

var reductions = []compute.OpType{
	compute.OpTypeReduceSum, compute.OpTypeReduceProduct, compute.OpTypeReduceMax, compute.OpTypeReduceMin,
	compute.OpTypeReduceBitwiseAnd, compute.OpTypeReduceBitwiseOr, compute.OpTypeReduceBitwiseXor,
	compute.OpTypeReduceLogicalAnd, compute.OpTypeReduceLogicalOr, compute.OpTypeReduceLogicalXor,
}

func TestLevelsReduceToTheSameBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for _, op := range reductions {
		for _, dt := range types {
			if vec.Reduce(isa.Portable, op, dt) == nil {
				continue
			}
			for _, n := range lengths() {
				x, want, got := drawn(rng, dt, n), kernel.Alloc(8), kernel.Alloc(8)
				vec.Neutral(op, dt, want)
				vec.Reduce(isa.Portable, op, dt)(want, x, n)
				for _, l := range fast() {
					vec.Neutral(op, dt, got)
					vec.Reduce(l, op, dt)(got, x, n)
					if !sameRun(t, fmt.Sprintf("%v/%v/%v: n %d", op, dt, l, n), dt, got, want, 1, 0) {
						break
					}
				}
			}
		}
	}
}

// Small integers sum, multiply and compare without rounding, so that any order gives the result.
func TestReductionsMatchTheirDefinition(t *testing.T) {
	for _, dt := range []dtypes.DType{dtypes.Float32, dtypes.Float64, dtypes.Int8, dtypes.Int32, dtypes.Uint16, dtypes.Int64} {
		for _, n := range []int{0, 1, 63, 64, 65, 200} {
			x := make([]int64, n+1)
			sum, product, most, least := 1.0, 1.0, 1.0, 1.0
			for i := range x[:n] {
				x[i] = int64(1 + i*i%3 - i%2)
				v := float64(x[i])
				if i > 12 {
					x[i], v = 1, 1
				}
				sum, product, most, least = sum+v, product*v, max(most, v), min(least, v)
			}
			p := kernel.Alloc(8*n + 8)
			vec.Convert(isa.Portable, dtypes.Int64, dt)(p, unsafe.Pointer(&x[0]), nil, nil, n)
			for op, want := range map[compute.OpType]float64{
				compute.OpTypeReduceSum: sum, compute.OpTypeReduceProduct: product, compute.OpTypeReduceMax: most, compute.OpTypeReduceMin: least,
			} {
				for _, l := range isa.Available() {
					one, acc, got := 1.0, kernel.Alloc(8), 0.0
					vec.Convert(isa.Portable, dtypes.Float64, dt)(acc, unsafe.Pointer(&one), nil, nil, 1)
					vec.Reduce(l, op, dt)(acc, p, n)
					vec.Convert(isa.Portable, dt, dtypes.Float64)(unsafe.Pointer(&got), acc, nil, nil, 1)
					if got != want && !(dt == dtypes.Int8 && op != compute.OpTypeReduceMax && op != compute.OpTypeReduceMin) {
						t.Errorf("%v/%v/%v: n %d: got %v, want %v", op, dt, l, n, got, want)
					}
				}
			}
		}
	}
}

func TestBitsReduceAsElementsDoOneByOne(t *testing.T) {
	rng := rand.New(rand.NewPCG(55, 55))
	for op, join := range map[compute.OpType]func(x, y uint64) uint64{
		compute.OpTypeReduceBitwiseAnd: func(x, y uint64) uint64 { return x & y },
		compute.OpTypeReduceBitwiseOr:  func(x, y uint64) uint64 { return x | y },
		compute.OpTypeReduceBitwiseXor: func(x, y uint64) uint64 { return x ^ y },
	} {
		for _, dt := range []dtypes.DType{dtypes.Uint8, dtypes.Int16, dtypes.Uint32, dtypes.Int64} {
			for _, n := range lengths() {
				x, acc := drawn(rng, dt, n), drawn(rng, dt, 1)
				for i := range n { // most bits alike, so that not everything becomes 0 or all ones
					*(*byte)(unsafe.Add(x, i*dt.Size())) |= 0x5a
				}
				want := element(acc, dt.Size(), 0)
				for i := range n {
					want = join(want, element(x, dt.Size(), i))
				}
				vec.Reduce(isa.Best(), op, dt)(acc, x, n)
				if got := element(acc, dt.Size(), 0); got != want {
					t.Fatalf("%v/%v: n %d: got %#x, want %#x", op, dt, n, got, want)
				}
			}
		}
	}
	for n := range 40 {
		for at := range n {
			x, all, none := make([]uint8, n), uint8(1), uint8(0)
			for i := range x {
				x[i] = 1
			}
			x[at] = 0
			vec.Reduce(isa.Best(), compute.OpTypeReduceLogicalAnd, dtypes.Bool)(unsafe.Pointer(&all), unsafe.Pointer(&x[0]), n)
			vec.Reduce(isa.Best(), compute.OpTypeReduceLogicalOr, dtypes.Bool)(unsafe.Pointer(&none), unsafe.Pointer(&x[0]), n)
			if all != 0 || none != min(1, uint8(n-1)) {
				t.Fatalf("false at %d of %d: got and %d, or %d", at, n, all, none)
			}
		}
	}
}

func TestNeutralElementsLeaveEveryElementAsItIs(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	for _, op := range reductions {
		for _, dt := range types {
			acc, x := kernel.Alloc(8), drawn(rng, dt, 1)
			if !vec.Neutral(op, dt, acc) {
				if vec.Reduce(isa.Portable, op, dt) != nil {
					t.Errorf("%v/%v: got no neutral element of a reduction that there is", op, dt)
				}
				continue
			}
			if dt.IsHalfPrecision() {
				continue
			}
			for range 50 {
				draw(rng, dt, x, 1)
				vec.Neutral(op, dt, acc)
				vec.Reduce(isa.Portable, op, dt)(acc, x, 1)
				if g, w := element(acc, dt.Size(), 0), element(x, dt.Size(), 0); g != w && !(dt.IsFloat() && number(dt, g) == number(dt, w)) {
					sameRun(t, fmt.Sprintf("%v/%v", op, dt), dt, acc, x, 1, 0)
				}
			}
		}
	}
}

// A sum of 10⁶ numbers in calls of a tile keeps 64 partial sums of 16 numbers each, then adds
// 1,000 results in a row: the error of a sum of positive numbers is at most about
// (16+6+1000)·2⁻²⁴ relative, and typically the root of that count.
func TestLongSumsStayCloseToTheExactSum(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	const n = 1_000_000
	x := make([]float32, n)
	var exact float64
	for i := range x {
		x[i] = rng.Float32()
		exact += float64(x[i])
	}
	for _, l := range isa.Available() {
		sum := vec.Reduce(l, compute.OpTypeReduceSum, dtypes.Float32)
		var acc float32
		for i := 0; i < n; i += 1000 {
			sum(unsafe.Pointer(&acc), unsafe.Pointer(&x[i]), 1000)
		}
		if e := math.Abs(float64(acc)-exact) / exact; e > 1022*0x1p-24 {
			t.Errorf("%v: relative error %.3g, want at most %.3g", l, e, 1022*0x1p-24)
		} else {
			t.Logf("%v: relative error %.3g", l, e)
		}
	}
}

func TestSumsOverTwoRunsHaveTheSameBitsOnAllLevels(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	for _, dt := range []dtypes.DType{dtypes.Float32, dtypes.Float64} {
		for name, at := range map[string]func(isa.Level, dtypes.DType) vec.PairReducer{"dot": vec.Dot, "centred": vec.CentredSquares} {
			for _, n := range lengths() {
				x, y, want, got := drawn(rng, dt, n+1), drawn(rng, dt, n+1), kernel.Alloc(8), kernel.Alloc(8)
				if n%2 == 0 { // without special numbers, so that sums are finite
					for i := range n + 1 {
						normal(rng, dt, x, i)
						normal(rng, dt, y, i)
					}
				}
				at(isa.Portable, dt)(want, x, y, n)
				for _, l := range fast() {
					vec.Fill(l, dt.Size())(got, kernel.Alloc(8), nil, nil, 1)
					at(l, dt)(got, x, y, n)
					sameRun(t, fmt.Sprintf("%s/%v/%v: n %d", name, dt, l, n), dt, got, want, 1, 0)
				}
			}
		}
	}
	if vec.Dot(isa.Best(), dtypes.Int32) != nil {
		t.Error("got a sum of products of integers, want none")
	}
}

// normal sets an element to a normally distributed number.
func normal(rng *rand.Rand, dt dtypes.DType, p unsafe.Pointer, i int) {
	v := rng.NormFloat64()
	vec.Convert(isa.Portable, dtypes.Float64, dt)(unsafe.Add(p, i*dt.Size()), unsafe.Pointer(&v), nil, nil, 1)
}

func TestReductionsStayInsideTheirRun(t *testing.T) {
	x, y := guarded(t), guarded(t)
	rng := rand.New(rand.NewPCG(9, 9))
	for _, atEnd := range []bool{false, true} {
		for _, dt := range []dtypes.DType{dtypes.Float32, dtypes.Float64} {
			for n := range 130 {
				a, b, acc := x(n*dt.Size(), atEnd), y(n*dt.Size(), atEnd), kernel.Alloc(8)
				draw(rng, dt, a, n)
				draw(rng, dt, b, n)
				for _, l := range fast() {
					for _, op := range reductions[:4] {
						vec.Reduce(l, op, dt)(acc, a, n)
					}
					vec.Dot(l, dt)(acc, a, b, n)
					vec.CentredSquares(l, dt)(acc, a, acc, n)
				}
			}
		}
	}
}

// bruteMoments computes moments in float64.
func bruteMoments(x []float32) vec.Moments {
	m := vec.Moments{N: len(x)}
	for _, v := range x {
		m.Mean += float64(v) / float64(len(x))
	}
	for _, v := range x {
		m.M2 += (float64(v) - m.Mean) * (float64(v) - m.Mean)
	}
	return m
}

// Two-pass moments in float32 are good to some 10⁻⁶; the mean of numbers about 3 adds its own
// rounding, squared, to M2.
func TestMomentsOfPartsMergeToThoseOfTheWhole(t *testing.T) {
	rng := rand.New(rand.NewPCG(10, 10))
	x := make([]float32, 3000)
	for i := range x {
		x[i] = 3 + 2*float32(rng.NormFloat64())
	}
	want := bruteMoments(x)
	for _, l := range isa.Available() {
		measure := vec.MomentsOf(l)
		var got vec.Moments
		for at, n := range map[int]int{0: 1000, 1000: 1, 1001: 1999} {
			got = got.Merge(measure(unsafe.Pointer(&x[at]), n))
		}
		got = got.Merge(vec.Moments{})
		if got.N != want.N || math.Abs(got.Mean-want.Mean) > 2e-6 || math.Abs(got.M2/want.M2-1) > 2e-6 {
			t.Errorf("%v: got %v, want %v", l, got, want)
		}
	}
}

func TestTheFirstExtremeElementIsFound(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		x           []float32
		small, most int
	}{
		{[]float32{3}, 0, 0},
		{[]float32{1, 2, 2, 1}, 0, 1},
		{[]float32{5, nan, 1, nan, 9}, 1, 1},
		{[]float32{nan, 1}, 0, 0},
		{[]float32{float32(math.Inf(1)), float32(math.Inf(-1))}, 1, 0},
	} {
		for _, largest := range []bool{false, true} {
			want := map[bool]int{false: c.small, true: c.most}[largest]
			for split := range len(c.x) + 1 {
				best, index := float32(0), -1
				arg := vec.Arg(isa.Best(), dtypes.Float32, largest)
				arg(unsafe.Pointer(&best), &index, unsafe.Pointer(unsafe.SliceData(c.x)), 0, split)
				arg(unsafe.Pointer(&best), &index, unsafe.Pointer(unsafe.SliceData(c.x[split:])), split, len(c.x)-split)
				if index != want {
					t.Errorf("%v in two parts at %d, largest %v: got %d, want %d", c.x, split, largest, index, want)
				}
			}
		}
	}
	for _, dt := range types {
		if (vec.Arg(isa.Best(), dt, true) == nil) != dt.IsHalfPrecision() {
			t.Errorf("%v: got a search %v", dt, vec.Arg(isa.Best(), dt, true) != nil)
		}
	}
	x, best, index := []uint8{3, 9, 9, 1}, uint8(0), -1
	vec.Arg(isa.Portable, dtypes.Uint8, false)(unsafe.Pointer(&best), &index, unsafe.Pointer(&x[0]), 10, 4)
	if best != 1 || index != 13 {
		t.Errorf("smallest of %v from 10 on: got %d at %d, want 1 at 13", x, best, index)
	}
}
