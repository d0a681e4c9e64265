package approx

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/elbo-go/elbo/internal/discrete"
	"github.com/elbo-go/elbo/internal/par"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/pgm"
)

// ErrNoWeight is the error of samples none of which agrees with the evidence, which may be
// impossible or rare.
var ErrNoWeight = errors.New("pgm: approx: weighting: got no sample that agrees with the evidence, want some; try more draws")

// chunk is how many draws are made by one generator.
const chunk = 256

// Weighting is likelihood weighting in a Bayesian network (Fung & Chang 1990; Shachter & Peot
// 1990): variables are drawn from their tables, parents first, evidence stays as it was seen, and
// a sample has the weight w = Π p(seen | parents). Then P(evidence) ≈ mean w, and
// p(x | evidence) ≈ Σ w 1[x] / Σ w. The graph is one that Network.Graph makes.
func Weighting(ctx context.Context, g *pgm.Graph, e pgm.Evidence, c Config) (*Result, error) {
	if c.Draws < 2 {
		return nil, fmt.Errorf("pgm: approx: weighting: config: got %d draws, want at least 2", c.Draws)
	}
	if err := e.Check(g.Vars); err != nil {
		return nil, err
	}
	n, err := g.Network()
	if err != nil {
		return nil, err
	}
	w, err := newWeighting(n, e)
	if err != nil {
		return nil, err
	}
	key, chunks := rng.New(c.Seed).Named("weighting"), (c.Draws+chunk-1)/chunk
	samples := newSamples(len(g.Vars), c.Draws)
	const together = 64 // chunks between looks at the context
	for at := 0; at < chunks; at += together {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		par.Each(min(together, chunks-at), func(i int) {
			from := (at + i) * chunk
			w.draw(key.At(uint64(at+i)).Rand(), samples, from, min(from+chunk, c.Draws))
		})
		if c.Progress != nil {
			c.Progress(Record{Sweep: min((at+together)*chunk, c.Draws)})
		}
	}
	return samples.result(g.Card(), e)
}

// weighting is a network, as probabilities, and what was seen of it.
type weighting struct {
	network  *pgm.Network
	evidence pgm.Evidence
	order    []int
	prob     [][]float64 // of each table
	sum      [][]float64 // ln of what each row sums to: 0 but for what files round
}

func newWeighting(n *pgm.Network, e pgm.Evidence) (*weighting, error) {
	order, err := n.Order()
	if err != nil {
		return nil, err
	}
	w := &weighting{network: n, evidence: e, order: order}
	for v, f := range n.Tables {
		prob, k := slices.Clone(f.Log), len(n.Vars[v].States)
		var sums []float64
		for row := range slices.Chunk(prob, k) {
			sums = append(sums, discrete.Softmax(row))
		}
		w.prob, w.sum = append(w.prob, prob), append(w.sum, sums)
	}
	return w, nil
}

// draw makes the samples from … to−1.
func (w *weighting) draw(r *rand.Rand, s *samples, from, to int) {
	x := make([]int, len(w.order))
	for i := from; i < to; i++ {
		for _, v := range w.order {
			row, k := 0, len(w.network.Vars[v].States)
			for _, p := range w.network.Parents[v] {
				row = row*len(w.network.Vars[p].States) + x[p]
			}
			if seen, is := w.evidence[v]; is {
				x[v] = seen
				s.log[i] += w.network.Tables[v].Log[row*k+seen]
				continue
			}
			s.log[i] += w.sum[v][row]
			x[v] = discrete.Pick(r, w.prob[v][row*k:row*k+k])
		}
		for v, state := range x {
			s.states[v][i] = int32(state)
		}
	}
}
