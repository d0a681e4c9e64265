package dist

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// Binomial is the number of successes in n trials of probability p = σ(l):
//
//	ln P(x) = ln C(n, x) + x·l − n ln(1 + e^l),   x = 0, …, n.
type Binomial struct {
	Trials *g.Node // n, whole numbers; they carry no gradient
	Logits *g.Node // l
}

// LogProb implements [Distribution]; its derivative by l is x − np.
func (d Binomial) LogProb(x *g.Node) *g.Node {
	v := together(g.StopGradient(x), g.StopGradient(d.Trials), d.Logits)
	n, l := v[1], v[2]
	ok := within(v[0], n)
	k := keep(ok, v[0], 0)
	return supported(ok, sloped(logBinomial(n, l, k), l, binomialRest(n, l, k)))
}

// binomialRest is x − np, formed from the rarer of success and failure.
func binomialRest(n, l, x *g.Node) *g.Node {
	fails := g.Sub(g.Mul(n, g.Logistic(g.Neg(l))), g.Sub(n, x))
	return g.Where(g.GreaterThan(l, g.ZerosLike(l)), fails, g.Sub(x, g.Mul(n, g.Logistic(l))))
}

// logBinomial is ln P(x), without gradient: as the quotient Pois(x; np) Pois(n − x; nq) /
// Pois(n; n), whose terms keep their digits where n is large.
func logBinomial(n, l, x *g.Node) *g.Node {
	y := g.Sub(n, x)
	all := g.Sub(binomialTerms(n, l, x), logPoissonAt(g.Max(n, g.OnesLike(n))))
	all = g.Where(g.Equal(y, g.ZerosLike(y)), g.Mul(n, special.LogSigmoid(l)), all)
	return g.StopGradient(g.Where(g.Equal(x, g.ZerosLike(x)), g.Mul(n, special.LogSigmoid(g.Neg(l))), all))
}

// binomialTerms is ln Pois(x; np) + ln Pois(n − x; nq), the part of ln P(x) that varies with x.
func binomialTerms(n, l, x *g.Node) *g.Node {
	rest, logN := binomialRest(n, l, x), g.Log(g.Max(n, g.OnesLike(n)))
	wins := logPoisson(x, g.Add(logN, special.LogSigmoid(l)), rest)
	fails := logPoisson(g.Sub(n, x), g.Add(logN, special.LogSigmoid(g.Neg(l))), g.Neg(rest))
	return g.Add(wins, fails)
}

// Mean returns np.
func (d Binomial) Mean() *g.Node {
	v := together(d.Trials, d.Logits)
	return g.Mul(v[0], g.Logistic(v[1]))
}

// Variance returns npq.
func (d Binomial) Variance() *g.Node { return g.Mul(d.Mean(), g.Logistic(g.Neg(d.Logits))) }

// Sample returns M×shape whole numbers.
func (d Binomial) Sample(s *model.Scope, name string, m int) *g.Node {
	v := together(d.Trials, d.Logits)
	return drawBinomial(s, name, repeat(v[0], m), repeat(v[1], m))
}

// Support implements [Declared].
func (d Binomial) Support() Support {
	return Support{Set: Count, Low: g.ZerosLike(d.Trials), High: d.Trials}
}

// Parameters implements [Declared].
func (d Binomial) Parameters() []Parameter {
	return []Parameter{{"Trials", d.Trials, Support{Set: Natural}}, {"Logits", d.Logits, Support{Set: Real}}}
}

// klBinomial is n times the divergence of the trials. Distributions whose trials are not the
// same node may differ in them, and then there is no closed form; equal scalars of one graph
// are the same node.
func klBinomial(q, p Distribution) (*g.Node, bool) {
	a, ok := q.(Binomial)
	b, ok2 := p.(Binomial)
	if !ok || !ok2 || a.Trials != b.Trials {
		return nil, false
	}
	v := together(a.Trials, a.Logits, b.Logits)
	return g.Mul(v[0], klBernoulli(Bernoulli{v[1]}, Bernoulli{v[2]})), true
}

func init() { registerPair[Binomial, Binomial](klBinomial) }
