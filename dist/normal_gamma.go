package dist

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// NormalGamma is the conjugate distribution of the mean and the precision of a normal one, as
// vectors (x, τ) of two numbers (Bernardo & Smith 1994, section 3.2.3):
//
//	τ ~ Gamma(α, β),  x | τ ~ N(μ, 1/(λτ)),
//	ln p(x, τ) = ½(ln λτ − ln 2π − λτ(x − μ)²) + α ln β − ln Γ(α) + (α − 1) ln τ − βτ.
type NormalGamma struct {
	Loc           *g.Node // μ
	Count         *g.Node // λ, how many observations the knowledge of the mean is worth
	Concentration *g.Node // α
	Rate          *g.Node // β
}

// check broadcasts the parameters.
func (d NormalGamma) check() NormalGamma {
	joint := jointDims("NormalGamma", dims(d.Loc), dims(d.Count), dims(d.Concentration), dims(d.Rate))
	to := func(x *g.Node) *g.Node { return spread(x, joint, 0) }
	return NormalGamma{to(d.Loc), to(d.Count), to(d.Concentration), to(d.Rate)}
}

// LogProb implements [Distribution]; it is −∞ where τ is not positive.
func (d NormalGamma) LogProb(x *g.Node) *g.Node {
	requireVector("NormalGamma", "values", x, 2)
	d = d.check()
	batch := jointDims("NormalGamma", batchOf(x, 1), dims(d.Loc))
	to := func(x *g.Node) *g.Node { return spread(x, batch, 0) }
	mean, tau := to(element(x, 0)), to(element(x, 1))
	ok := positive(tau)
	tau = keep(ok, tau, 1)
	logTau, count := g.Log(tau), to(d.Count)
	square := g.Mul(g.Mul(count, tau), g.Square(g.Sub(mean, to(d.Loc))))
	normal := g.MulScalar(g.AddScalar(g.Sub(g.Add(g.Log(count), logTau), square), -logTwoPi), .5)
	power := g.Sub(g.Mul(g.AddScalar(to(d.Concentration), -1), logTau), g.Mul(to(d.Rate), tau))
	return supported(ok, g.Add(normal, g.Sub(power, to(d.logNorm()))))
}

// logNorm returns ln Γ(α) − α ln β.
func (d NormalGamma) logNorm() *g.Node {
	return g.Sub(special.Lgamma(d.Concentration), g.Mul(d.Concentration, g.Log(d.Rate)))
}

// meanLogPrecision returns E[ln τ] = ψ(α) − ln β.
func (d NormalGamma) meanLogPrecision() *g.Node {
	return g.Sub(special.Digamma(d.Concentration), g.Log(d.Rate))
}

// Mean returns (μ, α/β); the first is NaN for α ≤ ½.
func (d NormalGamma) Mean() *g.Node {
	d = d.check()
	exists := g.GreaterThan(d.Concentration, filled(d.Concentration, .5))
	loc := g.Where(exists, d.Loc, filled(d.Loc, math.NaN()))
	return g.Stack([]*g.Node{loc, g.Div(d.Concentration, d.Rate)}, -1)
}

// Variance returns (β/(λ(α − 1)), α/β²); the first is infinite for α ≤ 1, and NaN for α ≤ ½.
func (d NormalGamma) Variance() *g.Node {
	d = d.check()
	a := d.Concentration
	finite := g.GreaterThan(a, g.OnesLike(a))
	excess := g.Where(finite, g.AddScalar(a, -1), g.OnesLike(a))
	v := g.Where(finite, g.Div(d.Rate, g.Mul(d.Count, excess)), filled(a, math.Inf(1)))
	v = g.Where(g.GreaterThan(a, filled(a, .5)), v, filled(a, math.NaN()))
	return g.Stack([]*g.Node{v, g.Div(a, g.Square(d.Rate))}, -1)
}

// Entropy returns ½(ln 2πe − ln λ − E[ln τ]) + α − ln β + ln Γ(α) + (1 − α)ψ(α).
func (d NormalGamma) Entropy() *g.Node {
	d = d.check()
	a := d.Concentration
	normal := g.MulScalar(g.AddScalar(g.Add(g.Log(d.Count), d.meanLogPrecision()), -1-logTwoPi), -.5)
	gamma := g.Add(g.Sub(a, g.Log(d.Rate)), g.Add(special.Lgamma(a), g.Mul(g.OneMinus(a), special.Digamma(a))))
	return g.Add(normal, gamma)
}

// Sample implements [Distribution].
func (d NormalGamma) Sample(s *model.Scope, name string, m int) *g.Node { return d.Rsample(s, name, m) }

// Rsample returns draws M×…×2; the derivative by α is implicit.
func (d NormalGamma) Rsample(s *model.Scope, name string, m int) *g.Node {
	d = d.check()
	rate, count := repeat(d.Rate, m), repeat(d.Count, m)
	logTau := g.Sub(drawLogGamma(s, name, m, d.Concentration), g.Log(rate))
	eps := s.In(name).Normal("mean", dims(rate)...)
	scale := g.Exp(g.MulScalar(g.Add(g.Log(count), logTau), -.5))
	return g.Stack([]*g.Node{g.Add(repeat(d.Loc, m), g.Mul(scale, eps)), g.Exp(logTau)}, -1)
}

// Support implements [Declared]: of the vectors (x, τ), τ is positive.
func (d NormalGamma) Support() Support { return Support{Set: Vector} }

// Parameters implements [Declared].
func (d NormalGamma) Parameters() []Parameter {
	positive := Support{Set: Positive}
	return []Parameter{
		{"Loc", d.Loc, Support{Set: Real}}, {"Count", d.Count, positive},
		{"Concentration", d.Concentration, positive}, {"Rate", d.Rate, positive},
	}
}

// klNormalGamma is E[KL of the means given τ] + KL of the precisions:
//
//	½(r − 1 − ln r + λp(μq − μp)² αq/βq) + KL(Gamma(αq, βq) ‖ Gamma(αp, βp)),  r = λp/λq.
func klNormalGamma(q, p NormalGamma) *g.Node {
	q, p = q.check(), p.check()
	batch := jointDims("NormalGamma", dims(q.Loc), dims(p.Loc))
	to := func(x *g.Node) *g.Node { return spread(x, batch, 0) }
	shift := g.Mul(g.Mul(to(p.Count), g.Square(g.Sub(to(q.Loc), to(p.Loc)))), to(g.Div(q.Concentration, q.Rate)))
	means := g.MulScalar(g.Add(excessOfRatio(to(p.Count), to(q.Count)), shift), .5)
	return g.Add(means, klGamma(Gamma{to(q.Concentration), to(q.Rate)}, Gamma{to(p.Concentration), to(p.Rate)}))
}

func init() { registerKL(klNormalGamma) }
