package vae

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vi"
)

// Amortized is a latent-variable model with a network for q(z|x), a network for p(x|z) and
// a prior, by default N(0, I). A model that is no more than these is a value of this type: its file
// states the two networks.
type Amortized struct {
	Size      int                                               // L
	Guide     func(s *model.Scope, x *g.Node) dist.Normal       // q(z|x), in the scope "encoder"
	Data      func(s *model.Scope, z *g.Node) dist.Distribution // p(x|z), in the scope "decoder"
	CodePrior func(s *model.Scope, n int) dist.Distribution     // p(z) of n rows; nil is N(0, I)

	// Beside adds to the terms of the bound what training minimises beside it; nil adds nothing.
	Beside func(s *model.Scope, b Batch, l vi.Latent, t *vi.Terms)
}

// Terms implements [Model].
func (m Amortized) Terms(s *model.Scope, b Batch, e vi.Estimator) vi.Terms {
	l := m.Latent(s, b)
	t := e.ELBO(s, b.X, l)
	if m.Beside != nil {
		m.Beside(s, b, l, &t)
	}
	return t
}

// Latent implements [Probabilistic].
func (m Amortized) Latent(s *model.Scope, b Batch) vi.Latent {
	q := m.Guide(s.In("encoder"), b.X)
	return vi.Latent{Q: q, P: m.Prior(s, q.Loc.Shape().Dim(0)), Decode: func(z *g.Node) dist.Distribution { return m.Decode(s, b.Code(z)) }}
}

// Encode implements [Encoder].
func (m Amortized) Encode(s *model.Scope, b Batch) (mean, variance *g.Node) {
	q := m.Guide(s.In("encoder"), b.X)
	return q.Mean(), q.Variance()
}

// Decode implements [Decoder].
func (m Amortized) Decode(s *model.Scope, c Code) dist.Distribution {
	return m.Data(s.In("decoder"), c.Z)
}

// Prior implements [Generator].
func (m Amortized) Prior(s *model.Scope, n int) dist.Distribution {
	if m.CodePrior != nil {
		return m.CodePrior(s, n)
	}
	return NormalPrior(Config{Latent: m.Size}, s, n)
}
