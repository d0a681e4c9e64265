package dist

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// Geometric is the number of failures before the first success of probability p = σ(l):
//
//	ln P(x) = ln p + x ln(1 − p),   x = 0, 1, 2, ….
type Geometric struct {
	Logits *g.Node // l
}

// LogProb implements [Distribution]; it has no derivative by x.
func (d Geometric) LogProb(x *g.Node) *g.Node {
	v := together(g.StopGradient(x), d.Logits)
	ok := whole(v[0])
	k := keep(ok, v[0], 0)
	return supported(ok, g.Add(special.LogSigmoid(v[1]), g.Mul(k, special.LogSigmoid(g.Neg(v[1])))))
}

// Mean returns (1 − p)/p = e^−l.
func (d Geometric) Mean() *g.Node { return g.Exp(g.Neg(d.Logits)) }

// Variance returns (1 − p)/p² = e^−l + e^−2l.
func (d Geometric) Variance() *g.Node {
	m := d.Mean()
	return g.Add(m, g.Square(m))
}

// Entropy returns −ln p − e^−l ln(1 − p).
func (d Geometric) Entropy() *g.Node {
	return g.Neg(g.Add(special.LogSigmoid(d.Logits), g.Mul(d.Mean(), special.LogSigmoid(g.Neg(d.Logits)))))
}

// CDF returns 1 − (1 − p)^(⌊x⌋ + 1).
func (d Geometric) CDF(x *g.Node) *g.Node {
	v := together(g.StopGradient(x), d.Logits)
	k := g.Max(g.AddScalar(g.Floor(v[0]), 1), g.ZerosLike(v[0]))
	return g.Neg(special.Expm1(g.Mul(k, special.LogSigmoid(g.Neg(v[1])))))
}

// Sample inverts the distribution function: ⌊ln u / ln(1 − p)⌋, M×shape.
func (d Geometric) Sample(s *model.Scope, name string, m int) *g.Node {
	u := fineUniform(s, name, drawn(m, d.Logits)...)
	logQ := g.Min(special.LogSigmoid(g.Neg(d.Logits)), special.ScalarLike(d.Logits, -tiny(d.Logits)))
	return g.StopGradient(g.Floor(g.Div(g.Log(u), repeat(logQ, m))))
}

// Support implements [Declared].
func (d Geometric) Support() Support { return Support{Set: Natural} }

// Parameters implements [Declared].
func (d Geometric) Parameters() []Parameter {
	return []Parameter{{"Logits", d.Logits, Support{Set: Real}}}
}

// klGeometric is KL(q ‖ p) = ln(p_q/p_p) + e^−l_q (ln(1 − p_q) − ln(1 − p_p)).
func klGeometric(q, p Geometric) *g.Node {
	v := together(q.Logits, p.Logits)
	first := g.Sub(special.LogSigmoid(v[0]), special.LogSigmoid(v[1]))
	rest := g.Sub(special.LogSigmoid(g.Neg(v[0])), special.LogSigmoid(g.Neg(v[1])))
	return g.Add(first, g.Mul(g.Exp(g.Neg(v[0])), rest))
}

func init() { registerKL(klGeometric) }
