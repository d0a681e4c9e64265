package dist

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/special"
)

// logPoisson returns x ln m − m − ln Γ(x + 1) for real x ≥ 0, given ln m and d = x − m, which
// the caller knows to more digits. It is Loader's (2000) saddle-point form
//
//	−x(u − 1 − ln u) − δ(x) − ½ ln 2πx,   u = m/x,
//
// with δ the error of Stirling's formula: the plain form is a difference of numbers as large
// as x ln x, and at x = 1e6 keeps six digits less. Count distributions are quotients of such
// terms. It carries no gradient.
func logPoisson(x, logM, d *g.Node) *g.Node {
	some := g.GreaterThan(x, g.ZerosLike(x))
	k := keep(some, x, 1)
	logK := g.Log(k)
	away := g.Mul(k, excess(g.Neg(g.Div(keep(some, d, 0), k)), g.Sub(keep(some, logM, 0), logK)))
	norm := g.MulScalar(g.AddScalar(logK, math.Log(2*math.Pi)), .5)
	return g.StopGradient(g.Where(some, g.Neg(g.Add(away, g.Add(stirling(k), norm))), d))
}

// logPoissonAt is logPoisson at its own mean: n ln n − n − ln Γ(n + 1), n > 0.
func logPoissonAt(n *g.Node) *g.Node { return logPoisson(n, g.Log(n), g.ZerosLike(n)) }

// digammaError is ψ(x) − ln x for x > 0.
func digammaError(x *g.Node) *g.Node { return g.Sub(stirlingSlope(x), g.Reciprocal(g.MulScalar(x, 2))) }

// expRest returns eᵗ − 1 − t, by its series near 0, where the difference cancels.
func expRest(t *g.Node) *g.Node {
	near := g.LessThan(g.Abs(t), special.ScalarLike(t, .3))
	n := keep(near, t, 0)
	series := g.Mul(g.Square(n), horner(n, 1./2, 1./6, 1./24, 1./120, 1./720, 1./5040, 1./40320, 1./362880, 1./3628800, 1./39916800))
	slope := special.Expm1(t)
	return sloped(g.Where(near, series, g.Sub(slope, t)), t, slope)
}
