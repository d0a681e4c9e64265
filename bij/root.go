package bij

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"
)

// rootTanh returns the root q of F(q) = q + c·tanh q = a for c > −1, given soft = 1 + c.
//
// F is odd, so that |a| may stand for a. For q ≥ 0 it is concave where c > 0 and convex where
// c < 0, and the root lies between |a| and |a| − c: after ten halvings of this interval Newton's
// method starts from the end whose steps do not overshoot, the lower one where F is concave.
// Ten steps reach the rounding of float64 unless 1 + c is within 1e-9 of 0. A last step is a
// function of a and c with the derivatives of the root.
func rootTanh(a, soft *g.Node) *g.Node {
	const halvings, steps = 10, 10
	c := g.AddScalar(soft, -1)
	a0, c0, soft0 := g.StopGradient(a), g.StopGradient(c), g.StopGradient(soft)
	up, size := g.Abs(a0), g.Abs(c0)
	concave := g.GreaterThan(c0, g.ZerosLike(c0))
	low := g.Where(concave, g.MaxScalar(g.Sub(up, c0), 0), up)
	for k := range halvings {
		mid := g.Add(low, g.MulScalar(size, math.Ldexp(1, -k-1)))
		low = g.Where(g.LessOrEqual(g.Add(mid, g.Mul(c0, g.Tanh(mid))), up), mid, low)
	}
	q := g.Where(concave, low, g.Add(low, g.MulScalar(size, math.Ldexp(1, -halvings))))
	var h, slope *g.Node
	for range steps {
		h, slope = curve(q, soft0)
		q = g.Sub(q, g.Div(g.Sub(g.Add(q, g.Mul(c0, h)), up), slope))
	}
	q = g.StopGradient(g.Where(g.LessThan(a0, g.ZerosLike(a0)), g.Neg(q), q))
	h, slope = curve(q, soft0)
	return g.Sub(q, g.Div(g.Sub(g.Add(q, g.Mul(c, h)), a), slope))
}

// curve returns tanh q and the slope of q + c·tanh q, of positive terms alone.
func curve(q, soft *g.Node) (h, slope *g.Node) {
	h = g.Tanh(q)
	h2 := g.Square(h)
	return h, g.Add(h2, g.Mul(g.OneMinus(h2), soft))
}
