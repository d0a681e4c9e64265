package dist

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// Gamma is the gamma distribution with concentration a and rate b:
//
//	ln p(x) = a ln b − ln Γ(a) + (a − 1) ln x − bx,  x > 0.
type Gamma struct {
	Concentration *g.Node // a
	Rate          *g.Node // b, broadcast against Concentration
}

// spread gives both parameters the shape of a draw.
func (d Gamma) spread() Gamma {
	n := together(d.Concentration, d.Rate)
	return Gamma{n[0], n[1]}
}

// LogProb implements [Distribution].
func (d Gamma) LogProb(x *g.Node) *g.Node {
	align(x, &d.Concentration, &d.Rate)
	ok := positive(x)
	x = keep(ok, x, 1)
	logX := g.Log(x)
	weight := logGammaWeight(d.Concentration, g.Mul(x, d.Rate), g.Add(logX, g.Log(d.Rate)))
	return supported(ok, g.Sub(weight, logX))
}

// Mean returns a/b.
func (d Gamma) Mean() *g.Node {
	d = d.spread()
	return g.Div(d.Concentration, d.Rate)
}

// Variance returns a/b².
func (d Gamma) Variance() *g.Node { return g.Div(d.Mean(), to(d.Rate, dims(d.Mean()))) }

// Entropy returns a − ln b + ln Γ(a) + (1 − a)ψ(a), with Stirling's formula put in.
func (d Gamma) Entropy() *g.Node {
	d = d.spread()
	return g.Sub(logGammaEntropy(d.Concentration), g.Log(d.Rate))
}

// logGammaEntropy is the entropy of a gamma variable with concentration a and rate 1,
// ½ ln 2πa + ½ − 1/2a + δ(a) + (1 − a)δ'(a).
func logGammaEntropy(a *g.Node) *g.Node {
	h := g.AddScalar(g.MulScalar(g.Log(a), .5), .5*math.Log(2*math.Pi)+.5)
	h = g.Sub(g.Add(h, stirling(a)), g.Reciprocal(g.MulScalar(a, 2)))
	return g.Add(h, g.Mul(g.OneMinus(a), stirlingSlope(a)))
}

// CDF returns P(a, bx), the regularised incomplete gamma function.
func (d Gamma) CDF(x *g.Node) *g.Node {
	align(x, &d.Concentration, &d.Rate)
	ok := positive(x)
	n := together(d.Concentration, g.Mul(keep(ok, x, 1), d.Rate))
	return keep(ok, special.GammaP(n[0], n[1]), 0)
}

// Sample implements [Distribution].
func (d Gamma) Sample(s *model.Scope, name string, m int) *g.Node { return d.Rsample(s, name, m) }

// Rsample returns M×shape draws by the method of Marsaglia & Tsang 2000, with the implicit
// derivative by the concentration (Figurnov et al. 2018). Draws below the smallest normal number
// are that number.
func (d Gamma) Rsample(s *model.Scope, name string, m int) *g.Node {
	d = d.spread()
	logZ := drawLogGamma(s, name, m, d.Concentration)
	return expNormal(g.Sub(logZ, repeat(g.Log(d.Rate), m)))
}

// Support implements [Declared].
func (d Gamma) Support() Support { return Support{Set: Positive} }

// Parameters implements [Declared].
func (d Gamma) Parameters() []Parameter {
	return []Parameter{
		{"Concentration", d.Concentration, Support{Set: Positive}},
		{"Rate", d.Rate, Support{Set: Positive}},
	}
}

// klGamma is KL(G(a₁, b₁) ‖ G(a₂, b₂)) = (a₁ − a₂)ψ(a₁) − ln Γ(a₁) + ln Γ(a₂) + a₂ ln(b₁/b₂)
// + a₁(b₂ − b₁)/b₁. In a it is the divergence of ln Γ and in b a₁ times the excess of b₂/b₁
// with (a₂ − a₁) ln(b₁/b₂) besides.
func klGamma(q, p Gamma) *g.Node {
	a, b := q.Concentration, p.Concentration
	logRatio := g.Sub(g.Log(q.Rate), g.Log(p.Rate))
	kl := g.Mul(g.Sub(a, b), g.Sub(special.Digamma(a), logRatio))
	kl = g.Add(kl, g.Sub(special.Lgamma(b), special.Lgamma(a)))
	return g.Add(kl, g.Mul(a, excessOfRatio(p.Rate, q.Rate)))
}

// exponentialGamma is an exponential distribution as a gamma distribution.
func exponentialGamma(d Exponential) Gamma { return Gamma{g.OnesLike(d.Rate), d.Rate} }

func init() {
	registerKL(klGamma)
	registerKL(func(q Exponential, p Gamma) *g.Node { return klGamma(exponentialGamma(q), p) })
	registerKL(func(q Gamma, p Exponential) *g.Node { return klGamma(q, exponentialGamma(p)) })
}
