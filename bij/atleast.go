package bij

import g "github.com/gomlx/gomlx/core/graph"

// AtLeast is y = l + eˣ onto the numbers above l, ln|dy/dx| = x.
type AtLeast struct {
	Low *g.Node // l, broadcast against x
}

// Forward implements [Bijector].
func (f AtLeast) Forward(x *g.Node) (y, logDet *g.Node) {
	return g.Add(like(f.Low, x), g.Exp(x)), x
}

// Inverse implements [Bijector].
func (f AtLeast) Inverse(y *g.Node) (x, logDet *g.Node) {
	x = g.Log(g.Sub(y, like(f.Low, y)))
	return x, g.Neg(x)
}

// Event implements [Bijector]: a map of numbers.
func (AtLeast) Event() Event { return Event{} }
