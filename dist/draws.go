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

// withSlope adds the derivative slope with respect to x to a value without one.
func withSlope(value, x, slope *g.Node) *g.Node {
	return g.Add(g.StopGradient(value), g.Mul(g.StopGradient(slope), g.Sub(x, g.StopGradient(x))))
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
