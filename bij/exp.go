package bij

import g "github.com/gomlx/gomlx/core/graph"

// Exp is y = eˣ onto the positive numbers, ln|dy/dx| = x.
type Exp struct{}

// Forward implements [Bijector].
func (Exp) Forward(x *g.Node) (y, logDet *g.Node) { return g.Exp(x), x }

// Inverse implements [Bijector].
func (Exp) Inverse(y *g.Node) (x, logDet *g.Node) {
	x = g.Log(y)
	return x, g.Neg(x)
}

// Event implements [Bijector]: a map of numbers.
func (Exp) Event() Event { return Event{} }
