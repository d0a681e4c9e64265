package vae

import "github.com/elbo-go/elbo/vae/nets"

func init() {
	Register(Spec{
		Name:     "beta-vae",
		Summary:  "VAE that weighs its KL term by β, 4 unless --beta says otherwise",
		Paper:    "Higgins et al. 2017",
		Sections: "D5",
		Measured: "digits, 20 epochs: KL 8.4 nats and reconstruction −108.3 at β = 4, against 23.1 and −76.8 of the VAE; on MNIST the trade is monotone over β",
		Test:     "vae/betavae_test.go, paper/beta_test.go",
		Nets:     nets.Names(),
		Flows:    true,
		Priors:   true,
		Gaussian: true,
		Usual:    Usual{Beta: 4},
		// L(x) = E_q(z|x)[ln p(x|z)] − β KL(q(z|x) ‖ p(z)) (Higgins et al. 2017, eq. 4): the model is
		// that of vae, whose training weighs the terms.
		New: newVAE,
	})
}
