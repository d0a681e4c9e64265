package vi

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"
)

// CIWAE combines the ELBO and the importance-weighted bound of the same K draws (Rainforth et
// al. 2018, eq. 13),
//
//	L = β (1/K) Σ_k ln w_k + (1 − β) ln (1/K) Σ_k w_k.
type CIWAE struct {
	K    int     // draws a datum
	Beta float64 // share of the ELBO, 0 to 1
}

// Kind implements [Objective].
func (o CIWAE) Kind() string { return fmt.Sprintf("CIWAE-%d (β %v)", o.K, o.Beta) }

// Draws implements [Objective].
func (o CIWAE) Draws() int { return o.K }

// Weigh implements [Objective].
func (o CIWAE) Weigh(d Draws) Weights {
	mix := func(a, b *g.Node) *g.Node { return g.Add(g.MulScalar(a, o.Beta), g.MulScalar(b, 1-o.Beta)) }
	return Weights{
		Bound: mix(g.ReduceMean(d.LogW, 0), logMeanExp(d.LogW)),
		Model: mix(even(d.LogW), normalized(d.LogW)),
	}
}
