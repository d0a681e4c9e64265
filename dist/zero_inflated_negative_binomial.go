package dist

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// ZeroInflatedNegativeBinomial is [NegativeBinomial] with additional zeros of probability
// π = σ(l), the likelihood of single-cell counts (Lopez et al. 2018):
//
//	P(x) = π[x = 0] + (1 − π) NB(x; μ, θ).
type ZeroInflatedNegativeBinomial struct {
	LogMean  *g.Node // ln μ, of the counts before zeros are added
	LogShape *g.Node // ln θ, the inverse dispersion
	Logits   *g.Node // l, the log-odds of an additional zero
}

// parts broadcasts the parameters to one shape.
func (d ZeroInflatedNegativeBinomial) parts() (base NegativeBinomial, logits *g.Node) {
	v := together(d.LogMean, d.LogShape, d.Logits)
	return NegativeBinomial{v[0], v[1]}, v[2]
}

// LogProb implements [Distribution]; it has no derivative by x.
func (d ZeroInflatedNegativeBinomial) LogProb(x *g.Node) *g.Node {
	base, logits := d.parts()
	v := together(g.StopGradient(x), base.LogProb(x), logits)
	counted := g.Add(special.LogSigmoid(g.Neg(v[2])), v[1])
	zero := g.Equal(v[0], g.ZerosLike(v[0]))
	either := g.Stack([]*g.Node{special.LogSigmoid(v[2]), keep(zero, counted, 0)}, -1)
	return g.Where(zero, special.LogSumExp(either, -1), counted)
}

// Mean returns (1 − π)μ.
func (d ZeroInflatedNegativeBinomial) Mean() *g.Node {
	base, logits := d.parts()
	return g.Mul(base.Mean(), g.Logistic(g.Neg(logits)))
}

// Variance returns (1 − π)(μ + μ²/θ + πμ²).
func (d ZeroInflatedNegativeBinomial) Variance() *g.Node {
	base, logits := d.parts()
	more := g.Mul(g.Logistic(logits), g.Square(base.Mean()))
	return g.Mul(g.Logistic(g.Neg(logits)), g.Add(base.Variance(), more))
}

// Sample returns whole numbers, M×shape.
func (d ZeroInflatedNegativeBinomial) Sample(s *model.Scope, name string, m int) *g.Node {
	base, logits := d.parts()
	x := base.Sample(s.In(name), "counts", m)
	added := g.LessThan(fineUniform(s.In(name), "zeros", dims(x)...), repeat(g.Logistic(logits), m))
	return keep(g.LogicalNot(added), x, 0)
}

// Support implements [Declared].
func (d ZeroInflatedNegativeBinomial) Support() Support { return Support{Set: Natural} }

// Parameters implements [Declared].
func (d ZeroInflatedNegativeBinomial) Parameters() []Parameter {
	return append(NegativeBinomial{d.LogMean, d.LogShape}.Parameters(), Parameter{"Logits", d.Logits, Support{Set: Real}})
}
