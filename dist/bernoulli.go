package dist

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// Bernoulli is the Bernoulli distribution with log-odds l, p = σ(l):
//
//	ln p(x) = x·l − ln(1 + e^l).
//
// A value of x strictly between 0 and 1 gives the cross-entropy, which trains but is not a
// log-density.
type Bernoulli struct {
	Logits *g.Node // l
}

// LogProb implements [Distribution].
func (d Bernoulli) LogProb(x *g.Node) *g.Node {
	d.Logits = like(d.Logits, x)
	return g.Sub(g.Mul(x, d.Logits), special.Softplus(d.Logits))
}

// Mean implements [Distribution].
func (d Bernoulli) Mean() *g.Node { return g.Logistic(d.Logits) }

// Variance returns p(1 − p).
func (d Bernoulli) Variance() *g.Node {
	return g.Mul(g.Logistic(d.Logits), g.Logistic(g.Neg(d.Logits)))
}

// Entropy returns ln(1 + e^l) − p·l.
func (d Bernoulli) Entropy() *g.Node {
	return g.Sub(special.Softplus(d.Logits), g.Mul(g.Logistic(d.Logits), d.Logits))
}

// Sample returns draws of 0 and 1, M×shape.
func (d Bernoulli) Sample(s *model.Scope, name string, m int) *g.Node {
	u := s.Uniform(name, drawn(m, d.Logits)...)
	return g.ConvertDType(g.LessThan(u, repeat(d.Mean(), m)), d.Logits.DType())
}

// Support implements [Declared].
func (d Bernoulli) Support() Support { return Support{Set: Boolean} }

// Parameters implements [Declared].
func (d Bernoulli) Parameters() []Parameter {
	return []Parameter{{"Logits", d.Logits, Support{Set: Real}}}
}

// klBernoulli is KL(q ‖ p) = q(l_q − l_p) − ln(1 + e^l_q) + ln(1 + e^l_p).
func klBernoulli(q, p Bernoulli) *g.Node {
	level(&q.Logits, &p.Logits)
	cross := g.Mul(q.Mean(), g.Sub(q.Logits, p.Logits))
	return g.Add(cross, g.Sub(special.Softplus(p.Logits), special.Softplus(q.Logits)))
}

func init() { registerKL(klBernoulli) }
