package vae

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// Weigher models compute importance weights themselves, because their codes are indices.
type Weigher interface {
	// Weighs tells whether q(z|x) is no point mass, whose weights would all be one.
	Weighs() bool
	// LogWeights returns ln p(x|z) + ln p(z) − ln q(z|x) of k draws for each row, K×B.
	LogWeights(s *model.Scope, b Batch, k int) *g.Node
}

// HasEvidence tells whether ln p(x) can be estimated by importance weights.
func (n *Network) HasEvidence() bool {
	m, ok := n.Model.(Weigher)
	return n.Can()["bound"] || ok && m.Weighs()
}

// needEvidence reports that it cannot.
func (n *Network) needEvidence() error {
	if n.HasEvidence() {
		return nil
	}
	return n.need("bound")
}
