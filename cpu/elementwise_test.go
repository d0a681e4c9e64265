package cpu_test

import (
	"math"
	"math/bits"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
)

type (
	unary  = func(compute.Function, compute.Value) (compute.Value, error)
	binary = func(f compute.Function, a, b compute.Value) (compute.Value, error)
)

// probes are ordinary and special numbers.
var probes = []float64{-700, -20, -1.5, -1, -0.5, -1e-3, math.Copysign(0, -1), 0, 1e-3, 0.5, 1, 1.5, 2.5, 20, 700,
	math.Inf(-1), math.Inf(1), math.NaN()}

// closeTo compares up to a relative error; NaN equals NaN, infinities are equal with their sign.
func closeTo(got, want, tolerance float64) bool {
	return got == want || math.IsNaN(got) && math.IsNaN(want) || math.Abs(got-want) <= tolerance*math.Max(1, math.Abs(want))
}

// TestFunctionsOfOneNumber compares with package math in float64. The tolerance, 1e-13, is some
// hundred units in the last place of numbers near 1.
func TestFunctionsOfOneNumber(t *testing.T) {
	for _, mode := range modes {
		b := open(t, mode)
		s := shapes.Make(dtypes.Float64, len(probes))
		for name, c := range map[string]struct {
			op   unary
			want func(float64) float64
		}{
			"abs": {compute.Function.Abs, math.Abs}, "ceil": {compute.Function.Ceil, math.Ceil},
			"floor": {compute.Function.Floor, math.Floor}, "round": {compute.Function.Round, math.RoundToEven},
			"exp": {compute.Function.Exp, math.Exp}, "expm1": {compute.Function.Expm1, math.Expm1},
			"log": {compute.Function.Log, math.Log}, "log1p": {compute.Function.Log1p, math.Log1p},
			"sqrt": {compute.Function.Sqrt, math.Sqrt}, "tanh": {compute.Function.Tanh, math.Tanh},
			"sin": {compute.Function.Sin, math.Sin}, "cos": {compute.Function.Cos, math.Cos}, "erf": {compute.Function.Erf, math.Erf},
			"neg":      {compute.Function.Neg, func(x float64) float64 { return -x }},
			"logistic": {compute.Function.Logistic, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }},
			"identity": {compute.Function.Identity, func(x float64) float64 { return x }},
		} {
			e := program(t, b, func(f *maker) []compute.Value { return []compute.Value{f.must(c.op(f, f.in(s)))} })
			got := flat[float64](t, execute(t, e, buffer(t, b, probes, len(probes)))[0])
			for i, x := range probes {
				if want := c.want(x); !closeTo(got[i], want, 1e-13) {
					t.Errorf("%s: %s(%v): got %v, want %v", mode, name, x, got[i], want)
				}
			}
		}
	}
}

// TestQuestionsAboutNumbers: finite, not a number.
func TestQuestionsAboutNumbers(t *testing.T) {
	for _, mode := range modes {
		b := open(t, mode)
		e := program(t, b, func(f *maker) []compute.Value {
			x := f.in(shapes.Make(dtypes.Float64, len(probes)))
			return []compute.Value{f.must(f.IsFinite(x)), f.must(f.IsNaN(x))}
		})
		out := execute(t, e, buffer(t, b, probes, len(probes)))
		for i, x := range probes {
			finite, nan := !math.IsNaN(x) && !math.IsInf(x, 0), math.IsNaN(x)
			if flat[bool](t, out[0])[i] != finite || flat[bool](t, out[1])[i] != nan {
				t.Errorf("%s: %v: got %v %v", mode, x, flat[bool](t, out[0])[i], flat[bool](t, out[1])[i])
			}
		}
	}
}

// TestFunctionsOfTwoNumbers compares all pairs with Go's operators, by a column against a row.
func TestFunctionsOfTwoNumbers(t *testing.T) {
	x := []float64{-2.5, -1, 0, 0.5, 1, 3, math.Inf(1), math.NaN()}
	n := len(x)
	for _, mode := range modes {
		b := open(t, mode)
		for name, c := range map[string]struct {
			op   binary
			want func(a, b float64) float64
		}{
			"+": {compute.Function.Add, func(a, b float64) float64 { return a + b }}, "−": {compute.Function.Sub, func(a, b float64) float64 { return a - b }},
			"·": {compute.Function.Mul, func(a, b float64) float64 { return a * b }}, "/": {compute.Function.Div, func(a, b float64) float64 { return a / b }},
			"max": {compute.Function.Max, math.Max}, "min": {compute.Function.Min, math.Min}, "pow": {compute.Function.Pow, math.Pow},
		} {
			e := program(t, b, func(f *maker) []compute.Value {
				column, row := shapes.Make(dtypes.Float64, n, 1), shapes.Make(dtypes.Float64, 1, n)
				return []compute.Value{f.must(c.op(f, f.in(column), f.in(row)))}
			})
			got := flat[float64](t, execute(t, e, buffer(t, b, x, n, 1), buffer(t, b, x, 1, n))[0])
			for i := range n {
				for j := range n {
					want := c.want(x[i], x[j])
					if (name == "max" || name == "min") && (math.IsNaN(x[i]) || math.IsNaN(x[j])) {
						want = math.NaN() // also beside an infinity, unlike in package math
					}
					if !closeTo(got[i*n+j], want, 1e-13) {
						t.Errorf("%s: %v %s %v: got %v, want %v", mode, x[i], name, x[j], got[i*n+j], want)
					}
				}
			}
		}
	}
}

