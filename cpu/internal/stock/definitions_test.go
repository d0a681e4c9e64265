package stock_test

import (
	"math"
	"math/bits"
	"slices"
	"testing"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/stock"
)

// Operations against loops that are their definition, on small arrays of any shape.

// failer is what ends a test, or a try of package rapid.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// run1 runs a graph of one node and gives its only result.
func run1[T any](t failer, op ir.Op, attr any, out shapes.Shape, in []shapes.Shape, args ...unsafe.Pointer) []T {
	t.Helper()
	y := make([]T, max(out.Size(), 1))
	p, err := stock.Graph(single(op, attr, []shapes.Shape{out}, in...))
	if err == nil {
		err = p.Run(args, []unsafe.Pointer{at(y)})
	}
	if err != nil {
		t.Fatalf("%s: %+v", ir.OpName(op), err)
	}
	return y[:out.Size()]
}

// whole draws an array of small whole numbers, on which sums are exact.
func whole(t *rapid.T, dims []int) []float32 {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) float32 { return float32(rapid.IntRange(-9, 9).Draw(t, "x")) }),
		volume(dims), volume(dims)).Draw(t, "elements")
}

func volume(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// lengths draws dimensions.
func lengths(t *rapid.T, least, most int) []int {
	return rapid.SliceOfN(rapid.IntRange(1, 4), least, most).Draw(t, "dims")
}

// places lists the places of an array in row-major order.
func places(dims []int) (out [][]int) {
	for i := range volume(dims) {
		out = append(out, place(dims, i))
	}
	return out
}

func place(dims []int, i int) []int {
	p := make([]int, len(dims))
	for k := len(dims) - 1; k >= 0; k-- {
		p[k], i = i%dims[k], i/dims[k]
	}
	return p
}

func flatten(dims, p []int) int {
	i := 0
	for k, d := range dims {
		i = i*d + p[k]
	}
	return i
}

// pick takes the entries of a list at some places.
func pick(list, at []int) []int {
	var out []int
	for _, i := range at {
		out = append(out, list[i])
	}
	return out
}

// without gives the numbers below n that are not in a list.
func without(n int, list ...int) (out []int) {
	for i := range n {
		if !slices.Contains(list, i) {
			out = append(out, i)
		}
	}
	return out
}

func equal(t *rapid.T, what string, got, want []float32) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

func TestTransposesReversesAndSlicesAreTheirDefinitions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dims := lengths(t, 1, 4)
		x, s := whole(t, dims), []shapes.Shape{f32(dims...)}
		perm := rapid.Permutation(without(len(dims))).Draw(t, "permutation")
		turned := pick(dims, perm)
		var want []float32
		for _, p := range places(turned) {
			from := make([]int, len(p))
			for i, a := range perm {
				from[a] = p[i]
			}
			want = append(want, x[flatten(dims, from)])
		}
		equal(t, "transpose", run1[float32](t, compute.OpTypeTranspose, ir.Axes(perm), f32(turned...), s, at(x)), want)
		axis := perm[0]
		want = want[:0]
		for _, p := range places(dims) {
			p[axis] = dims[axis] - 1 - p[axis]
			want = append(want, x[flatten(dims, p)])
		}
		equal(t, "reverse", run1[float32](t, compute.OpTypeReverse, ir.Axes{axis}, f32(dims...), s, at(x)), want)
		a := ir.Slice{}
		var sizes []int
		for _, d := range dims {
			start, step := rapid.IntRange(0, d-1).Draw(t, "start"), rapid.IntRange(1, 3).Draw(t, "step")
			limit := rapid.IntRange(start+1, d).Draw(t, "limit")
			a.Starts, a.Limits, a.Strides = append(a.Starts, start), append(a.Limits, limit), append(a.Strides, step)
			sizes = append(sizes, (limit-start+step-1)/step)
		}
		want = want[:0]
		for _, p := range places(sizes) {
			for i := range p {
				p[i] = a.Starts[i] + p[i]*a.Strides[i]
			}
			want = append(want, x[flatten(dims, p)])
		}
		equal(t, "slice", run1[float32](t, compute.OpTypeSlice, a, f32(sizes...), s, at(x)), want)
	})
}

func TestConcatenationsAndIotasAreTheirDefinitions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dims := lengths(t, 1, 3)
		axis := rapid.IntRange(0, len(dims)-1).Draw(t, "axis")
		other := slices.Clone(dims)
		other[axis] = rapid.IntRange(1, 4).Draw(t, "length")
		x, y := whole(t, dims), whole(t, other)
		joined := slices.Clone(dims)
		joined[axis] += other[axis]
		var want, count []float32
		for _, p := range places(joined) {
			count = append(count, float32(p[axis]))
			if p[axis] < dims[axis] {
				want = append(want, x[flatten(dims, p)])
			} else {
				p[axis] -= dims[axis]
				want = append(want, y[flatten(other, p)])
			}
		}
		in := []shapes.Shape{f32(dims...), f32(other...)}
		equal(t, "concatenate", run1[float32](t, compute.OpTypeConcatenate, ir.Axis(axis), f32(joined...), in, at(x), at(y)), want)
		equal(t, "iota", run1[float32](t, compute.OpTypeIota, ir.Axis(axis), f32(joined...), nil), count)
	})
}

