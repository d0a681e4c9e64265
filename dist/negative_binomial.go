package dist

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// NegativeBinomial is the Poisson distribution whose rate is gamma distributed with mean μ and
// shape θ, the inverse dispersion, as for counts of RNA (Lopez et al. 2018):
//
//	ln P(x) = ln Γ(x + θ) − ln Γ(θ) − ln x! + θ ln(θ/(θ + μ)) + x ln(μ/(θ + μ)),   x = 0, 1, 2, ….
//
// The variance is μ + μ²/θ.
type NegativeBinomial struct {
	LogMean  *g.Node // ln μ
	LogShape *g.Node // ln θ
}

// FailuresBefore returns the number of successes of log-odds l before r failures, where r need
// not be whole: a [NegativeBinomial] with θ = r and μ = r·e^l.
func FailuresBefore(r, logits *g.Node) NegativeBinomial {
	logR := g.Log(r)
	return NegativeBinomial{g.Add(logR, logits), logR}
}

// LogProb implements [Distribution]; it has no derivative by x.
func (d NegativeBinomial) LogProb(x *g.Node) *g.Node {
	v := together(g.StopGradient(x), d.LogMean, d.LogShape)
	ok := whole(v[0])
	k := keep(ok, v[0], 0)
	c := newNegBin(v[1], v[2], k)
	return supported(ok, sloped(c.logProb(), v[1], c.rest, v[2], c.byLogShape()))
}

// negBin holds what value and derivatives of a log-probability share.
type negBin struct {
	x, logMean, logShape *g.Node
	shape, total         *g.Node // θ and x + θ
	rest                 *g.Node // x − (x + θ)·μ/(θ + μ) = (x − μ)·θ/(θ + μ), the derivative by ln μ
}

func newNegBin(logMean, logShape, x *g.Node) negBin {
	theta := g.Exp(logShape)
	rest := g.Mul(g.Sub(x, g.Exp(logMean)), g.Logistic(g.Sub(logShape, logMean)))
	return negBin{x, logMean, logShape, theta, g.Add(x, theta), rest}
}

// logProb is ln(θ/n) + ln Pois(x; nq) + ln Pois(θ; np) − ln Pois(n; n) with n = x + θ and
// q = 1 − p = μ/(θ + μ), in Poisson terms of real arguments that keep their digits where θ or
// x is large. It carries no gradient.
func (c negBin) logProb() *g.Node {
	odds := g.Sub(c.logMean, c.logShape) // of q
	logN := g.Log(c.total)
	logQ, logP := special.LogSigmoid(odds), special.LogSigmoid(g.Neg(odds))
	ones := logPoisson(c.x, g.Add(logN, logQ), c.rest)
	stops := logPoisson(c.shape, g.Add(logN, logP), g.Neg(c.rest))
	inner := g.Add(g.Sub(c.logShape, logN), g.Sub(g.Add(ones, stops), logPoissonAt(c.total)))
	none := g.Mul(c.shape, logP)
	return g.StopGradient(g.Where(g.Equal(c.x, g.ZerosLike(c.x)), none, inner))
}

// byLogShape is the derivative by ln θ,
//
//	θ(ψ(n) − ψ(θ) − ln((θ + μ)/θ) − t) = θ(ln(1 + t) − t + ε(n) − ε(θ)),   1 + t = n/(θ + μ),
//
// with ε(y) = ψ(y) − ln y, of which the second form does not cancel for large θ.
func (c negBin) byLogShape() *g.Node {
	mu := g.Exp(c.logMean)
	sum := g.Add(c.shape, mu)
	t := g.Div(g.Sub(c.x, mu), sum)
	away := excess(t, g.Sub(g.Log(c.total), g.Log(sum)))
	rest := g.Sub(digammaError(c.total), digammaError(c.shape))
	return g.Mul(c.shape, g.Sub(rest, away))
}

// Mean returns μ.
func (d NegativeBinomial) Mean() *g.Node {
	v := together(d.LogMean, d.LogShape)
	return g.Exp(v[0])
}

// Variance returns μ + μ²/θ.
func (d NegativeBinomial) Variance() *g.Node {
	v := together(d.LogMean, d.LogShape)
	return g.Add(g.Exp(v[0]), g.Exp(g.Sub(g.MulScalar(v[0], 2), v[1])))
}

// Sample draws the rate from its gamma distribution and the count from the rate, M×shape.
func (d NegativeBinomial) Sample(s *model.Scope, name string, m int) *g.Node {
	v := together(d.LogMean, d.LogShape)
	s = s.In(name)
	logRate := g.Add(drawLogGamma(s, "rate", m, g.Exp(v[1])), repeat(g.Sub(v[0], v[1]), m))
	return drawPoisson(s, "count", g.Exp(g.StopGradient(logRate)))
}

// Support implements [Declared].
func (d NegativeBinomial) Support() Support { return Support{Set: Natural} }

// Parameters implements [Declared].
func (d NegativeBinomial) Parameters() []Parameter {
	return []Parameter{{"LogMean", d.LogMean, Support{Set: Real}}, {"LogShape", d.LogShape, Support{Set: Real}}}
}
