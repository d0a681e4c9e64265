package codes

import (
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vae/quant"
)

func init() {
	vae.Register(vae.Spec{
		Name:      "lfq-vae",
		Summary:   "autoencoder whose code is a map of signs, without a codebook, with a learned prior",
		Paper:     "Yu et al. 2024",
		Sections:  "D14",
		Measured:  "both entropies equal sums over all codes within 1e-11, 2¹⁶ numbers and back; MNIST, 3 epochs: 98 % of 1,024 codes used, 23.9 dB",
		Test:      "vae/quant/lfq_test.go, vae/codes/quantised_test.go, paper/vq_test.go",
		Surrogate: passedThrough,
		Nets:      codeNets,
		Layers:    vae.Config.DenseNet,
		Options: quantisedOptions(
			vae.Option{Name: "bits", Usage: "signs of a place", Default: "8", Kind: vae.Whole, Min: 1, Max: quant.MaxBits, Small: "2"},
			vae.Option{Name: "commit", Usage: "weight of the distance of features to their signs", Default: "0.25", Kind: vae.Number, Min: 0, Max: 1e6},
			vae.Option{Name: "entropy", Usage: "weight of the entropy of a place's own code less that of all codes", Default: "0.1", Kind: vae.Number, Min: 0, Max: 1e6},
			vae.Option{Name: "sharpness", Usage: "how sure of a code at distance 1 the entropies take a place to be, 1/τ", Default: "1", Kind: vae.Number, Min: 1e-3, Max: 1e3},
		),
		Stages:  func(c vae.Config) []vae.Stage { return codeStages(c, quantised{c, signs(c)}.startSpread) },
		Indices: indicesOf(signs),
		New:     newQuantised(signs),
	})
}

// signs is the quantiser of the LFQ-VAE, whose loss is −ln p(x|z) with the commitment and the entropy
// penalty of [quant.Signs].
func signs(c vae.Config) quant.Quantiser {
	return quant.Signs{Bits: c.Whole("bits"), Commit: c.Number("commit"), Entropy: c.Number("entropy"), Temperature: 1 / c.Number("sharpness")}
}
