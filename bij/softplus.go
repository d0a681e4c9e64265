package bij

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/special"
)

// Softplus is y = ln(1 + eˣ) onto the positive numbers, ln|dy/dx| = −ln(1 + e^−x).
type Softplus struct{}

// Forward implements [Bijector].
func (Softplus) Forward(x *g.Node) (y, logDet *g.Node) {
	return special.Softplus(x), special.LogSigmoid(x)
}

// Inverse returns x = y + ln(1 − e^−y), which neither overflows for large y as ln(e^y − 1)
// does nor cancels for small y; the derivative of x is 1/(1 − e^−y).
func (Softplus) Inverse(y *g.Node) (x, logDet *g.Node) {
	l := special.Log1mExp(y)
	return g.Add(y, l), g.Neg(l)
}

// Event implements [Bijector]: a map of numbers.
func (Softplus) Event() Event { return Event{} }
