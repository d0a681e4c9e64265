// Package optim holds optimizers as graph functions and learning-rate schedules as pure
// functions of the step.
package optim

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// Adam is the optimizer of Kingma & Ba 2015, algorithm 1:
//
//	m ← β₁m + (1−β₁)∇,  v ← β₂v + (1−β₂)∇²,  θ ← θ − η m̂ / (√v̂ + ε),
//
// with m̂ = m/(1−β₁ᵗ), v̂ = v/(1−β₂ᵗ).
type Adam struct {
	Beta1, Beta2 float64 // decay of the moments
	Epsilon      float64 // ε
	Clip         float64 // bound on the global gradient norm; 0 is none
}

// NewAdam returns Adam with β₁ .9, β₂ .999, ε 1e-8 and no clipping.
func NewAdam() Adam { return Adam{Beta1: .9, Beta2: .999, Epsilon: 1e-8} }

// Scalars returns what [Adam.Update] needs at step t = 1, 2, … with learning rate η: the
// corrected rate η/(1−β₁ᵗ) and 1/(1−β₂ᵗ). They are formed in float64, since 1−β₂ᵗ loses
// four digits in float32.
func (a Adam) Scalars(t int64, rate float64) (corrected, correct float64) {
	return rate / (1 - math.Pow(a.Beta1, float64(t))), 1 / (1 - math.Pow(a.Beta2, float64(t)))
}

// Update makes one step on every trainable parameter that the graph has used, against the
// gradient of the loss (a scalar). rate and correct are the two values of [Adam.Scalars]. It
// returns the global gradient norm before clipping.
func (a Adam) Update(s *model.Scope, loss, rate, correct *g.Node) (norm *g.Node) {
	return a.Descend(s, []Route{{Loss: loss}}, rate, correct)[0]
}

// step updates one parameter and its moments. The engine elbo knows this form, and GoMLX's own
// optimizer has it too: it becomes one pass over memory.
func (a Adam) step(state, s *model.Scope, name string, w, grad, rate, correct, gate *g.Node) {
	dims := w.Shape().Dimensions
	m0 := state.State("m", model.Constant(0), dims...)
	v0 := state.State("v", model.Constant(0), dims...)
	m := g.Add(g.MulScalar(m0, a.Beta1), g.MulScalar(grad, 1-a.Beta1))
	v := g.Add(g.MulScalar(v0, a.Beta2), g.MulScalar(g.Square(grad), 1-a.Beta2))
	next := g.Sub(w, g.Div(g.Mul(rate, m), g.AddScalar(g.Sqrt(g.Mul(v, correct)), a.Epsilon)))
	state.UpdateState("m", where(gate, m, m0))
	state.UpdateState("v", where(gate, v, v0))
	s.Update(name, where(gate, next, w))
}

// where is next, or old where there is a gate and it is false.
func where(gate, next, old *g.Node) *g.Node {
	if gate == nil {
		return next
	}
	return g.Where(gate, next, old)
}

// GlobalNorm returns the Euclidean norm of all gradients together.
func GlobalNorm(grads []*g.Node) *g.Node {
	sum := g.ReduceAllSum(g.Square(grads[0]))
	for _, d := range grads[1:] {
		sum = g.Add(sum, g.ReduceAllSum(g.Square(d)))
	}
	return g.Sqrt(sum)
}

// ClipByNorm scales the gradients to norm c where their norm is larger; the direction is kept.
func ClipByNorm(grads []*g.Node, norm *g.Node, c float64) []*g.Node {
	limit := g.Scalar(norm.Graph(), norm.DType(), c)
	scale := g.Div(limit, g.Max(norm, limit))
	out := make([]*g.Node, len(grads))
	for i, d := range grads {
		out[i] = g.Mul(d, scale)
	}
	return out
}
