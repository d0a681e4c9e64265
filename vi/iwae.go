package vi

import "fmt"

// IWAE is the importance-weighted bound with its plain gradient (Burda et al. 2016, eq. 8, 14),
//
//	L_K = E ln (1/K) Σ_k w_k,  ∇L_K = E Σ_k w̃_k ∇ln w_k,  w̃_k = w_k / Σ_j w_j.
//
// It grows with K towards ln p(x); the signal-to-noise ratio of the guide's gradient falls like
// K^−½ (Rainforth et al. 2018).
type IWAE struct {
	K int // draws a datum
}

// Kind implements [Objective].
func (o IWAE) Kind() string { return fmt.Sprintf("%s-%d", KindIWAE, o.K) }

// Draws implements [Objective].
func (o IWAE) Draws() int { return o.K }

// Weigh implements [Objective].
func (o IWAE) Weigh(d Draws) Weights {
	return Weights{Bound: logMeanExp(d.LogW), Model: normalized(d.LogW)}
}
