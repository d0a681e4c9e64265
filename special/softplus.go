package special

import g "github.com/gomlx/gomlx/core/graph"

// Softplus returns ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|); its derivative is the logistic
// function. The plain form overflows for x > 88 in float32.
func Softplus(x *g.Node) *g.Node {
	a := g.Abs(x)
	value := g.Add(g.MulScalar(g.Add(x, a), .5), g.Log1p(g.Exp(g.Neg(a))))
	return withGradient(x, value, g.Logistic(x))
}

// LogSigmoid returns ln σ(x) = −ln(1 + e^−x).
func LogSigmoid(x *g.Node) *g.Node { return g.Neg(Softplus(g.Neg(x))) }
