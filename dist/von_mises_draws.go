package dist

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// vonMisesProposals is the number of proposals a draw may use. The share refused grows with κ
// to 34.2 % (Best & Fisher 1979, section 4); all 20 are with probability below 5e-10.
const vonMisesProposals = 20

// proposeVonMises draws angles about 0 by rejection from a wrapped Cauchy distribution, without a
// derivative. With r = (1 + √(1 + 4κ²))/2κ and e = r − 1 the proposal is
// θ = 2 arctan(√(e/(2 + e)) tan(πu/2)), u uniform on (−1, 1), and c = κ(r − cos θ) is accepted
// where ln(c/u′) + 1 − c ≥ 0; written with κe, which is 1 at κ = 0, where e is infinite.
func proposeVonMises(s *model.Scope, k *g.Node) *g.Node {
	many := drawn(vonMisesProposals, k)
	angle := g.MulScalar(g.AddScalar(openUniform(s, "angle", many[0], many[1:]), -.5), math.Pi)
	u := openUniform(s, "accept", many[0], many[1:])

	root := g.Sqrt(g.AddScalar(g.MulScalar(g.Square(k), 4), 1))
	rise := g.MulScalar(g.AddScalar(g.Reciprocal(g.Add(root, g.MulScalar(k, 2))), 1), .5) // κe
	shrink := g.Sqrt(g.Div(rise, g.Add(rise, g.MulScalar(k, 2))))
	half := g.Atan2(g.Mul(g.Sin(angle), repeat(shrink, many[0])), g.Cos(angle)) // θ/2
	c := g.Add(repeat(rise, many[0]), g.MulScalar(g.Mul(repeat(k, many[0]), g.Square(g.Sin(half))), 2))
	ok := g.GreaterOrEqual(g.Sub(g.Log(c), g.Log(u)), g.AddScalar(c, -1))
	return g.MulScalar(firstAccepted(ok, half), 2)
}

// vonMisesNodes is the number of nodes of the Gauss–Legendre rule for the implicit derivative,
// whose error is below 1e-12 of the largest at any κ.
const vonMisesNodes = 40

// vonMisesSlope returns dz/dκ at a fixed value of the distribution function,
//
//	−(∂F/∂κ)/f = sgn(z) ∫ (cos t − A(κ)) exp(κ(cos t − cos z)) dt from |z| to π,
//
// A(κ) = I₁/I₀.
func vonMisesSlope(k, z *g.Node) *g.Node {
	cosines, weight := vonMisesTail(k, z)
	above := g.Sub(g.ExpandAxes(shortfall(k), -1), cosines) // cos t − A
	return g.Mul(g.Sign(z), g.ReduceSum(g.Mul(weight, above), -1))
}

// vonMisesTail returns the nodes t from |z| to π, as 1 − cos t, with their weights times
// exp(κ(cos t − cos z)), along a last axis. The nodes end where the exponential is below e^−37, an
// end that counts as fixed in derivatives.
func vonMisesTail(k, z *g.Node) (less, weight *g.Node) {
	at, w := legendre(vonMisesNodes, k)
	from := g.Abs(z)
	// From 0, 1 − cos t = 37/κ at t = 2 arcsin √(18.5/κ); from further out the fall is nearer to
	// κ sin z a unit, and 55 of that are 37 even where it slows down towards π.
	y := g.Min(g.OnesLike(k), g.Div(special.ScalarLike(k, 18.5), g.MaxScalar(k, 1)))
	length := g.MulScalar(g.Atan2(g.Sqrt(y), g.Sqrt(g.OneMinus(y))), 2)
	steep := g.MaxScalar(g.Mul(k, g.Sin(from)), 1)
	length = g.StopGradient(g.Min(length, g.Div(special.ScalarLike(k, 55), steep)))
	length = g.Min(length, g.Neg(g.AddScalar(from, -math.Pi)))

	step, start := g.Mul(g.ExpandAxes(length, -1), at), g.ExpandAxes(from, -1)
	// cos t − cos z = −2 sin((t + z)/2) sin((t − z)/2)
	fall := g.Mul(g.Sin(g.Add(start, g.MulScalar(step, .5))), g.Sin(g.MulScalar(step, .5)))
	weight = g.Exp(g.MulScalar(g.Mul(g.ExpandAxes(k, -1), fall), -2))
	less = g.MulScalar(g.Square(g.Sin(g.MulScalar(g.Add(start, step), .5))), 2)
	return less, g.Mul(g.Mul(weight, w), g.ExpandAxes(length, -1))
}

// vonMisesCDF returns ∫ f dt from −π to z for the density f about 0, which for z outside [−π, π]
// goes on counting turns. Its derivatives are f(z) and, by κ, −f(z) dz/dκ.
func vonMisesCDF(k, z *g.Node) *g.Node {
	turns := g.StopGradient(g.Floor(g.MulScalar(g.AddScalar(z, math.Pi), .5/math.Pi)))
	w := g.Sub(z, g.MulScalar(turns, 2*math.Pi))
	density := g.Exp(VonMises{g.ZerosLike(k), k}.LogProb(w))
	_, weight := vonMisesTail(k, w)
	tail := g.Mul(density, g.ReduceSum(weight, -1))
	value := g.Add(turns, g.Where(g.LessThan(w, g.ZerosLike(w)), tail, g.OneMinus(tail)))
	return sloped(value, z, density, k, g.Neg(g.Mul(density, vonMisesSlope(k, w))))
}
