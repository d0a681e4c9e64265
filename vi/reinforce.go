package vi

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"
)

// REINFORCE is the ELBO of a guide whose draws need no gradient, by the score function
// (Williams 1992; Ranganath et al. 2014, eq. 3),
//
//	∇_φ L = E (1/K) Σ_k ln w_k ∂ln q(z_k; φ)/∂φ.
//
// Its variance is large: [RLOO], [VIMCO] and [NVIL] take something off ln w_k.
type REINFORCE struct {
	K int // draws a datum
}

// Kind implements [Objective].
func (o REINFORCE) Kind() string { return fmt.Sprintf("%s-%d (score function)", KindELBO, o.K) }

// Draws implements [Objective].
func (o REINFORCE) Draws() int { return o.K }

// Weigh implements [Objective].
func (o REINFORCE) Weigh(d Draws) Weights { return scored(d.LogW, d.LogW) }

// scored is the ELBO with the score weighted by signal/K. The mean of the score is 0, so ln q
// itself has no gradient.
func scored(logW, signal *g.Node) Weights {
	return Weights{
		Bound: g.ReduceMean(logW, 0), Model: even(logW), Guide: g.ZerosLike(logW),
		Score: g.DivScalar(signal, float64(logW.Shape().Dim(0))),
	}
}
