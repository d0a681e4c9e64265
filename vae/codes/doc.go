// Package codes holds models whose code is a map of whole numbers: entries of codebooks, rounded numbers,
// signs or categories by relaxed draws, with a prior of the numbers that is learned in a second stage.
// The quantisers themselves are in vae/quant.
//
//	n, err := vae.NewNetwork("vq-vae", vae.Config{Dim: 784, Shape: []int{28, 28}, Channels: []int{32, 64}, Likelihood: "bernoulli", Sigma: 1,
//		Latent: 1, Options: map[string]string{"codes": "256"}}, params)
//	maps := n.CodeMaps() // one of 7×7 numbers below 256
package codes
