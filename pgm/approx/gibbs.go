package approx

import (
	"context"
	"fmt"
	"math"

	"github.com/elbo-go/elbo/internal/discrete"
	"github.com/elbo-go/elbo/internal/par"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/pgm"
)

// Gibbs draws every variable in turn from its conditional distribution given the others
// (Geman & Geman 1984), variables that zeros tie together at once, in chains of their own.
// Marginals are means of these conditional distributions (Gelfand & Smith 1990); standard
// errors come from batch means, RHat and ESS from the states.
func Gibbs(ctx context.Context, g *pgm.Graph, e pgm.Evidence, c Config) (*Result, error) {
	if c.Sweeps < 4 || c.Chains < 1 || c.Burn < 0 {
		return nil, fmt.Errorf("pgm: approx: gibbs: config: got %d sweeps, %d chains and %d to burn, want at least 4, 1 and 0", c.Sweeps, c.Chains, c.Burn)
	}
	b, err := possibleBlocks(g, e)
	if err != nil {
		return nil, err
	}
	key, runs := rng.New(c.Seed).Named("gibbs"), make([]*monitored, c.Chains)
	for i := range runs {
		runs[i] = monitor(newChain(b, key.At(uint64(i)).Rand()))
	}
	batches := 2 * max(1, int(math.Sqrt(float64(c.Sweeps))/2))
	size := (c.Sweeps + batches - 1) / batches
	for done := 0; done < c.Burn; done += size {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		par.Each(c.Chains, func(i int) { runs[i].burn(min(size, c.Burn-done)) })
	}
	for n := range batches {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		par.Each(c.Chains, func(i int) { runs[i].batch(size, 2*n/batches) })
		if c.Progress != nil {
			r := b.diagnose(runs, n+1, size)
			c.Progress(Record{Sweep: (n + 1) * size, Change: discrete.Largest(r.RHat) - 1})
		}
	}
	r := b.diagnose(runs, batches, size)
	r.Sweeps = c.Burn + batches*size
	return r, nil
}

// possibleBlocks are the blocks of a model that has an assignment.
func possibleBlocks(g *pgm.Graph, e pgm.Evidence) (*blocks, error) {
	p, err := newProblem(g, e)
	if err != nil {
		return nil, err
	}
	b, err := newBlocks(p)
	if err != nil {
		return nil, err
	}
	if !b.possible() {
		return nil, pgm.ErrImpossible
	}
	return b, nil
}

// table is a number for every state of every variable.
func (p *problem) table() [][]float64 {
	t := make([][]float64, len(p.card))
	for v, k := range p.card {
		t[v] = make([]float64, k)
	}
	return t
}

// monitored is a chain and what its batches sum to.
type monitored struct {
	*chain
	mean   [][]float64    // of this batch, of the conditional distributions
	sum    [][]float64    // of the means of the batches
	square [][]float64    // of their squares
	visits [2][][]float64 // of each state, by half of the chain
	own    [][]float64    // visits of this batch
	spread [][]float64    // Σ squares of the batch means of visits
	swept  [2]float64     // sweeps of each half
}

func monitor(c *chain) *monitored {
	return &monitored{chain: c, mean: c.table(), sum: c.table(), square: c.table(),
		visits: [2][][]float64{c.table(), c.table()}, own: c.table(), spread: c.table()}
}

func (m *monitored) burn(sweeps int) {
	for range sweeps {
		for i := range m.list {
			m.draw(i, 1)
		}
	}
}

// batch makes sweeps and notes their means.
func (m *monitored) batch(sweeps, half int) {
	for range sweeps {
		for i := range m.list {
			m.draw(i, 1)
			m.add(i, 1/float64(sweeps), m.mean)
			for slot, v := range m.list[i].vars {
				m.own[v][m.state(i, slot)]++
			}
		}
	}
	m.swept[half] += float64(sweeps)
	for v := range m.mean {
		for s, x := range m.mean[v] {
			m.sum[v][s] += x
			m.square[v][s] += x * x
			n := m.own[v][s]
			m.visits[half][v][s] += n
			n /= float64(sweeps)
			m.spread[v][s] += n * n
		}
		clear(m.mean[v])
		clear(m.own[v])
	}
}
