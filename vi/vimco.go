package vi

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/special"
)

// VIMCO is the importance-weighted bound L_K by the score function (Mnih & Rezende 2016, eq.
// 10), with a baseline for each draw that puts the geometric mean of the other weights in the
// place of its own,
//
//	∇_φ L_K = E Σ_k (L̂ − L̂_{−k}) ∂ln q(z_k; φ)/∂φ − w̃_k ∂ln q(z_k; φ)/∂φ,  K ≥ 2.
type VIMCO struct {
	K int // draws a datum, at least 2
}

// Kind implements [Objective].
func (o VIMCO) Kind() string { return fmt.Sprintf("%s-%d (leave one out)", KindIWAE, o.K) }

// Draws implements [Objective].
func (o VIMCO) Draws() int { return o.K }

// Weigh implements [Objective].
func (o VIMCO) Weigh(d Draws) Weights {
	b := d.LogW.Shape().Dim(1)
	square := func(x *g.Node, axis int) *g.Node { return g.BroadcastToDims(g.ExpandAxes(x, axis), o.K, o.K, b) }
	left := square(others(d.LogW, o), 1) // row k holds what replaces draw k
	rows := square(d.LogW, 0)            // row k holds all draws
	own := g.ExpandAxes(g.Diagonal(d.LogW.Graph(), o.K), -1)
	replaced := g.Where(g.BroadcastToDims(own, o.K, o.K, b), left, rows)
	without := g.Sub(special.LogSumExp(replaced, 1), logOf(d.LogW, o.K)) // K×B
	bound := logMeanExp(d.LogW)
	return Weights{Bound: bound, Model: normalized(d.LogW), Score: g.Sub(g.ExpandAxes(bound, 0), without)}
}
