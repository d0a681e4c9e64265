package vae

import "github.com/elbo-go/elbo/vae/nets"

func init() {
	Register(Spec{
		Name:     "disentangled-beta-vae",
		Summary:  "VAE whose code is held to a number of nats that rises in training",
		Paper:    "Burgess et al. 2018",
		Sections: "D5, D6",
		Measured: "digits, 20 epochs: KL 25.5 nats at a capacity of 25, −ELBO 104.4; the cost is 0 at the capacity and γ a nat beside it",
		Test:     "vae/betavae_test.go, vi/rate_test.go",
		Nets:     nets.Names(),
		Flows:    true,
		Priors:   true,
		Gaussian: true,
		Usual:    Usual{Capacity: 25},
		// L(x) = E_q(z|x)[ln p(x|z)] − γ |KL(q(z|x) ‖ p(z)) − C| (Burgess et al. 2018, eq. 8) with the
		// mean KL of a batch, and C from 0 to --capacity: the model is that of vae, whose training
		// weighs the terms (see [vi.Rate]).
		New: newVAE,
	})
}
