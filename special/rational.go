package special

import g "github.com/gomlx/gomlx/core/graph"

// rational is p(x)/q(x), with coefficients in ascending order.
type rational struct{ p, q []float64 }

// at evaluates the function elementwise.
func (r rational) at(x *g.Node) *g.Node { return g.Div(poly(x, r.p...), poly(x, r.q...)) }

// lazyGradient returns value, whose derivative with respect to x is slope(), built only if
// the graph is differentiated.
func lazyGradient(x, value *g.Node, slope func() *g.Node) *g.Node {
	return g.Add(g.StopGradient(value), attach(x, slope))
}

// attach is zero, with derivative slope() with respect to x.
func attach(x *g.Node, slope func() *g.Node) *g.Node {
	u := g.IdentityWithCustomGradient(x, func(_, v *g.Node) *g.Node { return g.Mul(v, slope()) })
	return g.Sub(u, g.StopGradient(x))
}

// gammaArgument splits x > 0 at 1 and 3: near is t with x = 1 + t, or x = t below 1, and far
// is x where it is at least 3; each stays inside its range elsewhere.
func gammaArgument(x *g.Node) (small, large, near, far *g.Node) {
	one := g.OnesLike(x)
	small, large = g.LessThan(x, one), g.GreaterOrEqual(x, ScalarLike(x, 3))
	near = g.Where(large, one, g.Where(small, x, g.Sub(x, one)))
	far = g.Where(large, x, fill(x, 3))
	return small, large, near, far
}

// fill returns the constant v in the type and shape of x.
func fill(x *g.Node, v float64) *g.Node { return g.MulScalar(g.OnesLike(x), v) }

// broadcast brings nodes to their common shape.
func broadcast(xs ...*g.Node) []*g.Node {
	zero := g.ZerosLike(xs[0])
	for _, x := range xs[1:] {
		zero = g.Add(zero, g.ZerosLike(x))
	}
	out := make([]*g.Node, len(xs))
	for i, x := range xs {
		out[i] = g.Add(x, zero)
	}
	return out
}
