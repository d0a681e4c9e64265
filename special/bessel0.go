package special

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"
)

// LogBesselI0 returns ln I₀(x), the log-normaliser of the von Mises distribution, for x ≥ 0; its
// derivative is [BesselRatio] of order 1.
//
// Below 16 it is ln(1 + Σ (x²/4)ᵏ/k!²), which keeps the digits of a value that vanishes as x²/4; from
// there on x − ½ ln 2πx plus the logarithm of a rational function of 1/x.
func LogBesselI0(x *g.Node) *g.Node {
	large, near, _, far, c := besselZeroRange(x)
	coefficients, a := []float64{0}, 1.
	for k := 1.; k <= 36; k++ { // at x = 16 the next term is 1e-18 of the sum
		a /= k * k
		coefficients = append(coefficients, a)
	}
	series := g.Log1p(poly(g.MulScalar(g.Square(near), .25), coefficients...))
	tail := g.Sub(far, g.MulScalar(g.Log(g.MulScalar(far, 2*math.Pi)), .5))
	value := g.Where(large, g.Add(tail, g.Log(besselFar.at(c))), series)
	return lazyGradient(x, value, func() *g.Node { return BesselRatio(1, x) })
}

// besselRatio1 returns I₁(x)/I₀(x).
func besselRatio1(x *g.Node) *g.Node {
	large, near, t, far, c := besselZeroRange(x)
	w := g.Reciprocal(far)
	value := g.Where(large, g.OneMinus(g.Mul(w, besselRatioFar.at(c))), g.Mul(near, besselRatioNear.at(t)))
	return lazyGradient(x, value, func() *g.Node {
		return g.Where(large, g.Mul(g.Square(w), besselSlopeFar.at(c)), besselSlopeNear.at(t))
	})
}

// besselZeroRange splits x ≥ 0 at 16: near is x below, with t = x²/64, and far is x above, with
// c = 32/x − 1; each stays inside its range elsewhere.
func besselZeroRange(x *g.Node) (large, near, t, far, c *g.Node) {
	split := fill(x, 16)
	large = g.GreaterThan(x, split)
	near, far = g.Where(large, split, x), g.Where(large, x, split)
	return large, near, g.MulScalar(g.Square(near), 1./64), far, g.AddScalar(g.Div(fill(x, 32), far), -1)
}
