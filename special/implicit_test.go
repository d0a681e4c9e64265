package special

import (
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/mathext"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

// gammaQuantile is z with P(a, z) = p, the library's value improved by Newton's method on the
// graph's own P, in Go.
func gammaQuantile(t *testing.T, a, p float64) float64 {
	z := mathext.GammaIncRegInv(a, p)
	for range 3 {
		f := values(t, func(in []*g.Node) *g.Node { return GammaP(in[0], in[1]) }, []float64{a}, []float64{z})[0]
		lg, _ := math.Lgamma(a)
		z -= (f - p) / math.Exp((a-1)*math.Log(z)-z-lg)
	}
	return z
}

// TestImplicitGammaDifferentiatesTwice: along the curve on which P(a, z) = p is constant, z' is the
// gradient and z″ the gradient of the gradient. Both against central differences of quantiles, with
// steps of 1e-4 (first) and 1e-3 (second, whose rounding error is 1e-14/h²).
func TestImplicitGammaDifferentiatesTwice(t *testing.T) {
	for _, a := range []float64{.4, 2.5, 90} {
		for _, p := range []float64{.02, .5, .999} {
			z := gammaQuantile(t, a, p)
			both := values(t, func(in []*g.Node) *g.Node {
				first := g.Gradient(g.ReduceAllSum(ImplicitGamma(in[0], in[1])), in[0])[0]
				return g.Concatenate([]*g.Node{first, g.Gradient(g.ReduceAllSum(first), in[0])[0]}, 0)
			}, []float64{a}, []float64{z})
			h := 1e-4 * a
			slope := (gammaQuantile(t, a+h, p) - gammaQuantile(t, a-h, p)) / (2 * h)
			tk.Close(t, "dz/da", both[0], slope, 1e-6)
			h = 1e-3 * a
			bend := (gammaQuantile(t, a+h, p) - 2*z + gammaQuantile(t, a-h, p)) / (h * h)
			tk.Close(t, "d²z/da²", both[1], bend, 2e-5)
		}
	}
}

// TestSecondDerivativesAreNumbersInTheTails: values of 1e±8 for shapes, |x| up to 1e4 for functions
// of any number.
func TestSecondDerivativesAreNumbersInTheTails(t *testing.T) {
	signed := []float64{-1e4, -40, -8, -1, -1e-3, -1e-9, 0, 1e-9, 1e-3, .29, .31, 1, 8, 40, 1e4}
	shapes := []float64{1e-8, 1e-3, .3, 1, 1.5, 2, 3, 17, 700, 1e8}
	var pairs [2][]float64
	for _, a := range shapes {
		for _, x := range shapes {
			pairs[0], pairs[1] = append(pairs[0], a), append(pairs[1], x)
		}
	}
	half := func(x *g.Node) *g.Node { return g.Div(x, g.AddScalar(x, 1)) }
	for name, c := range map[string]struct {
		f  func(x []*g.Node) *g.Node
		in [][]float64
	}{
		"Softplus":   {func(x []*g.Node) *g.Node { return Softplus(x[0]) }, [][]float64{signed}},
		"LogExprel":  {func(x []*g.Node) *g.Node { return LogExprel(x[0]) }, [][]float64{signed}},
		"Ndtr":       {func(x []*g.Node) *g.Node { return Ndtr(x[0]) }, [][]float64{signed}},
		"LogNdtr":    {func(x []*g.Node) *g.Node { return LogNdtr(x[0]) }, [][]float64{signed}},
		"Lgamma":     {func(x []*g.Node) *g.Node { return Lgamma(x[0]) }, [][]float64{shapes}},
		"Tetragamma": {func(x []*g.Node) *g.Node { return Tetragamma(x[0]) }, [][]float64{shapes}},
		"Log1mExp":   {func(x []*g.Node) *g.Node { return Log1mExp(x[0]) }, [][]float64{shapes}},
		"LogBeta":    {func(x []*g.Node) *g.Node { return LogBeta(x[0], x[1]) }, pairs[:]},
		"GammaP":     {func(x []*g.Node) *g.Node { return GammaP(x[0], x[1]) }, pairs[:]},
		"GammaQ":     {func(x []*g.Node) *g.Node { return GammaQ(x[0], x[1]) }, pairs[:]},
		"BetaInc":    {func(x []*g.Node) *g.Node { return BetaInc(x[0], x[1], half(x[0])) }, pairs[:]},
		"BesselI0":   {func(x []*g.Node) *g.Node { return LogBesselI0(x[0]) }, [][]float64{shapes}},
		"BesselI":    {func(x []*g.Node) *g.Node { return LogBesselI(4.5, x[0]) }, [][]float64{shapes}},
	} {
		second := values(t, func(in []*g.Node) *g.Node {
			var all []*g.Node
			for _, first := range g.Gradient(g.ReduceAllSum(c.f(in)), in...) {
				all = append(all, g.Gradient(g.ReduceAllSum(first), in...)...)
			}
			return g.Concatenate(all, 0)
		}, c.in...)
		for i, v := range second {
			if math.IsNaN(v) {
				at := i % len(c.in[0])
				t.Errorf("%s: second derivative %d at %v: got NaN, want a number", name, i/len(c.in[0]), c.in[len(c.in)-1][at])
			}
		}
		if name != "LogNdtr" {
			continue
		}
		// The lower tail: d² ln Φ/dx² = −1 + 1/x² + O(x⁻⁴), in which −s(x + s) would cancel.
		tk.Close(t, "LogNdtr″(−1e4)", second[0], -1+1e-8, 1e-13)
		tk.Close(t, "LogNdtr″(−40)", second[1], -1+1./1600-6./2.56e6, 1e-7)
		tk.Close(t, "LogNdtr″(0)", second[6], -2/math.Pi, 1e-15)
	}
}
