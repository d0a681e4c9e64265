package vi

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// NVIL is the ELBO by the score function with the signal (Mnih & Gregor 2014, eq. 8–10)
//
//	(ln w_k − b(x) − c) / max(1, s),
//
// where b is a baseline that learns to predict ln w from x, fitted by squared error beside the
// bound, and c and s are running means of the mean and the standard deviation of what it leaves.
type NVIL struct {
	K int // draws a datum
	// Baseline returns b(x), B, and makes its parameters in the scope; nil is b = 0, which
	// leaves the running centre alone.
	Baseline func(s *model.Scope, x *g.Node) *g.Node
	// Decay is the share of the past in the running means at a step; 0 stands for .8.
	Decay float64
}

// Kind implements [Objective].
func (o NVIL) Kind() string { return fmt.Sprintf("%s-%d (learned baseline)", KindELBO, o.K) }

// Draws implements [Objective].
func (o NVIL) Draws() int { return o.K }

// Weigh implements [Objective]. In a training step the running means move after their use, so
// that they do not depend on the draws that they are taken off.
func (o NVIL) Weigh(d Draws) Weights {
	centre := d.Scope.State("centre", model.Constant(0))
	variance := d.Scope.State("variance", model.Constant(1))
	signal := d.LogW
	var fit *g.Node
	if o.Baseline != nil {
		predicted := g.ExpandAxes(o.Baseline(d.Scope.In("baseline"), d.X), 0)
		fit = g.ReduceMean(g.Square(g.Sub(g.Sub(signal, centre), predicted)), 0)
		signal = g.Sub(signal, g.StopGradient(predicted))
	}
	left := g.Sub(signal, centre)
	w := scored(d.LogW, g.Div(left, g.MaxScalar(g.Sqrt(variance), 1)))
	w.Fit = fit
	if d.Scope.Training() {
		decay := o.Decay
		if decay == 0 {
			decay = .8
		}
		move := func(name string, old, now *g.Node) {
			d.Scope.UpdateState(name, g.Add(g.MulScalar(old, decay), g.MulScalar(now, 1-decay)))
		}
		mean := g.ReduceAllMean(signal)
		move("centre", centre, mean)
		move("variance", variance, g.ReduceAllMean(g.Square(g.Sub(signal, mean))))
	}
	return w
}
