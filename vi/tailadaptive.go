package vi

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"
)

// TailAdaptive fits the guide by an f-divergence that adapts to the tail of the weights (Wang
// et al. 2018, algorithm 1): the guide's gradient is
//
//	Σ_k λ_k ∂ln w_k/∂z_k · ∂z_k/∂φ,  λ_k ∝ 1 / #{j : w_j ≥ w_k},
//
// which is finite whatever the tail. The bound that is reported and that fits the model is
// that of [IWAE].
type TailAdaptive struct {
	K int // draws a datum
}

// Kind implements [Objective].
func (o TailAdaptive) Kind() string { return fmt.Sprintf("%s-%d (tail-adaptive guide)", KindIWAE, o.K) }

// Draws implements [Objective].
func (o TailAdaptive) Draws() int { return o.K }

// Weigh implements [Objective].
func (o TailAdaptive) Weigh(d Draws) Weights {
	b := d.LogW.Shape().Dim(1)
	own := g.BroadcastToDims(g.ExpandAxes(d.LogW, 1), o.K, o.K, b)
	other := g.BroadcastToDims(g.ExpandAxes(d.LogW, 0), o.K, o.K, b)
	above := g.ReduceSum(g.ConvertDType(g.GreaterOrEqual(other, own), d.LogW.DType()), 1) // K×B
	rank := g.Reciprocal(above)
	return Weights{
		Bound: logMeanExp(d.LogW), Model: normalized(d.LogW), Path: true,
		Guide: g.Div(rank, g.ExpandAxes(g.ReduceSum(rank, 0), 0)),
	}
}
