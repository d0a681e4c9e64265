package vae

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// weigher models compute importance weights themselves, because their codes are indices.
type weigher interface {
	// weighs tells whether q(z|x) is no point mass, whose weights would all be one.
	weighs() bool
	// logWeights returns ln p(x|z) + ln p(z) − ln q(z|x) of k draws for each row, K×B.
	logWeights(s *model.Scope, b Batch, k int) *g.Node
}

// HasEvidence tells whether ln p(x) can be estimated by importance weights.
func (n *Network) HasEvidence() bool {
	m, ok := n.Model.(weigher)
	return n.Can()["bound"] || ok && m.weighs()
}

// needEvidence reports that it cannot.
func (n *Network) needEvidence() error {
	if n.HasEvidence() {
		return nil
	}
	return n.need("bound")
}

// weighed returns the log-weights of codes that a guide draws, with a prior by its logits.
func weighed(s *model.Scope, m gridded, next func(s *model.Scope, c Code) *g.Node, b Batch, k int) *g.Node {
	n := b.Size()
	all := b
	all.X = copies(b.X, k)
	all.Label = b.Code(all.X).Label
	z, logQ := m.(noisy).drawn(s, all)
	logLik := special.SumDims(m.Decode(s, all.Code(z)).LogProb(all.X))
	logPrior := g.ReduceSum(chosen(s, next(s, all.Code(z)), z), -1)
	return g.Reshape(g.Sub(g.Add(logLik, logPrior), logQ), k, n)
}

func (m uniformCodes) weighs() bool { _, ok := m.gridded.(noisy); return ok }
func (m pixelCodes) weighs() bool   { _, ok := m.gridded.(noisy); return ok }

func (m uniformCodes) logWeights(s *model.Scope, b Batch, k int) *g.Node {
	return weighed(s, m.gridded, m.Next, b, k)
}

func (m pixelCodes) logWeights(s *model.Scope, b Batch, k int) *g.Node {
	return weighed(s, m.gridded, m.Next, b, k)
}
