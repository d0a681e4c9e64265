package dist

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// Weibull is the Weibull distribution of lifetimes with concentration k and scale λ:
//
//	ln p(x) = ln k − ln λ + (k − 1) ln(x/λ) − (x/λ)^k,  x > 0.
type Weibull struct {
	Concentration *g.Node // k
	Scale         *g.Node // λ, broadcast against Concentration
}

// spread gives both parameters the shape of a draw.
func (d Weibull) spread() Weibull {
	n := together(d.Concentration, d.Scale)
	return Weibull{n[0], n[1]}
}

// LogProb implements [Distribution].
func (d Weibull) LogProb(x *g.Node) *g.Node {
	align(x, &d.Concentration, &d.Scale)
	ok := positive(x)
	logX := g.Log(keep(ok, x, 1))
	y := g.Mul(d.Concentration, g.Sub(logX, g.Log(d.Scale))) // ln (x/λ)^k
	return supported(ok, g.Sub(g.Add(g.Log(d.Concentration), g.Sub(y, logX)), g.Exp(y)))
}

// logMoment returns ln Γ(1 + n/k), that of E[(x/λ)ⁿ].
func (d Weibull) logMoment(n float64) *g.Node {
	return special.Lgamma(g.AddScalar(g.MulScalar(g.Reciprocal(d.Concentration), n), 1))
}

// Mean returns λΓ(1 + 1/k).
func (d Weibull) Mean() *g.Node {
	d = d.spread()
	return g.Mul(d.Scale, g.Exp(d.logMoment(1)))
}

// Variance returns λ²(Γ(1 + 2/k) − Γ(1 + 1/k)²).
func (d Weibull) Variance() *g.Node {
	d = d.spread()
	first := g.MulScalar(d.logMoment(1), 2)
	return g.Mul(g.Square(d.Mean()), special.Expm1(g.Sub(d.logMoment(2), first)))
}

// Entropy returns γ(1 − 1/k) + ln(λ/k) + 1.
func (d Weibull) Entropy() *g.Node {
	d = d.spread()
	rest := g.MulScalar(g.OneMinus(g.Reciprocal(d.Concentration)), euler)
	return g.AddScalar(g.Add(rest, g.Sub(g.Log(d.Scale), g.Log(d.Concentration))), 1)
}

// CDF returns 1 − exp(−(x/λ)^k).
func (d Weibull) CDF(x *g.Node) *g.Node {
	align(x, &d.Concentration, &d.Scale)
	ok := positive(x)
	y := g.Mul(d.Concentration, g.Sub(g.Log(keep(ok, x, 1)), g.Log(d.Scale)))
	return keep(ok, g.Neg(special.Expm1(g.Neg(g.Exp(y)))), 0)
}

// Sample implements [Distribution].
func (d Weibull) Sample(s *model.Scope, name string, m int) *g.Node { return d.Rsample(s, name, m) }

// Rsample returns λ(−ln u)^(1/k) with u uniform, M×shape.
func (d Weibull) Rsample(s *model.Scope, name string, m int) *g.Node {
	d = d.spread()
	logE := g.Log(uniformSides(s, name, m, dims(d.Scale)).exponential())
	return expNormal(g.Add(repeat(g.Log(d.Scale), m), g.Div(logE, repeat(d.Concentration, m))))
}

// Support implements [Declared].
func (d Weibull) Support() Support { return Support{Set: Positive} }

// Parameters implements [Declared].
func (d Weibull) Parameters() []Parameter {
	return []Parameter{{"Concentration", d.Concentration, Support{Set: Positive}}, {"Scale", d.Scale, Support{Set: Positive}}}
}

// klWeibull is KL(W(k₁, λ₁) ‖ W(k₂, λ₂)) = ln k₁/k₂ − δ − γ(1 − k₂/k₁) + e^δ Γ(1 + k₂/k₁) − 1 with
// δ = k₂ ln λ₁/λ₂ (Bauckhage 2013, eq. 11).
func klWeibull(q, p Weibull) *g.Node {
	n := together(q.Concentration, q.Scale, p.Concentration, p.Scale)
	r := g.Div(n[2], n[0])
	shift := g.Mul(n[2], g.Sub(g.Log(n[1]), g.Log(n[3])))
	tail := special.Expm1(g.Add(shift, special.Lgamma(g.AddScalar(r, 1))))
	return g.Add(g.Sub(tail, shift), g.Sub(g.MulScalar(g.AddScalar(r, -1), euler), g.Log(r)))
}

func init() { registerKL(klWeibull) }
