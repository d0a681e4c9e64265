// Package curved holds models whose codes lie on a curved surface: on a sphere, for directions, and in
// hyperbolic space, for trees.
//
//	n, err := vae.NewNetwork("s-vae", vae.Config{Dim: 784, Hidden: []int{400}, Latent: 3, Likelihood: "bernoulli", Sigma: 1}, params)
//	z, _, err := n.Encode(ctx, x) // means within the sphere
package curved