// TestFunctionsOfIntegers: bits, shifts and remainders.
func TestFunctionsOfIntegers(t *testing.T) {
	x, y := []int32{-7, 0, 5, 1 << 30, -1}, []int32{3, 4, 1, 2, 31}
	s := shapes.Make(dtypes.Int32, len(x))
	for _, mode := range modes {
		b := open(t, mode)
		for name, c := range map[string]struct {
			op   binary
			want func(a, b int32) int32
		}{
			"and": {compute.Function.BitwiseAnd, func(a, b int32) int32 { return a & b }},
			"or":  {compute.Function.BitwiseOr, func(a, b int32) int32 { return a | b }},
			"xor": {compute.Function.BitwiseXor, func(a, b int32) int32 { return a ^ b }},
			"rem": {compute.Function.Rem, func(a, b int32) int32 { return a % b }},
			"div": {compute.Function.Div, func(a, b int32) int32 { return a / b }},
			"<<":  {compute.Function.ShiftLeft, func(a, b int32) int32 { return a << b }},
			">>":  {compute.Function.ShiftRightArithmetic, func(a, b int32) int32 { return a >> b }},
			">>>": {compute.Function.ShiftRightLogical, func(a, b int32) int32 { return int32(uint32(a) >> b) }},
		} {
			e := program(t, b, func(f *maker) []compute.Value { return []compute.Value{f.must(c.op(f, f.in(s), f.in(s)))} })
			got := flat[int32](t, execute(t, e, buffer(t, b, x, len(x)), buffer(t, b, y, len(y)))[0])
			for i := range x {
				if want := c.want(x[i], y[i]); got[i] != want {
					t.Errorf("%s: %d %s %d: got %d, want %d", mode, x[i], name, y[i], got[i], want)
				}
			}
		}
		e := program(t, b, func(f *maker) []compute.Value {
			v := f.in(s)
			return []compute.Value{f.must(f.BitCount(v)), f.must(f.Clz(v)), f.must(f.BitwiseNot(v)), f.must(f.Sign(v))}
		})
		out := execute(t, e, buffer(t, b, x, len(x)))
		for i, v := range x {
			want := []int32{int32(bits.OnesCount32(uint32(v))), int32(bits.LeadingZeros32(uint32(v))), ^v, int32(min(max(v, -1), 1))}
			for k := range want {
				if got := flat[int32](t, out[k])[i]; got != want[k] {
					t.Errorf("%s: %d: result %d: got %d, want %d", mode, v, k, got, want[k])
				}
			}
		}
	}
}

// TestScalarsAndAxesOfLengthOneBroadcast in operations of two and three operands.
func TestScalarsAndAxesOfLengthOneBroadcast(t *testing.T) {
	for _, mode := range modes {
		b := open(t, mode)
		e := program(t, b, func(f *maker) []compute.Value {
			x, row, one, yes := f.in(f32(2, 3)), f.in(f32(1, 3)), f.in(f32()), f.in(shapes.Make(dtypes.Bool))
			return []compute.Value{
				f.must(f.Sub(x, row)), f.must(f.Sub(one, x)), f.must(f.Where(yes, x, one)), f.must(f.Clamp(one, x, f.must(f.Add(one, one)))),
				f.must(f.LessThan(x, row)),
			}
		})
		out := execute(t, e, buffer(t, b, []float32{1, 2, 3, 4, 5, 6}, 2, 3), buffer(t, b, []float32{2, 2, 4}, 1, 3),
			buffer(t, b, []float32{2}), buffer(t, b, []bool{false}))
		for i, want := range [][]float32{{-1, 0, -1, 2, 3, 2}, {1, 0, -1, -2, -3, -4}, {2, 2, 2, 2, 2, 2}, {2, 2, 3, 4, 4, 4}} {
			if got := flat[float32](t, out[i]); !slices.Equal(got, want) {
				t.Errorf("%s: result %d: got %v, want %v", mode, i, got, want)
			}
		}
		if got := flat[bool](t, out[4]); !slices.Equal(got, []bool{true, false, true, false, false, false}) {
			t.Errorf("%s: got %v", mode, got)
		}
	}
}
