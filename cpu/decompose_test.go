package cpu_test

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
)

// ordered lists floats in their total order.
var ordered = []float32{
	float32(math.Copysign(math.NaN(), -1)), float32(math.Inf(-1)), -math.MaxFloat32, -1, -math.SmallestNonzeroFloat32,
	float32(math.Copysign(0, -1)), 0, math.SmallestNonzeroFloat32, 1, math.MaxFloat32, float32(math.Inf(1)), float32(math.NaN()),
}

// TestTotalOrderOfFloats compares all pairs of special numbers by their place in the list.
func TestTotalOrderOfFloats(t *testing.T) {
	n := len(ordered)
	type comparison = func(compute.Function, compute.Value, compute.Value) (compute.Value, error)
	for _, mode := range modes {
		b := open(t, mode)
		for name, c := range map[string]struct {
			op   comparison
			want func(order int) bool
		}{
			"=": {compute.Function.EqualTotalOrder, func(o int) bool { return o == 0 }},
			"≠": {compute.Function.NotEqualTotalOrder, func(o int) bool { return o != 0 }},
			"<": {compute.Function.LessThanTotalOrder, func(o int) bool { return o < 0 }},
			"≤": {compute.Function.LessOrEqualTotalOrder, func(o int) bool { return o <= 0 }},
			">": {compute.Function.GreaterThanTotalOrder, func(o int) bool { return o > 0 }},
			"≥": {compute.Function.GreaterOrEqualTotalOrder, func(o int) bool { return o >= 0 }},
		} {
			e := program(t, b, func(f *maker) []compute.Value {
				return []compute.Value{f.must(c.op(f, f.in(f32(n, 1)), f.in(f32(1, n))))}
			})
			got := flat[bool](t, execute(t, e, buffer(t, b, ordered, n, 1), buffer(t, b, ordered, 1, n))[0])
			for i := range n {
				for j := range n {
					if want := c.want(cmp.Compare(i, j)); got[i*n+j] != want {
						t.Errorf("%s: %v %s %v: got %v, want %v", mode, ordered[i], name, ordered[j], got[i*n+j], want)
					}
				}
			}
		}
	}
}

// TestTotalOrderOfIntegersIsTheirOrder: nothing to turn around.
func TestTotalOrderOfIntegersIsTheirOrder(t *testing.T) {
	b := open(t, "threads=1")
	e := program(t, b, func(f *maker) []compute.Value {
		s := shapes.Make(dtypes.Uint8, 3)
		return []compute.Value{f.must(f.LessThanTotalOrder(f.in(s), f.in(s)))}
	})
	got := flat[bool](t, execute(t, e, buffer(t, b, []uint8{1, 200, 5}, 3), buffer(t, b, []uint8{200, 1, 5}, 3))[0])
	if !slices.Equal(got, []bool{true, false, false}) {
		t.Errorf("got %v", got)
	}
}

// batch is a small batch with features on axis 1.
var batch = []float64{1, -2, 0.5, 3, 2, 0.25, -1, 4, 7, -0.5, 0, 1}

// normalize is batch normalization by its definition, of the batch [3, 2, 2] with features on axis 1.
func normalize(x, scale, offset []float64, epsilon float64) (y, mean, variance []float64) {
	y, mean, variance = make([]float64, 12), make([]float64, 2), make([]float64, 2)
	feature := func(i int) int { return i / 2 % 2 }
	for i, v := range x {
		mean[feature(i)] += v / 6
	}
	for i, v := range x {
		variance[feature(i)] += (v - mean[feature(i)]) * (v - mean[feature(i)]) / 6
	}
	for i, v := range x {
		k := feature(i)
		y[i] = scale[k]*(v-mean[k])/math.Sqrt(variance[k]+epsilon) + offset[k]
	}
	return y, mean, variance
}

