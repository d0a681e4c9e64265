package dist

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// LogisticMixture is a mixture of K discretised logistics, for 8-bit data k/255 on [0, 1]
// (Salimans et al. 2017, eq. 1 and 2), each element by itself:
//
//	ln P(x) = ln Σ_k π_k P_k(x),   π = softmax(Logits), P_k as in [DiscretizedLogistic].
//
// The last axis of the parameters is that of the mixture; values lack it.
type LogisticMixture struct {
	Logits   *g.Node // ln π up to a constant, …×K
	Loc      *g.Node // μ, …×K
	LogScale *g.Node // ln s, broadcast against Loc
}

// parts broadcasts the parameters to one shape.
func (d LogisticMixture) parts() (logits, loc, logScale *g.Node) {
	v := together(d.Logits, d.Loc, d.LogScale)
	return v[0], v[1], v[2]
}

// LogProb implements [Distribution]; x holds multiples of 1/255 in [0, 1].
func (d LogisticMixture) LogProb(x *g.Node) *g.Node {
	v := together(g.ExpandAxes(x, -1), logSoftmax(d.Logits), d.Loc, d.LogScale)
	return special.LogSumExp(g.Add(v[1], DiscretizedLogistic{v[2], v[3]}.LogProb(v[0])), -1)
}

// Mean returns Σ π μ with μ clipped to [0, 1], the range of the data.
func (d LogisticMixture) Mean() *g.Node {
	logits, loc, logScale := d.parts()
	return g.ReduceSum(g.Mul(g.Exp(logSoftmax(logits)), DiscretizedLogistic{loc, logScale}.Mean()), -1)
}

// Variance returns Σ π(σ² + (μ − mean)²) with the variances of the continuous logistics.
func (d LogisticMixture) Variance() *g.Node {
	logits, loc, logScale := d.parts()
	each := DiscretizedLogistic{loc, logScale}
	off := g.Sub(each.Mean(), g.ExpandAxes(d.Mean(), -1))
	return g.ReduceSum(g.Mul(g.Exp(logSoftmax(logits)), g.Add(each.Variance(), g.Square(off))), -1)
}

// Sample draws a component for each element, and from it alone.
func (d LogisticMixture) Sample(s *model.Scope, name string, m int) *g.Node {
	logits, loc, logScale := d.parts()
	k := Categorical{logits}.Sample(s.In(name), "component", m)
	mask := oneHot(k, logits.Shape().Dim(-1))
	pick := func(p *g.Node) *g.Node { return g.ReduceSum(g.Mul(repeat(p, m), mask), -1) }
	x := DiscretizedLogistic{pick(loc), pick(logScale)}.Sample(s.In(name), "value", 1)
	return g.Squeeze(x, 0)
}

// Support is the unit interval, of which the values are the levels k/(Bins − 1).
func (d LogisticMixture) Support() Support { return Support{Set: Unit} }

// Parameters implements [Declared].
func (d LogisticMixture) Parameters() []Parameter {
	return append(classLogits(d.Logits), Parameter{"Loc", d.Loc, Support{Set: Vector}}, Parameter{"LogScale", d.LogScale, Support{Set: Vector}})
}
