package regularised

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vae/nets"
	"github.com/elbo-go/elbo/vi"
)

func init() {
	vae.Register(vae.Spec{
		Name:     "info-vae",
		Summary:  "VAE that leaves the information of its code unpaid and holds codes together to the prior",
		Paper:    "Zhao et al. 2017",
		Sections: "D5",
		Measured: "loss as stated for four pairs of α and λ; digits, 20 epochs: reconstruction −80.6, KL 24.0 nats",
		Test:     "vae/regularised/infovae_test.go, vi/mmd_test.go",
		Nets:     nets.Names(),
		Pairs:    true,
		Gaussian: true,
		Options: []vae.Option{
			{Name: "information", Usage: "α, share of the KL term that is not paid; 0 is the VAE's", Default: "0.5", Kind: vae.Number, Min: -1e6, Max: 1},
			{Name: "lambda", Usage: "λ, weight of the codes' divergence from the prior beside 1 − α", Default: "1000", Kind: vae.Number, Min: 0, Max: 1e6},
			kernelOption,
		},
		New: newInfoVAE,
	})
}

// newInfoVAE builds the InfoVAE, which minimises
//
//	−E ln p(x|z) + (1 − α) KL(q(z|x) ‖ p(z)) + (α + λ − 1) D(q(z) ‖ p(z))
//
// (Zhao et al. 2017, eq. 6) with the maximum mean discrepancy for D: the loss of the VAE less α of its
// KL term. The divergence at β is β − α.
func newInfoVAE(c vae.Config) vae.Model {
	m := vae.Amortized{Size: c.Latent, Guide: c.GaussianGuide, Data: c.Mirrored}
	m.Beside = func(s *model.Scope, b vae.Batch, l vi.Latent, t *vi.Terms) {
		alpha := c.Number("information")
		t.Penalty = g.MulScalar(g.ReduceAllSum(g.ReduceMean(t.KL, 0)), -alpha)
		if b.Size() < 2 {
			return // one row alone has no distribution
		}
		mmd := discrepancy(c, s, t.Z, l.P)
		t.Penalty = g.Add(t.Penalty, g.MulScalar(mmd, alpha+c.Number("lambda")-1))
		t.Figures = []vi.Figure{{Name: "discrepancy", Value: mmd}}
	}
	return m
}
