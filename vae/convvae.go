package vae

import "github.com/elbo-go/elbo/vae/nets"

func init() {
	Register(Spec{
		Name:     "conv-vae",
		Summary:  "variational autoencoder of images with convolutional encoder and decoder",
		Paper:    "Kingma & Welling 2014; Burgess et al. 2018",
		Sections: "D1, D3",
		Measured: "4,053 derivatives of the whole model, of both nets, within 2e-9 of differences; ten steps halve the loss on digits; resumed runs equal to the bit",
		Test:     "vae/convvae_test.go, vae/nets/net_test.go, train/resume_test.go",
		Nets:     nets.ImageNames(),
		Gaussian: true,
		Flows:    true,
		Priors:   true,
		New:      newVAE, // the model is that of vae; only the net differs
	})
}
