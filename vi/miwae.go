package vi

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"
)

// MIWAE is the mean of M importance-weighted bounds of K draws each (Rainforth et al. 2018,
// eq. 12),
//
//	L_{M,K} = E (1/M) Σ_m ln (1/K) Σ_k w_{m,k},
//
// with the expectation of L_K and, for the guide, a signal-to-noise ratio √M times as large.
type MIWAE struct {
	M int // groups
	K int // draws of a group
}

// Kind implements [Objective].
func (o MIWAE) Kind() string { return fmt.Sprintf("MIWAE-%d×%d", o.M, o.K) }

// Draws implements [Objective].
func (o MIWAE) Draws() int { return o.M * o.K }

// Weigh implements [Objective].
func (o MIWAE) Weigh(d Draws) Weights {
	bound, w := grouped(d.LogW, o.M, o.K)
	return Weights{Bound: bound, Model: w}
}

// grouped returns the bound of M groups of K draws, B, and the weights of its gradient, MK×B.
func grouped(logW *g.Node, m, k int) (bound, weights *g.Node) {
	b := logW.Shape().Dim(1)
	byGroup := g.Transpose(g.Reshape(logW, m, k, b), 0, 1) // K×M×B
	w := g.DivScalar(normalized(byGroup), float64(m))
	return g.ReduceMean(logMeanExp(byGroup), 0), g.Reshape(g.Transpose(w, 0, 1), m*k, b)
}
