// Package hierarchy holds models that draw their latents in groups, each given those before it: the plain
// hierarchy of layers, the ladder, and residual cells. A model states its generator and its guide; the code, the
// bound by group and its warm-up are those of one type for all.
//
//	n, err := vae.NewNetwork("ladder-vae", vae.Config{Dim: 784, Hidden: []int{256}, Latent: 1, Likelihood: "bernoulli", Sigma: 1,
//		Options: map[string]string{"layers": "64,32,16"}}, params)
//	again, err := n.Resample(ctx, codes, 1, key) // the top kept, all below drawn anew
package hierarchy
