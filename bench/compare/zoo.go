package main

import (
	"context"
	"fmt"
	"math"
	"strconv"
)

// Bars of the zoo: what others take at least, in times of elbo.
const (
	barMLP  = 2
	barConv = 1.2
)

// match is a model that elbo and its peers train on the same rows of MNIST, binarised at .5, or grey
// where the loss is a squared error.
type match struct {
	name, title string
	rows, batch int
	bar         float64
	model       string   // of `elbo train`
	own         []string // arguments of that
	pythae      string   // row of pythae_models.py
	torch       string   // script in plain PyTorch
	flags       []string // of that script
	steps       bool     // whether that script's times are of a step
}

// matches are sized so that an epoch of a peer takes a few seconds, and all of them ten minutes.
var matches = []match{
	{name: "mlp", title: "784-400-20 VAE", rows: 25_600, batch: 128, bar: barMLP, model: "vae",
		pythae: "mlp", torch: "speed_torch.py", flags: []string{"--mode", "eager"}},
	{name: "beta", title: "β-VAE of the same net, β = 4", rows: 25_600, batch: 128, bar: barMLP, model: "beta-vae", own: []string{"--beta", "4"}, pythae: "beta"},
	{name: "vamp", title: "784-400-40 VAE with the VampPrior of 500 pseudo-inputs", rows: 12_800, batch: 100, bar: barMLP,
		model: "vae", own: []string{"--latent", "40", "--prior", "vamp", "--components", "500", "--pseudo", "noise"}, pythae: "vamp"},
	{name: "iwae", title: "784-200-200-50 VAE by the importance-weighted bound, K = 50", rows: 2_000, batch: 100, bar: barMLP,
		model: "vae", own: []string{"--hidden", "200,200", "--latent", "50", "--bound", "iwae", "--samples", "50"}, pythae: "iwae"},
	{name: "conv", title: "convolutional VAE", rows: 12_800, batch: 128, bar: barConv, model: "conv-vae",
		pythae: "conv", torch: "torch_conv_vae.py", flags: []string{"--speed", "--pixels", "threshold"}, steps: true},
	{name: "vq", title: "VQ-VAE, 128 codes that follow moving averages and are reset, cross-entropy", rows: 6_400, batch: 128, bar: barConv,
		model: "vq-vae", own: []string{"--code-prior", "uniform"}, torch: "vqvae_torch.py", flags: []string{"--speed", "--pixels", "threshold"}, steps: true},
	{name: "vq-pythae", title: "VQ-VAE as Pythae has it: no resets, squared error", rows: 6_400, batch: 128, bar: barConv,
		model: "vq-vae", own: []string{"--code-prior", "uniform", "--code-start", "random", "--reset", "0", "--likelihood", "gaussian", "--sigma", "0.7071", "--binarize", "none"},
		pythae: "vq"},
}

// zoo lists the suites of the matches.
func (r runner) zoo() []suite {
	var out []suite
	for _, m := range matches {
		m.rows = sized(m.rows, m.batch, r.share)
		out = append(out, suite{m.name, fmt.Sprintf("%s, an epoch of %d rows, batch %d", m.title, m.rows, m.batch), r.contestants(m), m.bar})
	}
	return out
}

// sized is a share of some rows in whole batches, of which there is one at least.
func sized(rows, batch int, share float64) int {
	return max(1, int(math.Round(float64(rows)*share/float64(batch)))) * batch
}

// contestants are elbo and the peers of a match.
func (r runner) contestants(m match) []contestant {
	rows, size := strconv.Itoa(m.rows), strconv.Itoa(m.batch)
	own := append([]string{"--batch", size, "--max-rows", rows}, m.own...)
	list := []contestant{{"elbo", func(ctx context.Context) ([]float64, error) {
		return r.trains(ctx, r.engine(""), float64(m.rows), m.model, own...)
	}}}
	if m.pythae != "" {
		list = append(list, r.peer("pythae", "pythae_models.py", "--speed", "--data", "mnist", "--row", m.pythae,
			"--batch", size, "--rows", rows, "--epochs", strconv.Itoa(r.epochs+1)))
	}
	if m.torch == "" {
		return list
	}
	epochs, each := r.epochs, 1.
	if m.steps {
		epochs, each = epochs+1, float64(m.rows/m.batch) // such a script counts the first one too
	}
	flags := append([]string{"--rows", rows, "--epochs", strconv.Itoa(epochs)}, m.flags...)
	return append(list, r.peer("torch eager", m.torch, flags...).times(each))
}

// times multiplies the seconds of a contestant.
func (c contestant) times(n float64) contestant {
	return contestant{c.name, func(ctx context.Context) ([]float64, error) {
		seconds, err := c.run(ctx)
		for i := range seconds {
			seconds[i] *= n
		}
		return seconds, err
	}}
}
