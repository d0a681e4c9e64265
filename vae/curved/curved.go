package curved

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// curved is a latent-variable model whose codes lie on a curved surface: guide and prior are
// distributions on it, of all elements of a code together. The moments of a code are those of its
// elements.
type curved struct {
	guide func(s *model.Scope, x *g.Node) dist.Distribution // q(z|x), in the scope "encoder"
	data  func(s *model.Scope, z *g.Node) dist.Distribution // p(x|z), in the scope "decoder"
	prior func(s *model.Scope, n int) dist.Distribution     // p(z) of n rows
}

// Terms implements [vae.Model].
func (m curved) Terms(s *model.Scope, b vae.Batch, e vi.Estimator) vi.Terms {
	return e.ELBO(s, b.X, m.Latent(s, b))
}

// Latent implements [vae.Probabilistic].
func (m curved) Latent(s *model.Scope, b vae.Batch) vi.Latent {
	return vi.Latent{
		Q: m.guide(s.In("encoder"), b.X), P: m.prior(s, b.Size()),
		Decode: func(z *g.Node) dist.Distribution { return m.Decode(s, b.Code(z)) },
	}
}

// Encode implements [vae.Encoder].
func (m curved) Encode(s *model.Scope, b vae.Batch) (mean, variance *g.Node) {
	q := m.guide(s.In("encoder"), b.X)
	return q.Mean(), q.Variance()
}

// Decode implements [vae.Decoder].
func (m curved) Decode(s *model.Scope, c vae.Code) dist.Distribution {
	return m.data(s.In("decoder"), c.Z)
}

// Prior implements [vae.Generator].
func (m curved) Prior(s *model.Scope, n int) dist.Distribution { return m.prior(s, n) }
