package vae

import (
	"context"
	"math"

	"github.com/elbo-go/elbo/internal/rng"
)

// spreadDraws is the number of draws behind the moments of a prior: they are within 5 % of a standard
// deviation with a probability of .998.
const spreadDraws = 4096

// PriorSpread returns mean and standard deviation of every element of codes under the prior: those of
// N(0, I), or of draws with a key of their own, which are always the same.
func (n *Network) PriorSpread(ctx context.Context) (mean, sd []float64, err error) {
	l := n.Config.Latent
	mean, sd = make([]float64, l), make([]float64, l)
	if n.spec().Priors && n.Config.priorFamily().closed {
		for j := range sd {
			sd[j] = 1
		}
		return mean, sd, nil
	}
	z, err := n.Prior(ctx, spreadDraws, rng.New(0).Named("spread"))
	if err != nil {
		return nil, nil, err
	}
	w := n.CodeWidth()
	for j := range l {
		for i := j; i < len(z); i += w {
			mean[j] += float64(z[i]) / spreadDraws
		}
		for i := j; i < len(z); i += w {
			d := float64(z[i]) - mean[j]
			sd[j] += d * d / spreadDraws
		}
		sd[j] = math.Sqrt(sd[j])
	}
	return mean, sd, nil
}
