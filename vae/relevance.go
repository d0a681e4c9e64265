package vae

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vi"
)

// relevanceOption turns the prior of [Config.relevance] on.
var relevanceOption = Option{Name: "ard", Usage: "a prior of the decoder's weights that silences latent dimensions which are not needed (automatic relevance determination)",
	Default: "false", Kind: Switch}

// relevanceFloor keeps the logarithm of a column that has gone finite. It is a mean square of weights.
const relevanceFloor = 1e-6

// relevance adds automatic relevance determination of a linear decoder of weights W, L×D: each latent
// dimension has weights w_j ~ N(0, I/α_j) with a precision of its own, which is at its most likely value
// α_j = D/‖w_j‖² (Bishop 1999, eq. 9 and 14). What is left of −ln p(W), shared out among N rows, is
//
//	(D/2N) Σ_j ln(‖w_j‖²/D),
//
// which draws a column to 0 unless the likelihood holds it.
func (c Config) relevance(s *model.Scope, b Batch, _ vi.Latent, t *vi.Terms) {
	names, nodes := s.Trainable()
	path := s.In("decoder").In("out").Path() + "/weight"
	for i, name := range names {
		if name == path {
			size := g.ReduceMean(g.Square(nodes[i]), -1) // ‖w_j‖²/D, L
			cost := g.ReduceAllSum(g.Log(g.AddScalar(size, relevanceFloor)))
			t.Penalty = g.MulScalar(cost, float64(c.Dim)/float64(2*max(1, b.N)))
		}
	}
}
