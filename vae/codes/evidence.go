package codes

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vae"
)

// weighed returns the log-weights of codes that a guide draws, with a prior by its logits.
func weighed(s *model.Scope, m gridded, next func(s *model.Scope, c vae.Code) *g.Node, b vae.Batch, k int) *g.Node {
	n := b.Size()
	all := b
	all.X = vae.Copies(b.X, k)
	all.Label = b.Code(all.X).Label
	z, logQ := m.(noisy).drawn(s, all)
	logLik := special.SumDims(m.Decode(s, all.Code(z)).LogProb(all.X))
	logPrior := g.ReduceSum(chosen(s, next(s, all.Code(z)), z), -1)
	return g.Reshape(g.Sub(g.Add(logLik, logPrior), logQ), k, n)
}

// Weighs implements [vae.Weigher].
func (m uniformCodes) Weighs() bool { _, ok := m.gridded.(noisy); return ok }

// Weighs implements [vae.Weigher].
func (m pixelCodes) Weighs() bool { _, ok := m.gridded.(noisy); return ok }

// LogWeights implements [vae.Weigher].
func (m uniformCodes) LogWeights(s *model.Scope, b vae.Batch, k int) *g.Node {
	return weighed(s, m.gridded, m.Next, b, k)
}

// LogWeights implements [vae.Weigher].
func (m pixelCodes) LogWeights(s *model.Scope, b vae.Batch, k int) *g.Node {
	return weighed(s, m.gridded, m.Next, b, k)
}
