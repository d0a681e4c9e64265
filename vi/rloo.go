package vi

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"
)

// RLOO is the ELBO by the score function with the mean of the other draws as the baseline of
// each (Kool et al. 2019, eq. 8),
//
//	∇_φ L = E (1/K) Σ_k (ln w_k − 1/(K−1) Σ_{j≠k} ln w_j) ∂ln q(z_k; φ)/∂φ,  K ≥ 2.
type RLOO struct {
	K int // draws a datum, at least 2
}

// Kind implements [Objective].
func (o RLOO) Kind() string { return fmt.Sprintf("%s-%d (leave one out)", KindELBO, o.K) }

// Draws implements [Objective].
func (o RLOO) Draws() int { return o.K }

// Weigh implements [Objective].
func (o RLOO) Weigh(d Draws) Weights {
	return scored(d.LogW, g.Sub(d.LogW, others(d.LogW, o)))
}

// others returns for each draw the mean of ln w over the others, K×B.
func others(logW *g.Node, o Objective) *g.Node {
	k := logW.Shape().Dim(0)
	if k < 2 {
		panic(fmt.Errorf("vi: %s: got %d draws, want at least 2 to leave one out", o.Kind(), k))
	}
	rest := g.Sub(g.ExpandAxes(g.ReduceSum(logW, 0), 0), logW)
	return g.DivScalar(rest, float64(k-1))
}
