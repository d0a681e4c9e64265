package vi

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"
)

// DReG is the importance-weighted bound with the doubly reparameterised gradient for the guide
// (Tucker et al. 2019, eq. 8),
//
//	∇_φ L_K = E Σ_k w̃_k² ∂ln w_k/∂z_k · ∂z_k/∂φ,
//
// which has no score term; its signal-to-noise ratio grows with K. The model's gradient is
// that of [IWAE].
type DReG struct {
	K int // draws a datum
}

// Kind implements [Objective].
func (o DReG) Kind() string { return fmt.Sprintf("%s-%d (doubly reparameterised)", KindIWAE, o.K) }

// Draws implements [Objective].
func (o DReG) Draws() int { return o.K }

// Weigh implements [Objective].
func (o DReG) Weigh(d Draws) Weights {
	w := normalized(d.LogW)
	return Weights{Bound: logMeanExp(d.LogW), Model: w, Guide: g.Square(w), Path: true}
}
