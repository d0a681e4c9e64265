package vi

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"
)

// Renyi is the variational Rényi bound from K draws (Li & Turner 2016, eq. 8, 12),
//
//	L_α = 1/(1 − α) · ln (1/K) Σ_k w_k^(1−α),  ∇L_α = Σ_k w̃_k ∇ln w_k,  w̃_k ∝ w_k^(1−α).
//
// α = 0 is the importance-weighted bound, α → 1 the ELBO, α → −∞ the bound [VRMax]; with α < 0
// and few draws it may exceed ln p(x).
type Renyi struct {
	K     int     // draws a datum
	Alpha float64 // α, the order
}

// Kind implements [Objective].
func (o Renyi) Kind() string { return fmt.Sprintf("Rényi-%d (α %v)", o.K, o.Alpha) }

// Draws implements [Objective].
func (o Renyi) Draws() int { return o.K }

// Weigh implements [Objective].
func (o Renyi) Weigh(d Draws) Weights {
	t := 1 - o.Alpha
	if t == 0 {
		return Averaged{o.K}.Weigh(d)
	}
	// ln w relative to its mean: near α = 1 the sum is 1 plus terms of order t, which the
	// division by t would leave without digits.
	mean := g.ReduceMean(d.LogW, 0)
	tempered := g.MulScalar(g.Sub(d.LogW, g.ExpandAxes(mean, 0)), t)
	return Weights{Bound: g.Add(mean, g.DivScalar(logMeanExp(tempered), t)), Model: normalized(tempered)}
}
