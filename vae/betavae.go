package vae

func init() {
	Register(Spec{
		Name:     "beta-vae",
		Summary:  "VAE that weighs its KL term by β, 4 unless --beta says otherwise",
		Paper:    "Higgins et al. 2017",
		Sections: "D5",
		Measured: "MNIST",
		Test:     "vae/betavae_test.go",
		Nets:     everyNet,
		Flows:    true,
		Priors:   true,
		Gaussian: true,
		Usual:    Usual{Beta: 4},
		// L(x) = E_q(z|x)[ln p(x|z)] − β KL(q(z|x) ‖ p(z)) (Higgins et al. 2017, eq. 4): the model is
		// that of vae, whose training weighs the terms.
		New: newVAE,
	})
}
