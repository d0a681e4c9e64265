package bij

import g "github.com/gomlx/gomlx/core/graph"

// Identity is y = x.
type Identity struct{}

// Forward implements [Bijector].
func (Identity) Forward(x *g.Node) (y, logDet *g.Node) { return x, g.ZerosLike(x) }

// Inverse implements [Bijector].
func (Identity) Inverse(y *g.Node) (x, logDet *g.Node) { return y, g.ZerosLike(y) }

// Event implements [Bijector]: a map of numbers.
func (Identity) Event() Event { return Event{} }
