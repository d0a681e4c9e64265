package quant

import g "github.com/gomlx/gomlx/core/graph"

// Through returns the codes q with the gradient of the features z, as if z had been passed on: the
// straight-through estimator (Bengio et al. 2013; van den Oord et al. 2017, section 3.2). Nothing
// reaches q by it.
func Through(z, q *g.Node) *g.Node {
	return g.Add(z, g.StopGradient(g.Sub(q, z)))
}

// shortest is the norm of a feature below which it has no direction that could be turned.
const shortest = 1e-6

// Rotated returns the codes q with the gradient of λRz, where R is the rotation in the plane of z and
// q that turns z into the direction of q, and λ = ‖q‖/‖z‖, both as constants (Fifty et al. 2025, eq. 3):
//
//	λRz = λ(z − 2r(r·z) + 2q̂(ẑ·z)),  ẑ = z/‖z‖,  q̂ = q/‖q‖,  r = (ẑ + q̂)/‖ẑ + q̂‖.
//
// The gradient of z is λRᵀ times that of the code: its angle to z is the angle of the code's gradient
// to q, and its norm λ times the other. Features of length 0 are passed straight through.
func Rotated(z, q *g.Node) *g.Node {
	q = g.StopGradient(q)
	fixed := g.StopGradient(z)
	norm := dots(fixed, fixed)
	short := g.LessThan(norm, g.MulScalar(g.OnesLike(norm), shortest*shortest))
	norm = g.Where(short, g.OnesLike(norm), norm)
	lambda := g.Sqrt(g.Div(dots(q, q), norm))
	zHat, qHat := Unit(fixed), Unit(q)
	r := Unit(g.Add(zHat, qHat))
	turned := g.Add(z, g.MulScalar(g.Sub(g.Mul(qHat, dots(zHat, z)), g.Mul(r, dots(r, z))), 2))
	turned = g.Where(g.BroadcastToDims(short, z.Shape().Dimensions...), z, g.Mul(lambda, turned))
	return Through(turned, q)
}

// dots returns the scalar product of each row of a and b, N×1.
func dots(a, b *g.Node) *g.Node { return g.ReduceAndKeep(g.Mul(a, b), g.ReduceSum, -1) }

// Unit returns the rows of z over their norms, which count as 1e-12 at least.
func Unit(z *g.Node) *g.Node {
	square := g.MaxScalar(dots(z, z), 1e-24)
	return g.Div(z, g.Sqrt(square))
}
