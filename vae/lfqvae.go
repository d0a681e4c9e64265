package vae

import "github.com/elbo-go/elbo/vae/quant"

func init() {
	Register(Spec{
		Name:      "lfq-vae",
		Summary:   "autoencoder whose code is a map of signs, without a codebook, with a learned prior",
		Paper:     "Yu et al. 2024",
		Sections:  "D14",
		Measured:  "both entropies equal sums over all codes within 1e-11, 2¹⁶ numbers and back",
		Test:      "vae/quant/lfq_test.go, vae/quantised_test.go",
		Surrogate: passedThrough,
		Nets:      codeNets,
		Options: quantisedOptions(
			Option{Name: "bits", Usage: "signs of a place", Default: "8", Kind: Whole, Min: 1, Max: quant.MaxBits, Small: "2"},
			Option{Name: "commit", Usage: "weight of the distance of features to their signs", Default: "0.25", Kind: Number, Min: 0, Max: 1e6},
			Option{Name: "entropy", Usage: "weight of the entropy of a place's own code less that of all codes", Default: "0.1", Kind: Number, Min: 0, Max: 1e6},
			Option{Name: "sharpness", Usage: "how sure of a code at distance 1 the entropies take a place to be, 1/τ", Default: "1", Kind: Number, Min: 1e-3, Max: 1e3},
		),
		Stages:  func(c Config) []Stage { return c.codeStages(quantised{c, c.signs()}.startSpread) },
		Indices: indicesOf(Config.signs),
		New:     newQuantised(Config.signs),
	})
}

// signs is the quantiser of the LFQ-VAE, whose loss is −ln p(x|z) with the commitment and the entropy
// penalty of [quant.Signs].
func (c Config) signs() quant.Quantiser {
	return quant.Signs{Bits: c.whole("bits"), Commit: c.number("commit"), Entropy: c.number("entropy"), Temperature: 1 / c.number("sharpness")}
}
