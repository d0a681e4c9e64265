package codes

import (
	"fmt"

	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vae/quant"
)

func init() {
	vae.Register(vae.Spec{
		Name:      "fsq-vae",
		Summary:   "autoencoder whose code is a map of rounded numbers, without a codebook, with a learned prior",
		Paper:     "Mentzer et al. 2024",
		Sections:  "D14",
		Measured:  "numbers and codes are a bijection for eleven level sets with up to 65,536 codes, L values a channel for L = 3 to 256; MNIST, 3 epochs: all of 1,000 codes used, 25.5 dB; error 14 and 15 % above that of vq-vae at some 4,096 and 256",
		Test:      "vae/quant/fsq_test.go, vae/codes/quantised_test.go, paper/vq_test.go",
		Surrogate: passedThrough,
		Nets:      codeNets,
		Layers:    vae.Config.DenseNet,
		Options: quantisedOptions(
			vae.Option{Name: "levels", Usage: "values that each number of a place is rounded to", Default: "8,6,5", Kind: vae.List, Min: 3, Max: quant.MaxLevels, Small: "3,4"},
			vae.Option{Name: "quantisers", Usage: "codes of a place, each of which cuts the cell of the one before again", Default: "1", Kind: vae.Whole, Min: 1, Max: 8},
		),
		Check:   checkFinite,
		Stages:  func(c vae.Config) []vae.Stage { return codeStages(c, quantised{c, finite(c)}.startSpread) },
		Indices: indicesOf(finite),
		New:     newQuantised(finite),
	})
}

// finite is the quantiser of the FSQ-VAE, whose loss is −ln p(x|z) alone.
func finite(c vae.Config) quant.Quantiser {
	return quant.Finite{Levels: c.List("levels"), Refine: c.Whole("quantisers")}
}

// checkFinite tells whether the levels have too many codes.
func checkFinite(c vae.Config) error {
	product := 1.
	for _, l := range c.List("levels") {
		product *= float64(l)
	}
	if product > quant.MaxFinite {
		return fmt.Errorf("vae: fsq-vae: levels: got %v with %.4g codes, want at most %d", c.List("levels"), product, quant.MaxFinite)
	}
	return nil
}
