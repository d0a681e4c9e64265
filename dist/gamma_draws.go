package dist

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// gammaProposals is the number of proposals a gamma draw may use. The share refused is largest
// at concentration 1, 4.9 % (Marsaglia & Tsang 2000, section 3); all eight are with probability
// below 4e-11.
const gammaProposals = 8

// tinyGamma is the draw below which the first term of the series of the distribution function
// gives the derivative, with a relative error of that order.
const tinyGamma = 1e-8

// drawLogGamma returns the logarithms of m draws, M×shape, of gamma variables with concentration
// a and rate 1. As logarithms, draws of concentration 1e-3, half of which are below 1e-300, keep
// their digits. Their derivative is the implicit one, −(∂F/∂a)/f.
func drawLogGamma(s *model.Scope, name string, m int, a *g.Node) *g.Node {
	a = repeat(a, m)
	return implicitLogGamma(a, g.StopGradient(proposeLogGamma(s.In(name), g.StopGradient(a))))
}

// proposeLogGamma draws by rejection, without a derivative. Below concentration 1 it draws
// with a + 1 and multiplies by u^(1/a).
func proposeLogGamma(s *model.Scope, a *g.Node) *g.Node {
	below := g.LessThan(a, g.OnesLike(a))
	boosted := g.Where(below, g.AddScalar(a, 1), a)
	d := g.AddScalar(boosted, -1./3)
	many := drawn(gammaProposals, a)
	n, u := s.Normal("normal", many...), g.ClipScalar(s.Uniform("accept", many...), 0x1p-24, 1-0x1p-24)
	wide := repeat(d, gammaProposals)

	cn := g.Div(n, g.MulScalar(g.Sqrt(wide), 3))
	ok := g.GreaterThan(cn, special.ScalarLike(cn, -1))
	cn = keep(ok, cn, 0)
	logV := g.MulScalar(g.Log1p(cn), 3)
	// ln u < n²/2 + d(1 − v + ln v), with v − 1 = cn(3 + 3cn + (cn)²), v = (1 + cn)³.
	rise := g.Mul(cn, g.AddScalar(g.Mul(cn, g.AddScalar(cn, 3)), 3))
	limit := g.Sub(g.MulScalar(g.Square(n), .5), g.Mul(wide, excess(rise, logV)))
	ok = g.And(ok, g.LessThan(g.Log(u), limit))

	logZ := g.Add(firstAccepted(ok, logV), g.Log(d))
	boost := g.Div(g.Neg(uniformSides(s, "boost", a.Shape().Dim(0), dims(a)[1:]).exponential()), g.Where(below, a, g.OnesLike(a)))
	return g.Where(below, g.Add(logZ, boost), logZ)
}

// firstAccepted returns, along the first axis, the first proposal that is accepted. Where none
// is it returns 0, which samplers make a value near the mode.
func firstAccepted(ok, x *g.Node) *g.Node {
	out := g.ZerosLike(pick(x, 0))
	for k := x.Shape().Dim(0) - 1; k >= 0; k-- {
		out = g.Where(pick(ok, k), pick(x, k), out)
	}
	return out
}

// pick returns element k of the first axis.
func pick(x *g.Node, k int) *g.Node { return g.Squeeze(g.Slice(x, g.AxisElem(k)), 0) }

// implicitLogGamma gives ln z the derivative with respect to a at a fixed value of the
// distribution function P(a, z). For small z that is z^a/Γ(a+1), from which
// d ln z/da = (ψ(a+1) − ln z)/a.
func implicitLogGamma(a, logZ *g.Node) *g.Node {
	tiny := g.LessThan(logZ, special.ScalarLike(logZ, math.Log(tinyGamma)))
	z := g.Exp(keep(g.LogicalNot(tiny), logZ, math.Log(tinyGamma)))
	usual := g.Log(special.ImplicitGamma(a, g.StopGradient(z)))
	series := follow(logZ, a, func(logZ *g.Node) *g.Node {
		return g.Div(g.Sub(special.Digamma(g.AddScalar(a, 1)), logZ), a)
	})
	return g.Where(tiny, series, usual)
}
