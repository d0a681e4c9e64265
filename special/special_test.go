package special

import (
	"math"
	"math/big"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/backend"
)

// evaluate returns f(x) and f'(x), elementwise, in the given type.
func evaluate(t *testing.T, dtype dtypes.DType, f func(*g.Node) *g.Node, xs []float64) (values, slopes []float64) {
	t.Helper()
	b, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	fn := func(x *g.Node) []*g.Node {
		x = g.ConvertDType(x, dtype)
		y := f(x)
		d := g.Gradient(g.ReduceAllSum(y), x)[0]
		return []*g.Node{g.ConvertDType(y, dtypes.Float64), g.ConvertDType(d, dtypes.Float64)}
	}
	out, err := g.MustNewExec(b, fn).Call(xs)
	if err != nil {
		t.Fatal(err)
	}
	return tensors.MustCopyFlatData[float64](out[0]), tensors.MustCopyFlatData[float64](out[1])
}

// grid holds arguments from the tails to the switch points of the branches.
var grid = []float64{-1e4, -1e3, -88.8, -50, -20, -5, -1, -.6931471805599453, -.3000001, -.2999999, -1e-3, -1e-6, -1e-9, 0,
	1e-9, 1e-6, 1e-3, .2999999, .3000001, .6931471805599453, 1, 5, 20, 50, 88.8, 1e3, 1e4}

// bigExprel returns ln((eˣ−1)/x) with 200 bits, by the series of (eˣ−1)/x for small |x|.
func bigExprel(x float64) float64 {
	if math.Abs(x) > 2 {
		a := math.Abs(x)
		return math.Max(x, 0) + math.Log(-math.Expm1(-a)) - math.Log(a)
	}
	sum, term := big.NewFloat(1).SetPrec(200), big.NewFloat(1).SetPrec(200)
	for k := 2; k < 60; k++ {
		term.Mul(term, big.NewFloat(x))
		term.Quo(term, big.NewFloat(float64(k)))
		sum.Add(sum, term)
	}
	r, _ := new(big.Float).Sub(sum, big.NewFloat(1)).Float64() // keeps digits near x = 0
	return math.Log1p(r)
}

func TestStabilityTable(t *testing.T) {
	softplus := func(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }
	sigmoid := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	exprelSlope := func(x float64) float64 {
		h := 1e-5 * math.Max(1, math.Abs(x))
		return (bigExprel(x+h) - bigExprel(x-h)) / (2 * h)
	}
	for _, c := range []struct {
		name        string
		f           func(*g.Node) *g.Node
		value       func(float64) float64
		slope       func(float64) float64
		slopeTol    float64
		xs          []float64
		f32Absolute float64
	}{
		{"Softplus", Softplus, softplus, sigmoid, 1e-10, grid, 1e-6},
		{"LogSigmoid", LogSigmoid, func(x float64) float64 { return -softplus(-x) }, func(x float64) float64 { return sigmoid(-x) }, 1e-10, grid, 1e-6},
		{"Expm1", Expm1, math.Expm1, math.Exp, 1e-12, []float64{-80, -5, -1, -1e-3, -1e-9, 0, 1e-9, 1e-3, 1, 5, 80}, 1e-6},
		{"Log1mExp", Log1mExp, func(x float64) float64 {
			if x < math.Ln2 {
				return math.Log(-math.Expm1(-x))
			}
			return math.Log1p(-math.Exp(-x))
		}, func(x float64) float64 { return math.Exp(-x) / -math.Expm1(-x) }, 1e-10,
			[]float64{1e-12, 1e-6, 1e-3, .1, .69, .7, 1, 5, 30, 80, 700}, 1e-6},
		// The slope is held against differences, whose own error is about 1e-9.
		{"LogExprel", LogExprel, bigExprel, exprelSlope, 2e-8, grid, 1e-6},
	} {
		values, slopes := evaluate(t, dtypes.Float64, c.f, c.xs)
		values32, slopes32 := evaluate(t, dtypes.Float32, c.f, c.xs)
		for i, x := range c.xs {
			want, slope := c.value(x), c.slope(x)
			if !nearly(values[i], want, 1e-10) {
				t.Errorf("%s(%v) = %v, want %v", c.name, x, values[i], want)
			}
			if !nearly(slopes[i], slope, c.slopeTol) {
				t.Errorf("%s'(%v) = %v, want %v", c.name, x, slopes[i], slope)
			}
			if !nearly(values32[i], want, c.f32Absolute) || !nearly(slopes32[i], slope, 3e-6) {
				t.Errorf("%s(%v) in float32 = %v, slope %v, want %v, %v", c.name, x, values32[i], slopes32[i], want, slope)
			}
		}
	}
}

// nearly compares relative to max(1, |want|); a NaN is never near.
func nearly(got, want, tol float64) bool {
	return !math.IsNaN(got) && math.Abs(got-want) <= tol*math.Max(1, math.Abs(want))
}

func TestLogSumExp(t *testing.T) {
	for _, c := range []struct{ xs, want []float64 }{
		{[]float64{1e4, 1e4}, []float64{1e4 + math.Ln2}},
		{[]float64{-1e4, -1e4}, []float64{-1e4 + math.Ln2}},
		{[]float64{0, -1e4}, []float64{0}},
		{[]float64{3}, []float64{3}},
	} {
		v, d := evaluate(t, dtypes.Float64, func(x *g.Node) *g.Node { return LogSumExp(x, 0) }, c.xs)
		if !nearly(v[0], c.want[0], 1e-14) {
			t.Errorf("LogSumExp(%v) = %v, want %v", c.xs, v[0], c.want[0])
		}
		sum := 0.
		for _, s := range d {
			sum += s
		}
		if !nearly(sum, 1, 1e-14) {
			t.Errorf("gradient of LogSumExp(%v) sums to %v, want 1", c.xs, sum)
		}
	}
}

func TestSumDims(t *testing.T) {
	b, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	out, err := g.MustNewExec(b, SumDims).Call([][][]float64{{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := tensors.MustCopyFlatData[float64](out[0]); got[0] != 10 || got[1] != 26 {
		t.Errorf("got %v, want [10 26]", got)
	}
}
