package special

import g "github.com/gomlx/gomlx/core/graph"

// logExprelSeries is the |x| below which LogExprel uses its Taylor series: at .3 the first
// term left out, x⁸/4838400·…, is below 1e-12 relative, and the closed form has lost no
// more than two digits.
const logExprelSeries = .3

// LogExprel returns ln((eˣ − 1)/x), the log-normaliser of the continuous Bernoulli in its
// logit (Loaiza-Ganem & Cunningham 2019, eq. 8 rewritten), with LogExprel(0) = 0. Its
// derivative is 1/(1 − e^−x) − 1/x, the mean, ½ at 0.
func LogExprel(x *g.Node) *g.Node {
	a := g.Abs(x)
	near := g.LessThan(a, ScalarLike(x, logExprelSeries))
	far := g.Where(near, g.OnesLike(a), a)
	x2 := g.Square(g.Where(near, x, g.ZerosLike(x)))
	// ln((eᵃ−1)/a) = max(x,0) + ln(1−e^−a) − ln a for either sign of x.
	half := g.MulScalar(g.Add(x, a), .5)
	closed := g.Add(half, g.Sub(g.Log(g.Neg(g.Expm1(g.Neg(far)))), g.Log(far)))
	series := g.Add(g.MulScalar(x, .5), g.Mul(x2, poly(x2, 1./24, -1./2880, 1./181440, -1./9676800)))
	value := g.Where(near, series, closed)

	// Derivative: for x < 0 use 1/(1−e^−x) = −e^−a/(1−e^−a), which does not overflow.
	e := g.Neg(Expm1(g.Neg(far))) // 1 − e^−a
	positive := g.Sub(g.Reciprocal(e), g.Reciprocal(far))
	negative := g.Sub(g.Reciprocal(far), g.Div(g.Exp(g.Neg(far)), e))
	slopeFar := g.Where(g.GreaterThan(x, g.ZerosLike(x)), positive, negative)
	slopeNear := g.AddScalar(g.Mul(g.Where(near, x, g.ZerosLike(x)), poly(x2, 1./12, -1./720, 1./30240, -1./1209600)), .5)
	return withGradient(x, value, g.Where(near, slopeNear, slopeFar))
}

// poly evaluates c₀ + c₁x + c₂x² + … by Horner's rule.
func poly(x *g.Node, c ...float64) *g.Node {
	sum := g.MulScalar(g.OnesLike(x), c[len(c)-1])
	for i := len(c) - 2; i >= 0; i-- {
		sum = g.AddScalar(g.Mul(sum, x), c[i])
	}
	return sum
}
