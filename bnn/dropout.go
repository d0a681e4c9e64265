package bnn

import (
	"context"
	"slices"

	"github.com/elbo-go/elbo/internal/rng"
)

// fitDropout trains with dropout and keeps it on to predict: a draw is the trained network
// without a random share of its hidden units (Gal & Ghahramani 2016).
func fitDropout(ctx context.Context, r *trainer, n *Net) error {
	p := point{n.shape, r.c.Prior.SD, r.c.Dropout}
	arrays, err := r.mode(ctx, n, p, "dropout")
	if err != nil {
		return err
	}
	return n.draw(r, func(key rng.Key, _ int) weights {
		return thin(n.mean, n.shape, r.c.Dropout, key)
	}, r.c.Draws, arrays)
}

// thin returns the weights with hidden units left out: their rows in the next layer are 0, and
// those of the others are 1/(1−rate) as large.
func thin(w weights, s shape, rate float64, key rng.Key) weights {
	out := slices.Clone(w)
	for l := 1; l < s.layers(); l++ {
		u := make([]float32, s[l])
		key.Named(layerName(l)).Uniform(u)
		rows := slices.Clone(w[l].W)
		for i, v := range u {
			f := 1 / (1 - rate)
			if float64(v) < rate {
				f = 0
			}
			for j := range s[l+1] {
				rows[i*s[l+1]+j] *= f
			}
		}
		out[l].W = rows
	}
	return out
}
