// Package bij holds invertible differentiable maps, as values made of graph nodes, with the
// logarithm of the volume that they stretch.
//
// The axes of a map's argument are batch axes followed by event axes, on which the map acts. A
// map of numbers has no event axes; the sum of its log-determinants over a datum's dimensions is
// the caller's. Letters: x is what Forward takes, y what it returns.
package bij

import g "github.com/gomlx/gomlx/core/graph"

// Bijector is an invertible map y = f(x).
type Bijector interface {
	// Forward returns y = f(x) and ln|det ∂y/∂x|, which has the batch axes.
	Forward(x *g.Node) (y, logDet *g.Node)
	// Inverse returns x = f⁻¹(y) and ln|det ∂x/∂y|, which has the batch axes.
	Inverse(y *g.Node) (x, logDet *g.Node)
	// Event describes the event axes of x and of y.
	Event() Event
}

// Event describes the event axes of a map's arguments and values.
type Event struct {
	In, Out int // number of event axes of x and of y
	// Dims returns the sizes of the event axes of y for those of x, Undo the other way round; nil
	// where they are equal. They panic if there are none.
	Dims, Undo func(dims []int) []int
}
