package bij

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/special"
)

// Tanh is y = tanh x onto the interval from −1 to 1, ln|dy/dx| = −2 ln cosh x.
type Tanh struct{}

// Forward implements [Bijector].
func (Tanh) Forward(x *g.Node) (y, logDet *g.Node) {
	return g.Tanh(x), g.MulScalar(logCosh(x), -2)
}

// Inverse returns x = ½ ln((1 + y)/(1 − y)), whose derivative is 1/((1 + y)(1 − y)).
func (Tanh) Inverse(y *g.Node) (x, logDet *g.Node) {
	a, b := g.Log1p(y), g.Log1p(g.Neg(y))
	return g.MulScalar(g.Sub(a, b), .5), g.Neg(g.Add(a, b))
}

// Event implements [Bijector]: a map of numbers.
func (Tanh) Event() Event { return Event{} }

// logCosh returns ln cosh x = x + ln(1 + e^−2x) − ln 2, finite where cosh x is not.
func logCosh(x *g.Node) *g.Node {
	return g.AddScalar(g.Add(x, special.Softplus(g.MulScalar(x, -2))), -math.Ln2)
}

// asinh returns ln(u + √(u² + 1)) for u ≥ 0 and its mirror image below, where the formula
// cancels. (Where keeps the derivative at 0, which |u| has not.)
func asinh(u *g.Node) *g.Node {
	up := g.GreaterOrEqual(u, g.ZerosLike(u))
	a := g.Where(up, u, g.Neg(u))
	v := g.Log(g.Add(a, g.Sqrt(g.AddScalar(g.Square(a), 1))))
	return g.Where(up, v, g.Neg(v))
}
