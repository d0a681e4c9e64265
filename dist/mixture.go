package dist

import (
	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// Mixture is a mixture of K components with weights π = softmax(Logits):
//
//	ln p(x) = ln Σₖ πₖ pₖ(x).
//
// The last batch axis of Components, of size K, is that of the mixture. Its draws carry no
// gradient.
type Mixture struct {
	Logits     *g.Node      // ln π up to a constant, …×K
	Components Distribution // pₖ, batch axes …×K
}

// axes returns the number of event axes and the number of components.
func (d Mixture) axes() (event, k int) {
	require(d.Logits.Rank() > 0, "Mixture", "logits", "a number", "…×K")
	event, k = EventRank(d.Components), d.Logits.Shape().Dim(-1)
	mean := d.Components.Mean()
	ok := mean.Rank() > event && (mean.Shape().Dim(-1-event) == k)
	require(ok, "Mixture", "components' shape", mean.Shape().Dimensions, []any{"…", k, "event axes"})
	return event, k
}

// LogProb implements [Distribution].
func (d Mixture) LogProb(x *g.Node) *g.Node {
	event, _ := d.axes()
	require(x.Rank() >= event, "Mixture", "rank of the values", x.Rank(), event)
	x = lead(x, d.Components.Mean().Rank()-1)
	lp := d.Components.LogProb(g.ExpandAxes(x, -1-event))
	w := logSoftmax(d.Logits)
	joint := jointDims("Mixture", dims(lp), dims(w))
	return special.LogSumExp(g.Add(spread(lp, joint, 0), spread(w, joint, 0)), -1)
}

// average returns Σₖ πₖ vₖ for figures of the components in the shape of their values.
func (d Mixture) average(v *g.Node) *g.Node {
	event, _ := d.axes()
	w := tailAxes(g.Exp(logSoftmax(d.Logits)), event)
	rank := max(w.Rank(), v.Rank())
	return g.ReduceSum(g.Mul(lead(w, rank), lead(v, rank)), -1-event)
}

// Mean returns Σₖ πₖ μₖ.
func (d Mixture) Mean() *g.Node { return d.average(d.Components.Mean()) }

// Variance returns Σₖ πₖ (σₖ² + (μₖ − μ)²).
func (d Mixture) Variance() *g.Node {
	event, _ := d.axes()
	mean := g.ExpandAxes(d.Mean(), -1-event)
	mk := lead(d.Components.Mean(), mean.Rank())
	return d.average(g.Add(lead(d.Components.Variance(), mean.Rank()), g.Square(g.Sub(mk, mean))))
}

// Sample draws from every component and keeps the draw of the component whose ln πₖ + Gumbel noise
// is the largest, which is that of k with probability πₖ (Gumbel 1954).
func (d Mixture) Sample(s *model.Scope, name string, m int) *g.Node {
	event, k := d.axes()
	draws := g.StopGradient(d.Components.Sample(s.In(name), "components", m)) // M×…×K×event
	batch := draws.Shape().Dimensions[1 : draws.Rank()-event-1]
	batch = jointDims("Mixture", batch, batchOf(d.Logits, 1))
	logits := spread(d.Logits, append([]int{m}, batch...), 1)
	u := g.MaxScalar(g.MinScalar(s.In(name).Uniform("component", dims(logits)...), 1-0x1p-24), 0x1p-24)
	gumbel := g.Neg(g.Log(g.Neg(g.Log(u))))
	chosen := g.ArgMax(g.Add(logits, gumbel), -1, dtypes.Int32)
	mask := g.OneHot(chosen, k, s.DType())
	draws = spread(draws, append([]int{m}, batch...), event+1)
	mask = g.BroadcastToDims(tailAxes(mask, event), dims(draws)...)
	keep := g.GreaterThan(mask, filled(mask, .5))
	return g.StopGradient(g.ReduceSum(g.Where(keep, draws, g.ZerosLike(draws)), -1-event))
}

// Support implements [Declared].
func (d Mixture) Support() Support {
	c, ok := d.Components.(Declared)
	if !ok {
		return Support{}
	}
	s := c.Support() // bounds are those of all components
	if s.Low != nil && s.Low.Rank() > s.Rank() {
		s.Low = g.ReduceMin(s.Low, -1-s.Rank())
	}
	if s.High != nil && s.High.Rank() > s.Rank() {
		s.High = g.ReduceMax(s.High, -1-s.Rank())
	}
	return s
}

// Parameters implements [Declared].
func (d Mixture) Parameters() []Parameter {
	list := []Parameter{{"Logits", d.Logits, Support{Set: Vector}}}
	if c, ok := d.Components.(Declared); ok {
		list = append(list, c.Parameters()...)
	}
	return list
}
