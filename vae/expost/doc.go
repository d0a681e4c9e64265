// Package expost holds autoencoders whose prior is found after their code: a mixture of normal distributions
// that is fitted to the codes, or a second VAE of them. They train in stages (see [vae.Stage]).
//
//	n, err := vae.NewNetwork("rae-l2", vae.Config{Dim: 784, Hidden: []int{400}, Latent: 16, Likelihood: "gaussian", Sigma: 1}, params)
//	stages := n.Config.Stages() // "autoencoder", and "mixture" that only fits
package expost
