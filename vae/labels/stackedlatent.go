package labels

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// Latent implements [vae.Probabilistic] with codes (z₁, z₂, y), B×(L₁+L₂+1), of which the decoder sees z₁.
func (m stacked) Latent(s *model.Scope, b vae.Batch) vi.Latent {
	q, top := m.below(s, b.X), s.In("top")
	at := func(z1 *g.Node) vi.Latent { return m.drawn(top, z1, b.Code(z1).Label) }
	return vi.Latent{
		Q: stackedGuide{q, at},
		P: stackedPrior{m, top, at(q.Loc).P.(classPrior)},
		Decode: func(z *g.Node) dist.Distribution {
			z1, _ := m.cut(z)
			return m.above(s, z1)
		},
	}
}

// OpenKL says that the divergence between guide and prior has no closed form (see [vae.Network.ClosedKL]).
func (m stacked) OpenKL() {}

// cut parts codes in z₁ and (z₂, y).
func (m stacked) cut(z *g.Node) (z1, rest *g.Node) { return cutAt(z, m.first.Latent) }

// cutAt parts the values of the last axis in the first n and the others.
func cutAt(z *g.Node, n int) (first, rest *g.Node) {
	axes := make([]g.SliceAxisSpec, z.Rank())
	for i := range axes {
		axes[i] = g.AxisRange()
	}
	axes[len(axes)-1] = g.AxisRange(0, n)
	first = g.Slice(z, axes...)
	axes[len(axes)-1] = g.AxisRange(n)
	return first, g.Slice(z, axes...)
}

// stackedGuide is q(z₁|x) q(z₂, y|z₁).
type stackedGuide struct {
	below dist.Normal                // q(z₁|x), B×L₁
	at    func(z1 *g.Node) vi.Latent // the model of rows z₁
}

// RsampleLogProb implements [vi.Scored]; the draws of the class have no gradient.
func (q stackedGuide) RsampleLogProb(s *model.Scope, name string, m int) (z, logQ *g.Node) {
	z = q.Sample(s, name, m)
	return z, q.LogProb(z)
}

// Sample implements [dist.Distribution].
func (q stackedGuide) Sample(s *model.Scope, name string, m int) *g.Node {
	z1 := q.below.Rsample(s, name+" below", m)
	rest := q.at(flatRows(z1)).Q.Sample(s, name, 1)
	return g.Concatenate([]*g.Node{z1, g.Reshape(rest, m, z1.Shape().Dim(1), -1)}, -1)
}

// LogProb implements [dist.Distribution].
func (q stackedGuide) LogProb(z *g.Node) *g.Node {
	z1, rest := cutAt(z, q.below.Loc.Shape().Dim(1))
	own := g.ReduceSum(q.below.LogProb(z1), -1)
	return g.Add(own, g.Reshape(q.at(flatRows(z1)).Q.LogProb(flatRows(rest)), own.Shape().Dimensions...))
}

// Mean implements [dist.Distribution] at the mean of q(z₁|x).
func (q stackedGuide) Mean() *g.Node {
	return g.Concatenate([]*g.Node{q.below.Mean(), q.at(q.below.Loc).Q.Mean()}, -1)
}

// Variance implements [dist.Distribution] at the mean of q(z₁|x).
func (q stackedGuide) Variance() *g.Node {
	return g.Concatenate([]*g.Node{q.below.Variance(), q.at(q.below.Loc).Q.Variance()}, -1)
}

// flatRows joins all axes but the last.
func flatRows(z *g.Node) *g.Node { return g.Reshape(z, -1, z.Shape().Dim(z.Rank()-1)) }

// stackedPrior is p(z₂) p(y) p(z₁|y, z₂).
type stackedPrior struct {
	stacked
	s   *model.Scope
	top classPrior // p(z₂) p(y)
}

// given is p(z₁|y, z₂) of rows (z₂, y).
func (p stackedPrior) given(rest *g.Node) dist.Normal {
	z2, label := lastCut(rest)
	return p.data(p.s, z2, vae.OneHot(p.s, label, p.classes)).(dist.Normal)
}

// LogProb implements [dist.Distribution].
func (p stackedPrior) LogProb(z *g.Node) *g.Node {
	z1, rest := p.cut(z)
	own := p.top.LogProb(rest)
	below := g.ReduceSum(p.given(flatRows(rest)).LogProb(flatRows(z1)), -1)
	return g.Add(own, g.Reshape(below, own.Shape().Dimensions...))
}

// Sample implements [dist.Distribution].
func (p stackedPrior) Sample(s *model.Scope, name string, m int) *g.Node {
	rest := p.top.Sample(s, name, m)
	z1 := p.given(flatRows(rest)).Sample(s, name+" below", 1)
	return g.Concatenate([]*g.Node{g.Reshape(z1, m, rest.Shape().Dim(1), -1), rest}, -1)
}

// Mean implements [dist.Distribution] at the mean of p(z₂) and p(y).
func (p stackedPrior) Mean() *g.Node {
	rest := p.top.Mean()
	return g.Concatenate([]*g.Node{p.given(rest).Mean(), rest}, -1)
}

// Variance implements [dist.Distribution] at the mean of p(z₂) and p(y).
func (p stackedPrior) Variance() *g.Node {
	return g.Concatenate([]*g.Node{p.given(p.top.Mean()).Variance(), p.top.Variance()}, -1)
}
