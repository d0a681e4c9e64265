package approx

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/elbo-go/elbo/internal/discrete"
	"github.com/elbo-go/elbo/pgm"
)

// Dual looks for a most probable assignment by descent of the dual of its linear relaxation
// (MPLP, Globerson & Jaakkola 2007; Sontag, Globerson & Jaakkola 2011, section 1.5),
//
//	max_x Σ_f ln φ_f(x) ≤ Σᵢ max Σ_f δ_fi(xᵢ) + Σ_f max (ln φ_f(x) − Σ_i∈f δ_fi(xᵢ)),
//
// for any δ. A factor in turn shares the maxima of what it and the others say evenly among its n
// variables,
//
//	δ_fi(xᵢ) = −δᵢ(xᵢ) + 1/n max (ln φ_f + Σ_j∈f δ_j(x_j)),  δ_j = Σ_g≠f δ_gj,
//
// which never raises the bound. Where the value of the assignment reaches the bound it is the
// best there is. Factors have to be positive.
func Dual(ctx context.Context, g *pgm.Graph, e pgm.Evidence, c Config) (*Best, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	p, err := newProblem(g, e)
	if err != nil {
		return nil, err
	}
	if err := p.allPositive("dual"); err != nil {
		return nil, err
	}
	m, err := messagesOf(p)
	if err != nil {
		return nil, err
	}
	m.max = true
	bound, n := math.Inf(1), 0
	last, moving := c.settle(ctx, func() (Record, error) {
		for v := range m.sum {
			m.refresh(v)
		}
		for f := range m.factors {
			m.share(f)
		}
		now := m.ceiling()
		fall := bound - now
		if n++; n == 1 {
			fall = math.Inf(1)
		} else if fall < -1e-9*math.Abs(bound) {
			return Record{}, fmt.Errorf("pgm: approx: dual: sweep %d: got a bound of %g, want at most %g", n, now, bound)
		}
		bound = now
		return Record{Change: max(0, fall), Bound: now}, nil
	})
	if moving != nil && !errors.Is(moving, ErrNotConverged) {
		return nil, moving
	}
	b := &Best{Bound: bound, Sweeps: last.Sweep, Change: last.Change, Ties: m.shared()}
	if err := b.climb(g, p, m.decode(), m.argmax()); err != nil {
		return nil, err
	}
	b.Messages = m.sent
	return b, moving
}

// share sets the δ of a factor, after which its own maximum is 0.
func (m *messages) share(f int) {
	phi := m.factors[f]
	for j, v := range phi.Vars {
		m.in[j] = m.buf[0][j][:m.card[v]]
		for s, x := range m.m[f][j] {
			m.in[j][s] = m.sum[v][s] - x
		}
	}
	for k, v := range phi.Vars {
		for s, x := range maxima.contract(phi.Log, phi.Card, m.in, k, &m.table) {
			m.sum[v][s] = (x + m.in[k][s]) / float64(len(phi.Vars))
			m.m[f][k][s] = m.sum[v][s] - m.in[k][s]
		}
		m.sent++
	}
}

// ceiling is the bound after every factor had its turn.
func (m *messages) ceiling() float64 {
	bound := m.constant
	for v, sum := range m.sum {
		if _, seen := m.evidence[v]; !seen {
			bound += discrete.Largest(sum)
		}
	}
	return bound
}
