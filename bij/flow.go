package bij

import (
	"math"
	"slices"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// Flow is the distribution of y = f(x) for x ~ N(0, I), or x ~ N(μ, σ²) by elements:
//
//	ln q(y) = Σ_i ln N(x_i; μ_i, σ_i²) − ln|det ∂f/∂x|
//
// (Rezende & Mohamed 2015, eq. 5–7). It is a guide by [Flow.RsampleLogProb], which needs no
// inverse, and a prior or a model of data by [Flow.LogProb].
type Flow struct {
	// Of is f. Its event axes, or one if it has none, are those of the flow.
	Of Bijector
	// Loc and LogScale are μ and ln σ, batch axes and the event axes of x.
	Loc, LogScale *g.Node
}

// NewFlow returns the flow of a map from N(0, I) with event axes of the given sizes.
func NewFlow(s *model.Scope, f Bijector, dims ...int) Flow {
	zero := g.BroadcastToDims(g.Scalar(s.Graph(), s.DType(), 0), dims...)
	return Flow{Of: f, Loc: zero, LogScale: zero}
}

// event returns the numbers of event axes of x and y.
func (q Flow) event() (in, out int) {
	e := q.Of.Event()
	if e.In == 0 {
		return 1, 1
	}
	return e.In, e.Out
}

// Rank is the number of event axes of the values.
func (q Flow) Rank() int {
	_, out := q.event()
	return out
}

// density returns ln N(ε; 0, I) − Σ ln σ with the batch axes.
func (q Flow) density(eps *g.Node) *g.Node {
	in, _ := q.event()
	each := g.Add(g.MulScalar(g.Square(eps), .5), like(q.LogScale, eps))
	return g.Neg(sumLast(g.AddScalar(each, .5*math.Log(2*math.Pi)), in))
}

// RsampleLogProb returns M draws y, M×shape, with the noise of the given name, and ln q(y).
// Both are differentiable functions of all parameters.
func (q Flow) RsampleLogProb(s *model.Scope, name string, m int) (y, logQ *g.Node) {
	in, _ := q.event()
	shape := dims(q.Loc)
	if q.LogScale.Rank() > len(shape) {
		shape = dims(q.LogScale)
	}
	mustRank("flow: mean", q.Loc, in)
	eps := s.Normal(name, slices.Concat([]int{m}, shape)...)
	x := g.Add(like(q.Loc, eps), g.Mul(g.Exp(like(q.LogScale, eps)), eps))
	y, l := q.Of.Forward(x)
	return y, g.Sub(q.density(eps), sumLast(l, in-q.Of.Event().In))
}

// RsamplePath is RsampleLogProb with the derivative of ln q by the flow's parameters at fixed y
// left out, whose expectation is zero: what remains of the gradient of ln p(y) − ln q(y) vanishes,
// draw by draw, where q equals p (Roeder, Wu & Duvenaud 2017). It takes the inverse of f.
func (q Flow) RsamplePath(s *model.Scope, name string, m int) (y, logQ *g.Node) {
	y, logQ = q.RsampleLogProb(s, name, m)
	at := g.Identity(g.StopGradient(y)) // a node by which there is a derivative
	score := g.StopGradient(g.Gradient(g.ReduceAllSum(q.LogProb(at)), at)[0])
	return y, g.Add(g.StopGradient(logQ), sumLast(g.Mul(score, g.Sub(y, at)), q.Rank()))
}

// Rsample returns M draws, M×shape, with their gradient.
func (q Flow) Rsample(s *model.Scope, name string, m int) *g.Node { return q.Sample(s, name, m) }

// Sample returns M draws, M×shape.
func (q Flow) Sample(s *model.Scope, name string, m int) *g.Node {
	y, _ := q.RsampleLogProb(s, name, m)
	return y
}

// LogProb returns ln q(y) with the batch axes; f has to have an inverse.
func (q Flow) LogProb(y *g.Node) *g.Node {
	in, _ := q.event()
	x, l := q.Of.Inverse(y)
	eps := g.Mul(g.Sub(x, like(q.Loc, x)), g.Exp(g.Neg(like(q.LogScale, x))))
	return g.Add(q.density(eps), sumLast(l, in-q.Of.Event().In))
}

// Mean returns NaN in the shape of a value: the mean of a flow has no closed form.
func (q Flow) Mean() *g.Node {
	in, _ := q.event()
	d := slices.Clone(dims(q.Loc))
	if e := q.Of.Event(); e.Dims != nil {
		d = slices.Concat(d[:len(d)-in], e.Dims(d[len(d)-in:]))
	}
	return g.BroadcastToDims(g.Scalar(q.Loc.Graph(), q.Loc.DType(), math.NaN()), d...)
}

// Variance returns NaN in the shape of a value.
func (q Flow) Variance() *g.Node { return q.Mean() }
