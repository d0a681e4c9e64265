package approx

import (
	"context"
	"fmt"
	"math"

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
	m, err := newMessages(g, e)
	if err != nil {
		return nil, err
	}
	for i, f := range m.factors {
		for _, x := range f.Log {
			if math.IsInf(x, -1) {
				return nil, fmt.Errorf("pgm: approx: mean field: factor %d: got a value of 0, want positive ones", i)
			}
		}
	}
	q := m.uniform()
	last := m.bound(q)
	for sweep := 1; ; sweep++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		change := m.ascend(q)
		now := m.bound(q)
		if c.Progress != nil {
			c.Progress(Record{Sweep: sweep, Change: change, Bound: now})
		}
		if now < last-1e-9*math.Abs(last) {
			return nil, fmt.Errorf("pgm: approx: mean field: sweep %d: got a bound of %g, want at least %g", sweep, now, last)
		}
		r := &Result{LogZ: now, Marginals: q, Sweeps: sweep}
		if last = now; change <= c.Tolerance {
			return r, nil
		}
		if sweep == c.Sweeps {
			return r, ErrNotConverged
		}
	}
}

// uniform is q of equal probabilities, and of what was seen.
func (m *messages) uniform() [][]float64 {
	q := make([][]float64, len(m.card))
	for v, k := range m.card {
		q[v] = make([]float64, k)
		if s, seen := m.evidence[v]; seen {
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
func (m *messages) expected(f *pgm.Factor, q [][]float64, k int, sum []float64) {
	states := make([]int, len(f.Vars))
	for _, x := range f.Log {
		p := 1.
		for j, v := range f.Vars {
			if j != k {
				p *= q[v][states[j]]
			}
		}
		sum[states[k]] += p * x
		for j := len(states) - 1; j >= 0; j-- {
			if states[j]++; states[j] < f.Card[j] {
				break
			}
			states[j] = 0
		}
	}
}

// ascend sets each qᵢ to its best given the others and returns the largest change.
func (m *messages) ascend(q [][]float64) (change float64) {
	for v, k := range m.card {
		if _, seen := m.evidence[v]; seen {
			continue
		}
		sum := make([]float64, k)
		for _, at := range m.at[v] {
			m.expected(m.factors[at[0]], q, at[1], sum)
		}
		best := pgm.Factor{Vars: []int{v}, Card: []int{k}, Log: sum}
		best.Normalise()
		for s, x := range best.Log {
			p := math.Exp(x)
			change = max(change, math.Abs(p-q[v][s]))
			q[v][s] = p
		}
	}
	return change
}

// bound is L(q).
func (m *messages) bound(q [][]float64) float64 {
	sum := m.constant
	for _, f := range m.factors {
		by := make([]float64, f.Card[0])
		m.expected(f, q, 0, by)
		for s, x := range by {
			sum += q[f.Vars[0]][s] * x
		}
	}
	for _, p := range q {
		for _, x := range p {
			if x > 0 {
				sum -= x * math.Log(x)
			}
		}
	}
	return sum
}
