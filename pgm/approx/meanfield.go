package approx

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/elbo-go/elbo/internal/discrete"
	"github.com/elbo-go/elbo/pgm"
)

// MeanField is naive mean field by coordinate ascent from uniform q: LogZ is the bound
//
//	L(q) = Σ_f E_q[ln φ_f] + Σᵢ H(qᵢ) ≤ ln Z,  ln qᵢ = E[Σ_f∋i ln φ_f] + constant
//
// (Wainwright & Jordan 2008, eq. 5.5). A bound that falls by more than 1e-9·|L| is an error.
// Factors have to be positive: E ln 0 would be −∞.
func MeanField(ctx context.Context, g *pgm.Graph, e pgm.Evidence, c Config) (*Result, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	p, err := newProblem(g, e)
	if err != nil {
		return nil, err
	}
	if err := p.allPositive("mean field"); err != nil {
		return nil, err
	}
	q := p.uniform()
	return c.climb(ctx, q, p.elbo(q), func() (float64, float64, error) {
		change := p.ascend(q)
		return change, p.elbo(q), nil
	})
}

// climb repeats a sweep that raises a bound.
func (c Config) climb(ctx context.Context, q [][]float64, bound float64, sweep func() (change, bound float64, err error)) (*Result, error) {
	n := 0
	last, err := c.settle(ctx, func() (Record, error) {
		change, now, err := sweep()
		if n++; err == nil && now < bound-1e-9*math.Abs(bound) {
			err = fmt.Errorf("pgm: approx: mean field: sweep %d: got a bound of %g, want at least %g", n, now, bound)
		}
		bound = now
		return Record{Change: change, Bound: now}, err
	})
	if err != nil && !errors.Is(err, ErrNotConverged) {
		return nil, err
	}
	return &Result{LogZ: bound, Marginals: q, Sweeps: last.Sweep, Change: last.Change}, err
}

// uniform is q of equal probabilities, and of what was seen.
func (p *problem) uniform() [][]float64 {
	q := make([][]float64, len(p.card))
	for v, k := range p.card {
		q[v] = make([]float64, k)
		if s, seen := p.evidence[v]; seen {
			q[v][s] = 1
			continue
		}
		for s := range q[v] {
			q[v][s] = 1 / float64(k)
		}
	}
	return q
}

// expected adds E[ln φ_f | x_k] under q to the states of the variable at place k.
func (p *problem) expected(f *pgm.Factor, q [][]float64, k int, sum []float64) {
	states := make([]int, len(f.Vars))
	for _, x := range f.Log {
		w := 1.
		for j, v := range f.Vars {
			if j != k {
				w *= q[v][states[j]]
			}
		}
		sum[states[k]] += w * x
		next(states, f.Card)
	}
}

// ascend sets each qᵢ to its best given the others and returns the largest change.
func (p *problem) ascend(q [][]float64) (change float64) {
	for v, k := range p.card {
		if _, seen := p.evidence[v]; seen {
			continue
		}
		best := make([]float64, k)
		for _, at := range p.at[v] {
			p.expected(p.factors[at.factor], q, at.slot, best)
		}
		discrete.Softmax(best)
		for s, x := range best {
			change = max(change, math.Abs(x-q[v][s]))
		}
		q[v] = best
	}
	return change
}

// elbo is L(q).
func (p *problem) elbo(q [][]float64) float64 {
	sum := p.constant
	for _, f := range p.factors {
		by := make([]float64, f.Card[0])
		p.expected(f, q, 0, by)
		sum += mean(q[f.Vars[0]], by)
	}
	for _, p := range q {
		sum += entropy(p)
	}
	return sum
}
