package dist

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// BetaBinomial is the binomial distribution whose probability is Beta(α, β) distributed:
//
//	ln P(x) = ln C(n, x) + ln B(x + α, n − x + β) − ln B(α, β),   x = 0, …, n.
type BetaBinomial struct {
	Trials *g.Node // n, whole numbers; they carry no gradient
	Alpha  *g.Node // α > 0
	Beta   *g.Node // β > 0
}

// LogProb implements [Distribution], as NB(x; nα/s, α) NB(n − x; nβ/s, β) / NB(n; n, s) with
// s = α + β and NB of mean and shape: three terms that keep their digits where parameters are
// large. It has no derivative by x.
func (d BetaBinomial) LogProb(x *g.Node) *g.Node {
	v := together(g.StopGradient(x), g.StopGradient(d.Trials), d.Alpha, d.Beta)
	n, a, b := v[1], v[2], v[3]
	ok := within(v[0], n)
	k := keep(ok, v[0], 0)
	n1 := g.Max(n, g.OnesLike(n))
	s, y, logN := g.Add(a, b), g.Sub(n, k), g.Log(n1)
	logA, logB, logS := g.Log(a), g.Log(b), g.Log(s)
	wins := newNegBin(g.Add(logN, g.Sub(logA, logS)), logA, k).logProb()
	fails := newNegBin(g.Add(logN, g.Sub(logB, logS)), logB, y).logProb()
	value := g.Sub(g.Add(wins, fails), newNegBin(logN, logS, n1).logProb())
	value = g.Where(g.Equal(n, g.ZerosLike(n)), g.ZerosLike(n), value) // no trials
	sum := logRise(s, n)
	return supported(ok, sloped(value, a, g.Sub(logRise(a, k), sum), b, g.Sub(logRise(b, y), sum)))
}

// logRise is the derivative ψ(a + k) − ψ(a) of ln Γ(a + k)/Γ(a).
func logRise(a, k *g.Node) *g.Node {
	rest := g.Sub(digammaError(g.Add(a, k)), digammaError(a))
	return g.Add(g.Log1p(g.Div(k, a)), rest)
}

// Mean returns nα/(α + β).
func (d BetaBinomial) Mean() *g.Node {
	v := together(d.Trials, d.Alpha, d.Beta)
	return g.Div(g.Mul(v[0], v[1]), g.Add(v[1], v[2]))
}

// Variance returns nπ(1 − π)(s + n)/(s + 1), π = α/s and s = α + β.
func (d BetaBinomial) Variance() *g.Node {
	v := together(d.Trials, d.Alpha, d.Beta)
	s := g.Add(v[1], v[2])
	share := g.Mul(g.Div(v[1], s), g.Div(v[2], s))
	return g.Mul(g.Mul(v[0], share), g.Div(g.Add(s, v[0]), g.AddScalar(s, 1)))
}

// Sample draws the probability from its beta distribution, as the odds of two gamma variables,
// and the count from the probability, M×shape.
func (d BetaBinomial) Sample(s *model.Scope, name string, m int) *g.Node {
	v := together(d.Trials, d.Alpha, d.Beta)
	s = s.In(name)
	logits := g.Sub(drawLogGamma(s, "alpha", m, v[1]), drawLogGamma(s, "beta", m, v[2]))
	return drawBinomial(s, "count", repeat(v[0], m), g.StopGradient(logits))
}

// Support implements [Declared].
func (d BetaBinomial) Support() Support {
	return Support{Set: Count, Low: g.ZerosLike(d.Trials), High: d.Trials}
}

// Parameters implements [Declared].
func (d BetaBinomial) Parameters() []Parameter {
	return []Parameter{
		{"Trials", d.Trials, Support{Set: Natural}},
		{"Alpha", d.Alpha, Support{Set: Positive}},
		{"Beta", d.Beta, Support{Set: Positive}},
	}
}
