package special

import (
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

// TestRulesIntegratePolynomialsAndTails: degree 2n − 1 exactly, and e^−v over the depth of a tail.
func TestRulesIntegratePolynomialsAndTails(t *testing.T) {
	for _, r := range []rule{gammaRule(), betaRule(), besselRule()} {
		n := len(r.nodes)
		for _, k := range []int{0, 1, n, 2*n - 1} {
			sum := 0.
			for i, x := range r.nodes {
				sum += r.weights[i] * math.Pow(x, float64(k))
			}
			tk.Close(t, "moment", sum*float64(k+1), 1, 1e-12)
		}
		got := values(t, func(x []*g.Node) *g.Node { return r.integrate(x[0], g.Neg).integral }, []float64{tailDepth, 1})
		tk.Close(t, "∫e^−v", got[0], -math.Expm1(-tailDepth), 1e-14)
		tk.Close(t, "∫e^−v to 1", got[1], -math.Expm1(-1), 1e-15)
		mean := values(t, func(x []*g.Node) *g.Node {
			s := r.integrate(x[0], func(v *g.Node) *g.Node { return g.Neg(g.Abs(v)) })
			return s.mean(s.v)
		}, []float64{-tailDepth})
		tk.Close(t, "mean", mean[0], -1, 1e-13)
	}
}

// TestNewtonFindsTheDepth of −v²/2 and of the double exponential v − eᵛ from both sides.
func TestNewtonFindsTheDepth(t *testing.T) {
	got := values(t, func(x []*g.Node) *g.Node {
		return newton(x[0], 6, func(v *g.Node) *g.Node { return g.MulScalar(g.Square(v), -.5) }, g.Neg)
	}, []float64{4, 30, -12})
	for i, want := range []float64{math.Sqrt(2 * tailDepth), math.Sqrt(2 * tailDepth), -math.Sqrt(2 * tailDepth)} {
		tk.Close(t, "√2T", got[i], want, 1e-6)
	}
	ends := values(t, func(x []*g.Node) *g.Node {
		phi := func(v *g.Node) *g.Node { return g.Sub(v, g.Exp(v)) }
		return phi(newton(x[0], 6, phi, func(v *g.Node) *g.Node { return g.OneMinus(g.Exp(v)) }))
	}, []float64{3, 6, -2})
	for _, v := range ends {
		tk.Close(t, "depth", v, -tailDepth, 1e-3)
	}
}
