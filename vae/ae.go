package vae

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
	"github.com/elbo-go/elbo/vae/nets"
	"github.com/elbo-go/elbo/vi"
)

func init() {
	Register(Spec{
		Name:     "ae",
		Summary:  "deterministic autoencoder, the baseline without a prior",
		Paper:    "Hinton & Salakhutdinov 2006",
		Sections: "D3",
		Measured: "reconstruction below that of the VAE of equal size on the same data",
		Test:     "train/ae_test.go",
		Nets:     nets.Names(),
		New:      func(c Config) Model { return &ae{c} },
	})
}

// ae is the deterministic autoencoder: it maximises ln p(x|z) at z = f(x). Without noise and
// prior there is no bound, and nothing to sample from.
type ae struct{ Config }

// Terms implements [Model]. The estimator's draws do not matter: there is no noise.
func (m *ae) Terms(s *model.Scope, b Batch, _ vi.Estimator) vi.Terms {
	z, _ := m.Encode(s, b)
	lp := m.Decode(s, b.Code(z)).LogProb(b.X)
	return vi.Terms{LogLik: g.ExpandAxes(g.ReduceSum(lp, -1), 0), Kind: vi.KindLogProb}
}

// Encode implements [Encoder]; the variance is 0.
func (m *ae) Encode(s *model.Scope, b Batch) (mean, variance *g.Node) {
	s = s.In("encoder")
	z := nn.Dense(s.In("mean"), m.Features(s, b.X), m.Latent)
	return z, g.ZerosLike(z)
}

// Decode implements [Decoder].
func (m *ae) Decode(s *model.Scope, c Code) dist.Distribution {
	return m.Mirrored(s.In("decoder"), c.Z)
}
