package dist

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/integrate/quad"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// openUniform is uniform noise for m draws of a shape, kept at 2⁻²⁴, the spacing of the draws,
// from the ends of [0, 1], where quantiles are infinite.
func openUniform(s *model.Scope, name string, m int, shape []int) *g.Node {
	u := s.Uniform(name, append([]int{m}, shape...)...)
	return g.StopGradient(g.ClipScalar(u, 0x1p-24, 1-0x1p-24))
}

// sides is a uniform number u with 1 − u, for draws by inversion. Each has 48 bits and in float32
// keeps 24 significant ones near 0, so that quantiles reach 2⁻⁴⁹ = 2e-15 on both sides; a single draw
// has 24 bits, whose quantiles end at 6e-8. (Normal noise has a radius of 32 bits: it ends at 6.66.)
type sides struct{ u, v *g.Node }

// uniformSides draws [sides] for m draws of a shape. Its first 24 bits are the draws of the name itself.
func uniformSides(s *model.Scope, name string, m int, shape []int) sides {
	all := append([]int{m}, shape...)
	return newSides(s.Uniform(name, all...), s.Uniform(name+"/low", all...))
}

// newSides puts two draws of 24 bits together.
func newSides(high, low *g.Node) sides {
	rest := g.MulScalar(g.AddScalar(low, 0x1p-25), 0x1p-24)
	return sides{open(g.Add(high, rest)), open(g.Sub(g.OneMinus(high), rest))}
}

// open keeps a side inside (0, 1).
func open(u *g.Node) *g.Node {
	most := 1 - 0x1p-49
	if u.DType().Size() < 8 {
		most = 1 - 0x1p-24
	}
	return g.StopGradient(g.ClipScalar(u, 0x1p-49, most))
}

// lower tells where u < ½, so that u is the side that keeps the digits.
func (x sides) lower() *g.Node { return g.LessThan(x.u, special.ScalarLike(x.u, .5)) }

// exponential returns −ln u with the digits of both tails.
func (x sides) exponential() *g.Node {
	half := special.ScalarLike(x.u, .5)
	low, high := g.Min(x.u, half), g.Min(x.v, half)
	return g.StopGradient(g.Neg(g.Where(x.lower(), g.Log(low), g.Log1p(g.Neg(high)))))
}

// logit returns ln u/(1 − u), a standard logistic draw.
func (x sides) logit() *g.Node { return g.StopGradient(g.Sub(g.Log(x.u), g.Log(x.v))) }

// gumbel returns −ln(−ln u), a standard Gumbel draw.
func (x sides) gumbel() *g.Node { return g.Neg(g.Log(x.exponential())) }

// expNormal returns eˣ, kept among the normal numbers: draws of a small concentration exceed them,
// and their logarithm must stay finite.
func expNormal(x *g.Node) *g.Node {
	ends := 708.
	if x.DType() == dtypes.Float32 {
		ends = 87
	}
	return g.Exp(g.ClipScalar(x, -ends, ends))
}

// positive, nonNegative and inUnit tell where data lie in a support.
func positive(x *g.Node) *g.Node    { return g.GreaterThan(x, g.ZerosLike(x)) }
func nonNegative(x *g.Node) *g.Node { return g.GreaterOrEqual(x, g.ZerosLike(x)) }
func inUnit(x *g.Node) *g.Node      { return g.And(positive(x), g.LessThan(x, g.OnesLike(x))) }

// keep returns x where ok holds and v elsewhere.
func keep(ok, x *g.Node, v float64) *g.Node {
	n := together(ok, x)
	return g.Where(n[0], n[1], special.ScalarLike(x, v))
}

// supported returns a log-density where ok holds and −∞ elsewhere. The derivatives there are 0
// if the log-density is finite, for which the data have gone through [keep].
func supported(ok, logProb *g.Node) *g.Node { return keep(ok, logProb, math.Inf(-1)) }

// full is an array of one value in a shape, of the type of x.
func full(x *g.Node, shape []int, v float64) *g.Node {
	return g.BroadcastToDims(special.ScalarLike(x, v), shape...)
}

// follow gives draws the derivative slope by a parameter. The slope is a function of the draws with
// their derivative, so that second derivatives are those along the path that a draw takes.
func follow(draws, parameter *g.Node, slope func(draws *g.Node) *g.Node) *g.Node {
	var out *g.Node
	u := g.IdentityWithCustomGradient(parameter, func(_, v *g.Node) *g.Node { return g.Mul(v, slope(out)) })
	out = g.Add(g.StopGradient(draws), g.Sub(u, g.StopGradient(parameter)))
	return out
}

// log1pSquare returns ln(1 + z²), whose square does not overflow.
func log1pSquare(z *g.Node) *g.Node {
	a := g.Abs(z)
	far := g.GreaterThan(a, g.OnesLike(a))
	near, large := keep(g.LogicalNot(far), z, 0), keep(far, a, 1)
	tail := g.Add(g.MulScalar(g.Log(large), 2), g.Log1p(g.Reciprocal(g.Square(large))))
	return g.Where(far, tail, g.Log1p(g.Square(near)))
}

// insideUnit moves draws that are 0 or 1 by rounding to the next number inside the unit interval.
func insideUnit(x *g.Node) *g.Node {
	if x.DType() == dtypes.Float32 {
		return g.ClipScalar(x, 0x1p-126, 1-0x1p-24)
	}
	return g.ClipScalar(x, 0x1p-1022, 1-0x1p-53)
}

// legendre returns nodes and weights of the n-point Gauss–Legendre rule on [0, 1], in the type of x
// and along an axis after its last.
func legendre(n int, x *g.Node) (nodes, weights *g.Node) {
	at, w := make([]float64, n), make([]float64, n)
	quad.Legendre{}.FixedLocations(at, w, 0, 1)
	return lastAxis(x, at), lastAxis(x, w)
}

// lastAxis lays values along an axis after the last of x, in its type.
func lastAxis(x *g.Node, values []float64) *g.Node {
	shape := make([]int, x.Rank()+1)
	for i := range shape {
		shape[i] = 1
	}
	shape[x.Rank()] = len(values)
	return g.Reshape(g.ConstAsDType(x.Graph(), x.DType(), values), shape...)
}
