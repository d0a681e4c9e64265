package vae

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
	"github.com/elbo-go/elbo/vi"
)

func init() {
	Register(Spec{
		Name:     "linear-vae",
		Summary:  "linear VAE; its optimum is probabilistic PCA",
		Paper:    "Lucas et al. 2019; Tipping & Bishop 1999",
		Sections: "D4",
		Measured: "three closed-form optima within .010 nats, σ² = MSE within 1.0 %",
		Test:     "train/linear_test.go",
		Fixed:    []string{"gaussian", "gaussian-learned"},
		New:      func(c Config) Model { return &linear{c} },
	})
}

// linear is the linear VAE,
//
//	p(x|z) = N(Wz + b, σ²I),  q(z|x) = N(Vx + c, diag s²),
//
// whose best bound equals the likelihood of probabilistic PCA (Lucas et al. 2019, eq. 8).
type linear struct{ Config }

// Terms implements [Model].
func (m *linear) Terms(s *model.Scope, x *g.Node, e vi.Estimator) vi.Terms {
	return e.ELBO(s, x, m.Latent(s, x))
}

// Latent implements [Probabilistic].
func (m *linear) Latent(s *model.Scope, x *g.Node) vi.Latent {
	q := m.posterior(s, x)
	return vi.Latent{Q: q, P: dist.StandardNormal(q.Loc), Decode: func(z *g.Node) dist.Distribution { return m.Decode(s, z) }}
}

// Encode implements [Encoder].
func (m *linear) Encode(s *model.Scope, x *g.Node) (mean, variance *g.Node) {
	q := m.posterior(s, x)
	return q.Mean(), q.Variance()
}

// Decode implements [Decoder].
func (m *linear) Decode(s *model.Scope, z *g.Node) dist.Distribution {
	s = s.In("decoder")
	return m.distribution(s, nn.Dense(s.In("out"), z, m.Dim))
}

// Prior implements [Generator].
func (m *linear) Prior(s *model.Scope, n int) dist.Distribution {
	return standardPrior(s, n, m.Config.Latent)
}

// posterior is q(z|x) with one variance a latent dimension for all data, as the optimum has.
func (m *linear) posterior(s *model.Scope, x *g.Node) dist.Normal {
	s = s.In("encoder")
	mean := nn.Dense(s.In("mean"), x, m.Config.Latent)
	scale := g.ExpandAxes(s.Param("logscale", model.Constant(0), m.Config.Latent), 0)
	return dist.Normal{Loc: mean, LogScale: g.BroadcastToDims(scale, mean.Shape().Dimensions...)}
}
