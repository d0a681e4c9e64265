// Package adversarial holds models that learn beside a critic: of codes against draws from the prior, of codes
// against codes whose elements are mixed, and of rows against reconstructions and samples. The critic is a part of
// the parameters with a loss of its own, which is a route of the model's terms.
//
//	n, err := vae.NewNetwork("factor-vae", vae.Config{Dim: 784, Hidden: []int{400}, Latent: 10, Likelihood: "bernoulli", Sigma: 1,
//		Options: map[string]string{"gamma": "35"}}, params)
package adversarial
