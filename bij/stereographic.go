package bij

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"
)

// Stereographic maps vectors of n − 1 numbers onto the sphere of vectors of n numbers of
// length one, without its pole (0, …, 0, 1), by stereographic projection,
//
//	y = (2x, ‖x‖² − 1)/(‖x‖² + 1),  ln|det| = (n − 1) ln(2/(1 + ‖x‖²)).
//
// The volume is that of the sphere's surface.
type Stereographic struct{}

// Forward implements [Bijector].
func (Stereographic) Forward(x *g.Node) (y, logDet *g.Node) {
	n := width("stereographic", x) + 1
	r2 := g.ReduceAndKeep(g.Square(x), g.ReduceSum, -1)
	size := g.AddScalar(r2, 1)
	y = g.Div(g.Concatenate([]*g.Node{g.MulScalar(x, 2), g.AddScalar(r2, -1)}, -1), size)
	l := g.AddScalar(g.Neg(g.Log(size)), math.Ln2)
	return y, g.MulScalar(g.Squeeze(l, -1), float64(n-1))
}

// Inverse returns x = (y_1, …, y_{n−1})/(1 − y_n).
func (Stereographic) Inverse(y *g.Node) (x, logDet *g.Node) {
	n := width("stereographic", y)
	gap := g.OneMinus(cut(y, n-1, n)) // 2/(1 + ‖x‖²)
	return g.Div(cut(y, 0, n-1), gap), g.MulScalar(g.Squeeze(g.Log(gap), -1), -float64(n-1))
}

// Event implements [Bijector]: vectors that gain an element.
func (Stereographic) Event() Event { return vectors(1) }
