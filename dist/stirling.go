package dist

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/special"
)

// The log-densities of gamma and beta distributions are differences of terms of order a ln a,
// which at a = 1e8 leave no digit of the result. As in Loader 2000 (Fast and accurate computation
// of binomial probabilities) they are written with two functions that are small there:
// Stirling's rest and the excess u − 1 − ln u.

// stirlingFrom is the argument from which the series for Stirling's rest are used: the terms left
// out are below 1e-17.
const stirlingFrom = 12

// stirling returns δ(a) = ln Γ(a) − (a − ½) ln a + a − ½ ln 2π for a > 0.
func stirling(a *g.Node) *g.Node {
	large := g.GreaterOrEqual(a, special.ScalarLike(a, stirlingFrom))
	near, w := keep(g.LogicalNot(large), a, 1), g.Reciprocal(keep(large, a, stirlingFrom))
	direct := g.Sub(special.Lgamma(near), g.Mul(g.AddScalar(near, -.5), g.Log(near)))
	direct = g.Add(direct, g.AddScalar(near, -.5*math.Log(2*math.Pi)))
	series := horner(g.Square(w), 1./12, -1./360, 1./1260, -1./1680, 1./1188, -691./360360)
	return g.Where(large, g.Mul(w, series), direct)
}

// stirlingSlope returns δ'(a) = ψ(a) − ln a + 1/2a.
func stirlingSlope(a *g.Node) *g.Node {
	large := g.GreaterOrEqual(a, special.ScalarLike(a, stirlingFrom))
	near, w := keep(g.LogicalNot(large), a, 1), g.Square(g.Reciprocal(keep(large, a, stirlingFrom)))
	direct := g.Add(g.Sub(special.Digamma(near), g.Log(near)), g.Reciprocal(g.MulScalar(near, 2)))
	series := horner(w, -1./12, 1./120, -1./252, 1./240, -1./132, 691./32760)
	return g.Where(large, g.Mul(w, series), direct)
}

// horner evaluates c₀ + c₁x + c₂x² + ….
func horner(x *g.Node, c ...float64) *g.Node {
	sum := g.AddScalar(g.ZerosLike(x), c[len(c)-1])
	for i := len(c) - 2; i >= 0; i-- {
		sum = g.AddScalar(g.Mul(sum, x), c[i])
	}
	return sum
}

// excess returns u − 1 − ln u from d = u − 1 and ln u, which is needed where d is near −1. Near
// u = 1 it uses ln u = 2 artanh v with v = d/(2 + d): the excess is dv − 2v³(1/3 + v²/5 + …).
func excess(d, logU *g.Node) *g.Node {
	n := together(d, logU)
	d, logU = n[0], n[1]
	near := g.LessThan(g.Abs(d), special.ScalarLike(d, .25))
	small := keep(near, d, 0)
	v := g.Div(small, g.AddScalar(small, 2))
	v2 := g.Square(v)
	rest := horner(v2, 1./3, 1./5, 1./7, 1./9, 1./11, 1./13, 1./15, 1./17)
	series := g.Sub(g.Mul(small, v), g.MulScalar(g.Mul(g.Mul(v, v2), rest), 2))
	return g.Where(near, series, g.Sub(d, logU))
}

// excessOfRatio is the excess of u = x/y for x, y > 0.
func excessOfRatio(x, y *g.Node) *g.Node {
	level(&x, &y)
	return excess(g.Div(g.Sub(x, y), y), g.Sub(g.Log(x), g.Log(y)))
}

// logGammaWeight returns a ln t − t − ln Γ(a), the log-density of ln t for t a gamma variable
// with concentration a and rate 1, as −a·excess(t/a) + ½ ln(a/2π) − δ(a).
func logGammaWeight(a, t, logT *g.Node) *g.Node {
	away := g.Mul(a, excess(g.Div(g.Sub(t, a), a), g.Sub(logT, g.Log(a))))
	scale := g.Sub(g.MulScalar(g.Log(g.MulScalar(a, .5/math.Pi)), .5), stirling(a))
	return g.Sub(scale, away)
}

// smallDivergence is what the divergence ln Γ(p) − ln Γ(q) − (p − q)ψ(q) leaves besides
// p·excess(q/p), which is large: ½ excess(p/q) + δ(p) − δ(q) − (p − q)δ'(q).
func smallDivergence(q, p *g.Node) *g.Node {
	rest := g.Sub(g.Sub(stirling(p), stirling(q)), g.Mul(g.Sub(p, q), stirlingSlope(q)))
	return g.Add(g.MulScalar(excessOfRatio(p, q), .5), rest)
}
