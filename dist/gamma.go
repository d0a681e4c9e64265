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
// + a₁(b₂ − b₁)/b₁. Its large terms are a₂ times the excess of the ratio of the means.
func klGamma(q, p Gamma) *g.Node {
	n := together(q.Concentration, q.Rate, p.Concentration, p.Rate)
	return g.Add(g.Mul(n[2], excessOfRatio(g.Mul(n[0], n[3]), g.Mul(n[1], n[2]))), smallDivergence(n[0], n[2]))
}

// klGammaLogNormal is KL(G(a, b) ‖ LN(μ, σ²)) = −H + E[ln x] + ½ ln 2π + ln σ + E[(ln x − μ)²]/2σ²
// with E[ln x] = ψ(a) − ln b and Var[ln x] = ψ'(a).
func klGammaLogNormal(q Gamma, p LogNormal) *g.Node {
	level(&q.Concentration, &q.Rate, &p.Loc, &p.LogScale)
	meanLog := g.Sub(special.Digamma(q.Concentration), g.Log(q.Rate))
	square := g.Add(g.Square(g.Sub(meanLog, p.Loc)), special.Trigamma(q.Concentration))
	cross := g.Add(p.LogScale, g.MulScalar(g.Mul(square, g.Exp(g.MulScalar(p.LogScale, -2))), .5))
	return g.Add(g.Sub(meanLog, q.Entropy()), g.AddScalar(cross, .5*math.Log(2*math.Pi)))
}

// exponentialGamma is an exponential distribution as a gamma distribution.
func exponentialGamma(d Exponential) Gamma { return Gamma{g.OnesLike(d.Rate), d.Rate} }

func init() {
	registerKL(klGamma)
	registerKL(klGammaLogNormal)
	registerKL(func(q Exponential, p Gamma) *g.Node { return klGamma(exponentialGamma(q), p) })
	registerKL(func(q Gamma, p Exponential) *g.Node { return klGamma(q, exponentialGamma(p)) })
}
