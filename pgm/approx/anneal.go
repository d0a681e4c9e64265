package approx

import (
	"context"
	"fmt"

	"github.com/elbo-go/elbo/internal/discrete"
	"github.com/elbo-go/elbo/internal/par"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/pgm"
)

// Anneal is annealed importance sampling of ln Z (Neal 2001). Blocks start independent, at their
// own factors, whose Z₀ is known; the factors between blocks come in as φ^β with β from 0 to 1
// in Sweeps equal steps. A run that draws every block at each β on its way has
//
//	ln w = Σ_t (β_t − β_{t−1}) Σ_between ln φ(x_{t−1}),  Z ≈ Z₀ · mean w,
//
// of which Draws are made. A mean of w is without bias, so that LogZ is below ln Z in the mean.
func Anneal(ctx context.Context, g *pgm.Graph, e pgm.Evidence, c Config) (*Result, error) {
	if c.Sweeps < 1 || c.Draws < 2 {
		return nil, fmt.Errorf("pgm: approx: annealing: config: got %d sweeps and %d draws, want at least 1 and 2", c.Sweeps, c.Draws)
	}
	b, err := possibleBlocks(g, e)
	if err != nil {
		return nil, err
	}
	key, s := rng.New(c.Seed).Named("anneal"), newSamples(len(b.card), c.Draws)
	const together = 16 // runs between looks at the context
	for from := 0; from < c.Draws; from += together {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n := min(together, c.Draws-from)
		par.Each(n, func(i int) {
			run := newChain(b, key.At(uint64(from+i)).Rand())
			s.log[from+i] = run.anneal(c.Sweeps)
			for k := range b.list {
				for slot, v := range b.list[k].vars {
					s.states[v][from+i] = int32(run.state(k, slot))
				}
			}
		})
		if c.Progress != nil {
			c.Progress(Record{Sweep: from + n})
		}
	}
	r, err := s.result(b.card, e)
	if err != nil {
		return nil, err
	}
	r.LogZ += b.constant
	for _, k := range b.list {
		own := append([]float64(nil), k.own...)
		r.LogZ += discrete.Softmax(own)
	}
	return r, nil
}

// anneal goes from β = 0 to 1 and returns ln w.
func (c *chain) anneal(steps int) (log float64) {
	for t := 1; t <= steps; t++ {
		log += c.between() / float64(steps)
		beta := float64(t) / float64(steps)
		for i := range c.list {
			c.draw(i, beta)
		}
	}
	return log
}
