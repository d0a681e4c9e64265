package special

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"
)

// Ndtr returns Φ(x), the distribution function of N(0, 1), with full relative precision in the
// lower tail; its derivative is φ(x).
func Ndtr(x *g.Node) *g.Node {
	a := g.Abs(x)
	lower := g.Mul(mills(a), density(a))
	value := g.Where(negative(x), lower, g.OneMinus(lower))
	return lazyGradient(x, value, func() *g.Node { return density(x) })
}

// LogNdtr returns ln Φ(x), finite for every finite x in float64 whose square is; its derivative
// is φ(x)/Φ(x), which tends to −x in the lower tail.
func LogNdtr(x *g.Node) *g.Node {
	a := g.Where(negative(x), g.Neg(x), x) // |x|, with a derivative at 0
	m := mills(a)
	lower := g.Add(g.Log(m), g.AddScalar(g.MulScalar(g.Square(a), -.5), -halfLog2Pi))
	upper := g.Mul(m, density(a))
	value := g.Where(negative(x), lower, g.Log1p(g.Neg(g.Where(negative(x), g.ZerosLike(x), upper))))
	return lazyGradient(x, value, func() *g.Node {
		return g.Where(negative(x), g.Reciprocal(m), g.Div(density(a), g.OneMinus(upper)))
	})
}

// mills returns Mills' ratio Φ(−x)/φ(x) for x ≥ 0: a rational function of x below 3, from there
// on 1/x times one of 1/x².
func mills(x *g.Node) *g.Node {
	three := fill(x, 3)
	large := g.GreaterThan(x, three)
	w := g.Reciprocal(g.Where(large, x, three))
	return g.Where(large, g.Mul(w, millsFar.at(g.Square(w))), millsNear.at(g.Where(large, three, x)))
}

// density returns φ(x), whose derivative is −xφ(x). The square is split at an exactly squared multiple of 1/16, as x²/2 alone
// would be rounded before the exponential makes its error relative.
func density(x *g.Node) *g.Node {
	head := g.MulScalar(g.Floor(g.MulScalar(g.Min(g.Abs(x), fill(x, 1e3)), 16)), 1./16)
	rest := g.Mul(g.Sub(g.Abs(x), head), g.Add(g.Abs(x), head))
	e := g.Mul(g.Exp(g.MulScalar(g.Square(head), -.5)), g.Exp(g.MulScalar(rest, -.5)))
	return lazyGradient(x, g.MulScalar(e, 1/math.Sqrt(2*math.Pi)), func() *g.Node { return g.Neg(g.Mul(x, density(x))) })
}

func negative(x *g.Node) *g.Node { return g.LessThan(x, g.ZerosLike(x)) }
