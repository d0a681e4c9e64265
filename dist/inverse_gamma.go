package dist

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// InverseGamma is the distribution of 1/x for x a gamma variable with concentration a and
// rate b:
//
//	ln p(x) = a ln b − ln Γ(a) − (a + 1) ln x − b/x,  x > 0.
type InverseGamma struct {
	Concentration *g.Node // a
	Scale         *g.Node // b, broadcast against Concentration
}

// spread gives both parameters the shape of a draw.
func (d InverseGamma) spread() InverseGamma {
	n := together(d.Concentration, d.Scale)
	return InverseGamma{n[0], n[1]}
}

// reciprocal is the distribution of 1/x.
func (d InverseGamma) reciprocal() Gamma { return Gamma{d.Concentration, d.Scale} }

// LogProb implements [Distribution].
func (d InverseGamma) LogProb(x *g.Node) *g.Node {
	align(x, &d.Concentration, &d.Scale)
	ok := positive(x)
	x = keep(ok, x, 1)
	logX := g.Log(x)
	weight := logGammaWeight(d.Concentration, g.Div(d.Scale, x), g.Sub(g.Log(d.Scale), logX))
	return supported(ok, g.Sub(weight, logX))
}

// Mean returns b/(a − 1), infinite for a ≤ 1.
func (d InverseGamma) Mean() *g.Node {
	d = d.spread()
	ok := g.GreaterThan(d.Concentration, g.OnesLike(d.Concentration))
	a := keep(ok, d.Concentration, 2)
	return keep(ok, g.Div(d.Scale, g.AddScalar(a, -1)), math.Inf(1))
}

// Variance returns b²/((a − 1)²(a − 2)), infinite for a ≤ 2.
func (d InverseGamma) Variance() *g.Node {
	d = d.spread()
	ok := g.GreaterThan(d.Concentration, special.ScalarLike(d.Concentration, 2))
	a := keep(ok, d.Concentration, 3)
	mean := g.Div(d.Scale, g.AddScalar(a, -1))
	return keep(ok, g.Div(g.Square(mean), g.AddScalar(a, -2)), math.Inf(1))
}

// Entropy returns a + ln b + ln Γ(a) − (1 + a)ψ(a): that of 1/x less 2 E[ln(1/x)].
func (d InverseGamma) Entropy() *g.Node {
	d = d.spread()
	meanLog := g.Sub(special.Digamma(d.Concentration), g.Log(d.Scale))
	return g.Sub(d.reciprocal().Entropy(), g.MulScalar(meanLog, 2))
}

// CDF returns Q(a, b/x), the upper regularised incomplete gamma function.
func (d InverseGamma) CDF(x *g.Node) *g.Node {
	align(x, &d.Concentration, &d.Scale)
	ok := positive(x)
	n := together(d.Concentration, g.Div(d.Scale, keep(ok, x, 1)))
	return keep(ok, special.GammaQ(n[0], n[1]), 0)
}

// Sample implements [Distribution].
func (d InverseGamma) Sample(s *model.Scope, name string, m int) *g.Node {
	return d.Rsample(s, name, m)
}

// Rsample returns b over draws of a gamma variable, M×shape (see [Gamma.Rsample]).
func (d InverseGamma) Rsample(s *model.Scope, name string, m int) *g.Node {
	d = d.spread()
	logZ := drawLogGamma(s, name, m, d.Concentration)
	return expNormal(g.Sub(repeat(g.Log(d.Scale), m), logZ))
}

// Support implements [Declared].
func (d InverseGamma) Support() Support { return Support{Set: Positive} }

// Parameters implements [Declared].
func (d InverseGamma) Parameters() []Parameter {
	return []Parameter{
		{"Concentration", d.Concentration, Support{Set: Positive}},
		{"Scale", d.Scale, Support{Set: Positive}},
	}
}

// klInverseGamma is that of the reciprocals, for a divergence does not depend on the variable.
func klInverseGamma(q, p InverseGamma) *g.Node { return klGamma(q.reciprocal(), p.reciprocal()) }

func init() { registerKL(klInverseGamma) }
