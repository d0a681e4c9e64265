// Package labels holds models that know the class of some or all rows, or a part of each row: the
// conditional VAE, those of Kingma et al. 2014 that find the classes of rows few of which show theirs, and the
// completion of images. Their rows and codes end with the class (see [vae.Spec.Labels]); networks see classes by
// the functions of given.go.
//
//	n, err := vae.NewNetwork("cvae", vae.Config{Dim: 784, Hidden: []int{400}, Latent: 20, Classes: 10, Likelihood: "bernoulli", Sigma: 1}, params)
//	sevens, err := n.PriorOf(ctx, 16, 7, key) // codes of a class, to decode
package labels
