package vae

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
	"github.com/elbo-go/elbo/vae/nets"
)

func init() {
	Register(Spec{
		Name:     "vae",
		Summary:  "variational autoencoder, by default with MLP encoder and decoder",
		Paper:    "Kingma & Welling 2014",
		Sections: "D1, D3, D4",
		Measured: "MNIST, 20 epochs: −ELBO 100.2, IS-NLL 95.1 (K = 500), 20 of 20 units active; ten steps equal those of PyTorch and of plain loops within 1e-9",
		Test:     "vae/vae_test.go, paper/mnist_test.go, docs/results/paper.txt",
		Nets:     nets.Names(),
		Flows:    true,
		Priors:   true,
		Gaussian: true,
		New:      newVAE,
	})
}

// newVAE builds the variational autoencoder,
//
//	L(x) = E_q(z|x)[ln p(x|z)] − KL(q(z|x) ‖ p(z)),  p(z) = N(0, I) or another of [Priors],
//	q(z|x) = N(μ(h), diag σ²(h)),  h = net(x),  p(x|z) with parameters net(z).
//
// With another posterior q(z|x) is bent by a flow (see flowed).
func newVAE(c Config) Model {
	if c.bent() {
		return newFlowed(c)
	}
	return Amortized{Size: c.Latent, Guide: c.GaussianGuide, Data: c.Mirrored, CodePrior: c.CodePrior}
}

// GaussianGuide is q(z|x) by the net's features.
func (c Config) GaussianGuide(s *model.Scope, x *g.Node) dist.Normal {
	return c.Heads(s, c.Features(s, x))
}

// Heads are μ and ln σ² of features h, the latter clamped to [−20, 20], as the remedies shape them.
func (c Config) Heads(s *model.Scope, h *g.Node) dist.Normal {
	logVar := g.ClipScalar(nn.Dense(s.In("logvar"), h, c.Latent), -20, 20)
	return c.remedied(s, nn.Dense(s.In("mean"), h, c.Latent), logVar)
}