func TestReductionsAreTheirDefinitions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dims := lengths(t, 1, 4)
		x := whole(t, dims)
		axes := rapid.Permutation(without(len(dims))).Draw(t, "axes")
		axes = axes[:rapid.IntRange(1, len(axes)).Draw(t, "count")]
		slices.Sort(axes)
		kept := without(len(dims), axes...)
		size := pick(dims, kept)
		for op, c := range map[ir.Op]struct {
			start float32
			merge func(a, b float32) float32
		}{
			compute.OpTypeReduceSum: {0, func(a, b float32) float32 { return a + b }},
			compute.OpTypeReduceMax: {float32(math.Inf(-1)), func(a, b float32) float32 { return max(a, b) }},
			compute.OpTypeReduceMin: {float32(math.Inf(1)), func(a, b float32) float32 { return min(a, b) }},
		} {
			want := make([]float32, volume(size))
			for i := range want {
				want[i] = c.start
			}
			for i, p := range places(dims) {
				k := flatten(size, pick(p, kept))
				want[k] = c.merge(want[k], x[i])
			}
			equal(t, op.String(), run1[float32](t, op, ir.Axes(axes), f32(size...), []shapes.Shape{f32(dims...)}, at(x)), want)
		}
		reduceBits(t, x, dims, axes, kept)
	})
}

// reduceBits checks the reductions of integers and bools.
func reduceBits(t *rapid.T, x []float32, dims, axes, kept []int) {
	size := pick(dims, kept)
	ints, truths := make([]int32, len(x)), make([]bool, len(x))
	for i, v := range x {
		ints[i], truths[i] = int32(v), v > 0
	}
	type fold = func(a, b int32) int32
	for op, c := range map[ir.Op]struct {
		start int32
		merge fold
	}{
		compute.OpTypeReduceProduct: {1, func(a, b int32) int32 { return a * b }}, compute.OpTypeReduceBitwiseAnd: {-1, func(a, b int32) int32 { return a & b }},
		compute.OpTypeReduceBitwiseOr: {0, func(a, b int32) int32 { return a | b }}, compute.OpTypeReduceBitwiseXor: {0, func(a, b int32) int32 { return a ^ b }},
	} {
		want := slices.Repeat([]int32{c.start}, volume(size))
		for i, p := range places(dims) {
			k := flatten(size, pick(p, kept))
			want[k] = c.merge(want[k], ints[i])
		}
		if got := run1[int32](t, op, ir.Axes(axes), i32(size...), []shapes.Shape{i32(dims...)}, at(ints)); !slices.Equal(got, want) {
			t.Fatalf("%s: got %v, want %v", op, got, want)
		}
	}
	for op, c := range map[ir.Op]struct {
		start bool
		merge func(a, b bool) bool
	}{
		compute.OpTypeReduceLogicalAnd: {true, func(a, b bool) bool { return a && b }},
		compute.OpTypeReduceLogicalOr:  {false, func(a, b bool) bool { return a || b }},
		compute.OpTypeReduceLogicalXor: {false, func(a, b bool) bool { return a != b }},
	} {
		want := slices.Repeat([]bool{c.start}, volume(size))
		for i, p := range places(dims) {
			k := flatten(size, pick(p, kept))
			want[k] = c.merge(want[k], truths[i])
		}
		got := run1[bool](t, op, ir.Axes(axes), shapes.Make(dtypes.Bool, size...), []shapes.Shape{shapes.Make(dtypes.Bool, dims...)}, at(truths))
		if !slices.Equal(got, want) {
			t.Fatalf("%s: got %v, want %v", op, got, want)
		}
	}
}

func TestRunningSumsAndExtremesAreTheirDefinitions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dims := lengths(t, 1, 3)
		x, s := whole(t, dims), []shapes.Shape{f32(dims...)}
		c := ir.CumSum{Axis: rapid.IntRange(0, len(dims)-1).Draw(t, "axis"), Exclusive: rapid.Bool().Draw(t, "exclusive"), Reverse: rapid.Bool().Draw(t, "reverse")}
		want := make([]float32, len(x))
		for i, p := range places(dims) {
			for k := range dims[c.Axis] {
				q := slices.Clone(p)
				q[c.Axis] = k
				before := k < p[c.Axis] && !c.Reverse || k > p[c.Axis] && c.Reverse
				if before || k == p[c.Axis] && !c.Exclusive {
					want[i] += x[flatten(dims, q)]
				}
			}
		}
		equal(t, "cumsum", run1[float32](t, compute.OpTypeCumSum, c, f32(dims...), s, at(x)), want)
		kept := without(len(dims), c.Axis)
		size := pick(dims, kept)
		best, chosen := make([]int, volume(size)), make([]int32, volume(size))
		for i := range best {
			best[i] = -1
		}
		for i, p := range places(dims) {
			if k := flatten(size, pick(p, kept)); best[k] < 0 || x[i] > x[best[k]] {
				best[k], chosen[k] = i, int32(p[c.Axis])
			}
		}
		got := run1[int32](t, compute.OpTypeArgMinMax, ir.ArgMinMax{Axis: c.Axis}, i32(size...), s, at(x))
		if !slices.Equal(got, chosen) {
			t.Fatalf("the place of the greatest: got %v, want %v", got, chosen)
		}
	})
}

