// Package special holds scalar functions of graph nodes that the graph library lacks or
// whose gradients lose digits. Each is finite wherever its value is, in float32 and
// float64, and so is its gradient.
package special

import g "github.com/gomlx/gomlx/core/graph"

// withGradient returns value, whose derivative with respect to x is slope. The term
// u − x is exactly zero; only its gradient counts.
func withGradient(x, value, slope *g.Node) *g.Node {
	u := g.IdentityWithCustomGradient(x, func(_, v *g.Node) *g.Node { return g.Mul(v, slope) })
	return g.Add(g.StopGradient(value), g.Sub(u, g.StopGradient(x)))
}

// Softplus returns ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|); its derivative is the logistic
// function. The plain form overflows for x > 88 in float32.
func Softplus(x *g.Node) *g.Node {
	a := g.Abs(x)
	value := g.Add(g.MulScalar(g.Add(x, a), .5), g.Log1p(g.Exp(g.Neg(a))))
	return withGradient(x, value, g.StopGradient(g.Logistic(x)))
}

// Expm1 returns eˣ − 1 with its derivative eˣ, which the graph library's own lacks.
func Expm1(x *g.Node) *g.Node { return withGradient(x, g.Expm1(x), g.StopGradient(g.Exp(x))) }

// LogSigmoid returns ln σ(x) = −ln(1 + e^−x).
func LogSigmoid(x *g.Node) *g.Node { return g.Neg(Softplus(g.Neg(x))) }

// Log1mExp returns ln(1 − e^−x) for x > 0. Below ln 2 it uses expm1, above log1p (Mächler
// 2012): each form cancels on the other's side. Its derivative is 1/(eˣ − 1).
func Log1mExp(x *g.Node) *g.Node {
	small := g.LessThan(x, ScalarLike(x, ln2))
	lo := g.Where(small, x, g.OnesLike(x)) // arguments that keep the unused branch finite
	hi := g.Where(small, g.OnesLike(x), x)
	value := g.Where(small, g.Log(g.Neg(g.Expm1(g.Neg(lo)))), g.Log1p(g.Neg(g.Exp(g.Neg(hi)))))
	slope := g.Where(small, g.Reciprocal(g.Expm1(lo)), g.Div(g.Exp(g.Neg(hi)), g.OneMinus(g.Exp(g.Neg(hi)))))
	return withGradient(x, value, g.StopGradient(slope))
}

const ln2 = 0.69314718055994530942

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
	e := g.Neg(g.Expm1(g.Neg(far))) // 1 − e^−a
	positive := g.Sub(g.Reciprocal(e), g.Reciprocal(far))
	negative := g.Sub(g.Reciprocal(far), g.Div(g.Exp(g.Neg(far)), e))
	slopeFar := g.Where(g.GreaterThan(x, g.ZerosLike(x)), positive, negative)
	slopeNear := g.AddScalar(g.Mul(g.Where(near, x, g.ZerosLike(x)), poly(x2, 1./12, -1./720, 1./30240, -1./1209600)), .5)
	return withGradient(x, value, g.StopGradient(g.Where(near, slopeNear, slopeFar)))
}

// poly evaluates c₀ + c₁x + c₂x² + … by Horner's rule.
func poly(x *g.Node, c ...float64) *g.Node {
	sum := g.MulScalar(g.OnesLike(x), c[len(c)-1])
	for i := len(c) - 2; i >= 0; i-- {
		sum = g.AddScalar(g.Mul(sum, x), c[i])
	}
	return sum
}

// ScalarLike returns the constant v in the type of x.
func ScalarLike(x *g.Node, v float64) *g.Node { return g.Scalar(x.Graph(), x.DType(), v) }

// SumDims sums over all axes but the first: B×… to B.
func SumDims(x *g.Node) *g.Node {
	axes := make([]int, 0, x.Rank()-1)
	for i := 1; i < x.Rank(); i++ {
		axes = append(axes, i)
	}
	if len(axes) == 0 {
		return x
	}
	return g.ReduceSum(x, axes...)
}

// LogSumExp returns ln Σ eˣ over one axis, by the usual shift with the maximum.
func LogSumExp(x *g.Node, axis int) *g.Node {
	m := g.StopGradient(g.ReduceMax(x, axis))
	shifted := g.Sub(x, g.ExpandAxes(m, axis))
	return g.Add(m, g.Log(g.ReduceSum(g.Exp(shifted), axis)))
}
