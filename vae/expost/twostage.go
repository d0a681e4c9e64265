package expost

import (
	"slices"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
	"github.com/elbo-go/elbo/optim"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vae/nets"
	"github.com/elbo-go/elbo/vi"
)

func init() {
	vae.Register(vae.Spec{
		Name:     "two-stage-vae",
		Summary:  "VAE whose codes a second VAE learns to make, for data about a surface",
		Paper:    "Dai & Wipf 2019",
		Sections: "D4, D39",
		Measured: "codes about a closed curve: energy distance .014 by the second stage, .048 from N(0, I); ln p(x) by weights of both codes that of a quadrature",
		Test:     "vae/expost/twostage_test.go",
		Fixed:    []string{"gaussian", "gaussian-learned"},
		Nets:     []string{nets.MLP, nets.Conv, nets.ResNet},
		Options: []vae.Option{
			{Name: "second", Usage: "widths of the hidden layers of the second VAE", Default: "256,256", Kind: vae.List, Min: 1, Max: vae.MaxWidth, Small: "3"},
		},
		Stages: func(vae.Config) []vae.Stage {
			return []vae.Stage{{Name: "data", Share: .5, Start: startNoise}, {Name: "codes", Share: .5}}
		},
		Weights: func(c vae.Config) int64 { return c.Weights() + secondWeights(c) },
		New:     func(c vae.Config) vae.Model { return &twoStage{c} },
	})
}

// twoStage is the two-stage VAE (Dai & Wipf 2019, section 4). The first stage is a VAE with the prior
// N(0, I) and a noise γ that is learned; with enough values a code it finds the surface that data
// lie about, but the codes of the data are not distributed as N(0, I) there. The second stage learns
// that distribution by a VAE of the codes with as many values, while the first stays as it is:
//
//	p(u) = N(0, I),  p(z|u) = N(net(u), γ′²I),  q(u|z) = N(μ(net z), diag σ²(net z)),
//	L(x) = E[ln p(x|z)] − E[ln q(z|x) + ln q(u|z) − ln p(z|u) − ln p(u)],
//
// which is the bound of the whole model x ← z ← u. New rows are drawn through both.
type twoStage struct{ vae.Config }

// OpenKL marks that the divergence has no closed form.
func (m *twoStage) OpenKL() {}

// The scopes of the second VAE.
const secondScope = "second"

// up is q(u|z) of codes …×L.
func (m *twoStage) up(s *model.Scope, z *g.Node) dist.Normal {
	s = s.In(secondScope).In("encoder")
	return m.Heads(s, nn.MLP(s, z, m.List("second")))
}

// secondLogScale is the first ln γ′. Codes have a variance near 1 in all directions: with γ′ = 1 a
// decoder that makes no use of u is nearly as good as any, and training stays there.
const secondLogScale = -2

// down is p(z|u).
func (m *twoStage) down(s *model.Scope, u *g.Node) dist.Normal {
	s = s.In(secondScope).In("decoder")
	widths := m.List("second")
	slices.Reverse(widths)
	return dist.Normal{Loc: nn.Dense(s.In("out"), nn.MLP(s, u, widths), m.Config.Latent), LogScale: vae.ScaleFrom(s, secondLogScale)}
}

// Terms implements [vae.Model].
func (m *twoStage) Terms(s *model.Scope, b vae.Batch, e vi.Estimator) vi.Terms {
	t := e.ELBO(s, b.X, m.Latent(s, b))
	if b.Stage > 0 {
		t.Routes = []optim.Route{{Scope: "encoder"}, {Scope: "decoder"}}
	}
	return t
}

// parts cuts codes z off what follows them.
func (m *twoStage) parts(both *g.Node) (z, u *g.Node) {
	l := m.Config.Latent
	return g.SliceAxis(both, -1, g.AxisRange(0, l)), g.SliceAxis(both, -1, g.AxisRange(l))
}

// Latent implements [vae.Probabilistic]: in the first stage with codes z, then with z and u, …×2L.
func (m *twoStage) Latent(s *model.Scope, b vae.Batch) vi.Latent {
	q := m.GaussianGuide(s.In("encoder"), b.X)
	if b.Stage == 0 {
		return vi.Latent{Q: q, P: dist.StandardNormal(q.Loc), Decode: func(z *g.Node) dist.Distribution { return m.Decode(s, b.Code(z)) }}
	}
	decode := func(both *g.Node) dist.Distribution {
		z, _ := m.parts(both)
		return m.Decode(s, b.Code(z))
	}
	p := ladder{m, s, b.Size()}
	return vi.Latent{Q: climb{p, q}, P: p, Decode: decode}
}

// Encode implements [vae.Encoder].
func (m *twoStage) Encode(s *model.Scope, b vae.Batch) (mean, variance *g.Node) {
	q := m.GaussianGuide(s.In("encoder"), b.X)
	return q.Mean(), q.Variance()
}

// Decode implements [vae.Decoder].
func (m *twoStage) Decode(s *model.Scope, c vae.Code) dist.Distribution {
	return m.Mirrored(s.In("decoder"), c.Z)
}

// Prior implements [vae.Generator]: codes z of u ~ p(u).
func (m *twoStage) Prior(s *model.Scope, n int) dist.Distribution { return codesOf{ladder{m, s, n}} }

// secondWeights counts those of the second VAE.
func secondWeights(c vae.Config) int64 {
	d := c
	d.Hidden = c.List("second")
	return d.NetConfig().DenseWeights(c.Latent)
}