// TestOperationsOnBitsAreGos runs every operation of unsigned bytes on all pairs of some bytes.
func TestOperationsOnBitsAreGos(t *testing.T) {
	some := []uint8{0, 1, 2, 3, 7, 100, 127, 128, 200, 255}
	var x, y []uint8
	for _, a := range some {
		for _, b := range some {
			x, y = append(x, a), append(y, b)
		}
	}
	s := shapes.Make(dtypes.Uint8, len(x))
	for op, f := range map[ir.Op]func(a, b uint8) uint8{
		compute.OpTypeAdd: func(a, b uint8) uint8 { return a + b }, compute.OpTypeSub: func(a, b uint8) uint8 { return a - b },
		compute.OpTypeMul: func(a, b uint8) uint8 { return a * b }, compute.OpTypeMax: func(a, b uint8) uint8 { return max(a, b) },
		compute.OpTypeMin: func(a, b uint8) uint8 { return min(a, b) }, compute.OpTypeBitwiseAnd: func(a, b uint8) uint8 { return a & b },
		compute.OpTypeBitwiseOr: func(a, b uint8) uint8 { return a | b }, compute.OpTypeBitwiseXor: func(a, b uint8) uint8 { return a ^ b },
		compute.OpTypeBitwiseNot: func(a, _ uint8) uint8 { return ^a },
		compute.OpTypeBitCount:   func(a, _ uint8) uint8 { return uint8(bits.OnesCount8(a)) },
		compute.OpTypeClz:        func(a, _ uint8) uint8 { return uint8(bits.LeadingZeros8(a)) },
	} {
		in, args := []shapes.Shape{s, s}, []unsafe.Pointer{at(x), at(y)}
		if op == compute.OpTypeBitwiseNot || op == compute.OpTypeBitCount || op == compute.OpTypeClz {
			in, args = in[:1], args[:1]
		}
		got := run1[uint8](t, op, nil, s, in, args...)
		for i := range x {
			if want := f(x[i], y[i]); got[i] != want {
				t.Errorf("%s of %d and %d: got %d, want %d", op, x[i], y[i], got[i], want)
			}
		}
	}
}

// TestComparisonsAreGos, for NaN, infinities and both zeros too.
func TestComparisonsAreGos(t *testing.T) {
	some := []float32{float32(math.NaN()), float32(math.Inf(-1)), -1, float32(math.Copysign(0, -1)), 0, 1, float32(math.Inf(1))}
	var x, y []float32
	for _, a := range some {
		for _, b := range some {
			x, y = append(x, a), append(y, b)
		}
	}
	s := f32(len(x))
	for op, f := range map[ir.Op]func(a, b float32) bool{
		compute.OpTypeEqual: func(a, b float32) bool { return a == b }, compute.OpTypeNotEqual: func(a, b float32) bool { return a != b },
		compute.OpTypeLessThan: func(a, b float32) bool { return a < b }, compute.OpTypeLessOrEqual: func(a, b float32) bool { return a <= b },
		compute.OpTypeGreaterThan: func(a, b float32) bool { return a > b }, compute.OpTypeGreaterOrEqual: func(a, b float32) bool { return a >= b },
	} {
		got := run1[bool](t, op, nil, shapes.Make(dtypes.Bool, len(x)), []shapes.Shape{s, s}, at(x), at(y))
		for i := range x {
			if want := f(x[i], y[i]); got[i] != want {
				t.Errorf("%v %s %v: got %v, want %v", x[i], op, y[i], got[i], want)
			}
		}
	}
	for op, f := range map[ir.Op]func(a float64) bool{
		compute.OpTypeIsNaN:    math.IsNaN,
		compute.OpTypeIsFinite: func(a float64) bool { return !math.IsNaN(a) && !math.IsInf(a, 0) },
	} {
		got := run1[bool](t, op, nil, shapes.Make(dtypes.Bool, len(x)), []shapes.Shape{s}, at(x))
		for i := range x {
			if want := f(float64(x[i])); got[i] != want {
				t.Errorf("%s %v: got %v, want %v", op, x[i], got[i], want)
			}
		}
	}
}