// TestBatchNormIsItsDefinition, with gradients by central differences: step 1e-5, so an error of
// about 1e-9 in float64.
func TestBatchNormIsItsDefinition(t *testing.T) {
	const epsilon = float32(1e-3)
	s, per := shapes.Make(dtypes.Float64, 3, 2, 2), shapes.Make(dtypes.Float64, 2)
	scale, offset := []float64{1.5, -0.5}, []float64{0.25, 2}
	g := []float64{1, 2, -1, 0.5, 3, -2, 1, 1, 0, -1, 2, 0.5}
	loss := func(x, scale, offset []float64) (sum float64) {
		y, _, _ := normalize(x, scale, offset, float64(epsilon))
		for i := range y {
			sum += g[i] * y[i]
		}
		return sum
	}
	for _, mode := range modes {
		b := open(t, mode)
		e := program(t, b, func(f *maker) []compute.Value {
			x, sc, off, grad := f.in(s), f.in(per), f.in(per), f.in(s)
			y, mean, variance, err := f.BatchNormForTraining(x, sc, off, epsilon, 1)
			f.must(y, err)
			dx, dScale, dOffset, err := f.BatchNormGradient(x, sc, mean, variance, grad, epsilon, 1)
			f.must(dx, err)
			again := f.must(f.BatchNormForInference(x, sc, off, mean, variance, epsilon, 1))
			return []compute.Value{y, mean, variance, again, dx, dScale, dOffset}
		})
		out := execute(t, e, buffer(t, b, batch, 3, 2, 2), buffer(t, b, scale, 2), buffer(t, b, offset, 2), buffer(t, b, g, 3, 2, 2))
		y, mean, variance := normalize(batch, scale, offset, float64(epsilon))
		want := [][]float64{y, mean, variance, y, nil, nil, nil}
		for k, arg := range [][]float64{batch, scale, offset} {
			for i := range arg {
				v, h := arg[i], 1e-5
				arg[i] = v + h
				up := loss(batch, scale, offset)
				arg[i] = v - h
				want[4+k] = append(want[4+k], (up-loss(batch, scale, offset))/(2*h))
				arg[i] = v
			}
		}
		for i, w := range want {
			if d := furthest(flat[float64](t, out[i]), w); d > 1e-8 {
				t.Errorf("%s: result %d: got %v, want %v", mode, i, flat[float64](t, out[i]), w)
			}
		}
	}
}

// furthest is the largest difference.
func furthest(a, b []float64) (d float64) {
	for i := range a {
		d = max(d, math.Abs(a[i]-b[i]))
	}
	return d
}

// TestBoolsReduceAndPoolByTheirOrder: false is smaller than true.
func TestBoolsReduceAndPoolByTheirOrder(t *testing.T) {
	for _, mode := range modes {
		b := open(t, mode)
		e := program(t, b, func(f *maker) []compute.Value {
			x := f.in(shapes.Make(dtypes.Bool, 2, 2))
			return []compute.Value{
				f.must(f.ReduceMax(x, 1)), f.must(f.ReduceMin(x, 1)),
				f.must(f.ReduceWindow(x, compute.ReduceOpMin, []int{2, 1}, nil, nil, nil, nil)),
			}
		})
		out := execute(t, e, buffer(t, b, []bool{true, false, true, true}, 2, 2))
		for i, want := range [][]bool{{true, true}, {false, true}, {true, false}} {
			if got := flat[bool](t, out[i]); !slices.Equal(got, want) {
				t.Errorf("%s: result %d: got %v, want %v", mode, i, got, want)
			}
		}
		pick := program(t, b, func(f *maker) []compute.Value {
			return []compute.Value{f.must(f.ArgMinMax(f.in(shapes.Make(dtypes.Bool, 3)), 0, dtypes.Int32, false))}
		})
		if got := flat[int32](t, execute(t, pick, buffer(t, b, []bool{false, true, true}, 3))[0])[0]; got != 1 {
			t.Errorf("%s: the first true: got %d, want 1", mode, got)
		}
	}
}

// TestSlicesAtRunTimePositionsStayInside: positions are moved so that the slice fits, given one
// by one or as a vector.
func TestSlicesAtRunTimePositionsStayInside(t *testing.T) {
	i32 := shapes.Make(dtypes.Int32)
	for _, mode := range modes {
		b := open(t, mode)
		e := program(t, b, func(f *maker) []compute.Value {
			x, row, column, both := f.in(f32(3, 3)), f.in(i32), f.in(i32), f.in(shapes.Make(dtypes.Int32, 2))
			patch := f.must(f.DynamicSlice(x, []compute.Value{row, column}, []int{2, 1}))
			again := f.must(f.DynamicSlice(x, []compute.Value{both}, []int{2, 1}))
			put := f.must(f.DynamicUpdateSlice(x, f.must(f.Neg(patch)), []compute.Value{column, row}))
			return []compute.Value{patch, again, put}
		})
		x := []float32{1, 2, 3, 4, 5, 6, 7, 8, 9}
		for _, at := range [][2]int32{{0, 0}, {1, 2}, {-5, 1}, {9, 9}, {math.MinInt32, math.MaxInt32}} {
			out := execute(t, e, buffer(t, b, x, 3, 3), buffer(t, b, at[:1]), buffer(t, b, at[1:]), buffer(t, b, at[:], 2))
			inside := func(v int32, last int) int { return int(min(max(v, 0), int32(last))) }
			r, c := inside(at[0], 1), inside(at[1], 2)
			patch := []float32{x[3*r+c], x[3*r+3+c]}
			put := slices.Clone(x)
			r, c = inside(at[1], 1), inside(at[0], 2)
			put[3*r+c], put[3*r+3+c] = -patch[0], -patch[1]
			for i, want := range [][]float32{patch, patch, put} {
				if got := flat[float32](t, out[i]); !slices.Equal(got, want) {
					t.Errorf("%s: at %v: result %d: got %v, want %v", mode, at, i, got, want)
				}
			}
		}
	}
}
