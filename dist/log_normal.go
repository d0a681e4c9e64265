package dist

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// LogNormal is the distribution of e^y for y normal with mean μ and standard deviation
// σ = e^LogScale:
//
//	ln p(x) = −½ ln 2π − ln σ − ln x − (ln x − μ)²/2σ²,  x > 0.
type LogNormal struct {
	Loc      *g.Node // μ
	LogScale *g.Node // ln σ, broadcast against Loc
	Scale    *g.Node // σ as it was given, nil where LogScale was; LogScale is what counts
}

// NewLogNormal returns the distribution of e^y for y normal with mean loc and standard deviation
// scale.
func NewLogNormal(loc, scale *g.Node) LogNormal {
	return LogNormal{Loc: loc, LogScale: g.Log(scale), Scale: scale}
}

// logarithm is the distribution of ln x.
func (d LogNormal) logarithm() Normal { return Normal(d) }

// LogProb implements [Distribution].
func (d LogNormal) LogProb(x *g.Node) *g.Node {
	ok := positive(x)
	logX := g.Log(keep(ok, x, 1))
	return supported(ok, g.Sub(d.logarithm().LogProb(logX), logX))
}

// Mean returns exp(μ + σ²/2).
func (d LogNormal) Mean() *g.Node {
	n := d.logarithm()
	return g.Exp(g.Add(n.Mean(), g.MulScalar(n.Variance(), .5)))
}

// Variance returns (e^σ² − 1) exp(2μ + σ²).
func (d LogNormal) Variance() *g.Node {
	return g.Mul(special.Expm1(d.logarithm().Variance()), g.Square(d.Mean()))
}

// Entropy returns μ + ½ ln 2πe + ln σ.
func (d LogNormal) Entropy() *g.Node {
	n := d.logarithm()
	return g.Add(n.Mean(), n.Entropy())
}

// CDF implements [Cumulative].
func (d LogNormal) CDF(x *g.Node) *g.Node {
	align(x, &d.Loc, &d.LogScale)
	ok := positive(x)
	z := g.Mul(g.Sub(g.Log(keep(ok, x, 1)), d.Loc), g.Exp(g.Neg(d.LogScale)))
	return keep(ok, special.Ndtr(z), 0)
}

// Sample implements [Distribution].
func (d LogNormal) Sample(s *model.Scope, name string, m int) *g.Node { return d.Rsample(s, name, m) }

// Rsample returns exp(μ + σε) with ε ~ N(0, I), M×shape.
func (d LogNormal) Rsample(s *model.Scope, name string, m int) *g.Node {
	return expNormal(d.logarithm().Rsample(s, name, m))
}

// Support implements [Declared].
func (d LogNormal) Support() Support { return Support{Set: Positive} }

// Parameters implements [Declared].
func (d LogNormal) Parameters() []Parameter { return locScale(d.Loc, d.LogScale, d.Scale) }

// klLogNormal is that of the logarithms, for a divergence does not depend on the variable.
func klLogNormal(q, p LogNormal) *g.Node { return klNormal(q.logarithm(), p.logarithm()) }

// klLogNormalGamma is KL(LN(μ, σ²) ‖ G(a, b)) = −H − a ln b + ln Γ(a) − (a − 1)μ + b·exp(μ + σ²/2).
func klLogNormalGamma(q LogNormal, p Gamma) *g.Node {
	level(&q.Loc, &q.LogScale, &p.Concentration, &p.Rate)
	kl := g.Sub(special.Lgamma(p.Concentration), g.Add(q.Entropy(), g.Mul(p.Concentration, g.Log(p.Rate))))
	kl = g.Sub(kl, g.Mul(g.AddScalar(p.Concentration, -1), q.logarithm().Mean()))
	return g.Add(kl, g.Mul(p.Rate, q.Mean()))
}

func init() {
	registerKL(klLogNormal)
	registerKL(klLogNormalGamma)
}
