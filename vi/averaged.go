package vi

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"
)

// Averaged is the ELBO from K draws with the KL divergence from the draws and the total
// gradient (Kingma & Welling 2014, eq. 6),
//
//	L = E (1/K) Σ_k ln w_k.
type Averaged struct {
	K int // draws a datum
}

// Kind implements [Objective].
func (o Averaged) Kind() string { return fmt.Sprintf("%s-%d", KindELBO, o.K) }

// Draws implements [Objective].
func (o Averaged) Draws() int { return o.K }

// Weigh implements [Objective].
func (o Averaged) Weigh(d Draws) Weights {
	return Weights{Bound: g.ReduceMean(d.LogW, 0), Model: even(d.LogW)}
}
