// Package approx answers questions about discrete graphical models approximately: loopy belief
// propagation, tree-reweighted bounds from above and mean field from below.
package approx

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/elbo-go/elbo/pgm"
)

// ErrNotConverged is the error of messages that still move after the last sweep; the result
// that comes with it is where they stood.
var ErrNotConverged = errors.New("pgm: approx: messages: got none that stand still, want convergence; try damping")

// Config says how long and how carefully messages are passed.
type Config struct {
	// Sweeps is the most sweeps over all factors.
	Sweeps int
	// Tolerance is the largest change of a log message, or of a mean, that counts as none.
	Tolerance float64
	// Damping is the part of the old log message that is kept, from 0 to below 1.
	Damping float64
	// Progress, where it is set, gets a record after every sweep.
	Progress func(Record)
}

// Record is what is known after a sweep.
type Record struct {
	// Sweep counts from 1.
	Sweep int
	// Change is the largest change of this sweep.
	Change float64
	// Bound is the value of mean field's bound; message passing leaves it 0.
	Bound float64
}

// Default is 2,000 sweeps to 1e-12 without damping.
func Default() Config { return Config{Sweeps: 2000, Tolerance: 1e-12} }

func (c Config) check() error {
	if c.Sweeps < 1 || !(c.Tolerance > 0) || !(c.Damping >= 0 && c.Damping < 1) {
		return fmt.Errorf("pgm: approx: config: got %d sweeps, tolerance %g, damping %g, want at least 1, above 0, and from 0 to below 1",
			c.Sweeps, c.Tolerance, c.Damping)
	}
	return nil
}

// Result is an approximation of ln Z and of the marginals.
type Result struct {
	// LogZ is the value that stands for ln Z, or ln P(evidence).
	LogZ float64
	// Marginals are those of every variable; those of evidence are 0 and 1.
	Marginals [][]float64
	// Sweeps is how many there were.
	Sweeps int
}

// Belief is loopy belief propagation, factor by factor, and Bethe's approximation
//
//	ln Z ≈ Σ_f E[ln φ_f] + Σ_f H_f + Σᵢ (1 − dᵢ) Hᵢ,
//
// exact on trees (Yedidia, Freeman & Weiss 2005, eq. 37).
func Belief(ctx context.Context, g *pgm.Graph, e pgm.Evidence, c Config) (*Result, error) {
	m, err := newMessages(g, e)
	if err != nil {
		return nil, err
	}
	return m.run(ctx, c)
}

// messages are those of all factors to their variables, as factors of one variable. With the
// powers ρ, the messages are (Wainwright, Jaakkola & Willsky 2005, section IV)
//
//	m_f→i(xᵢ) ∝ Σ φ_f^(1/ρ_f) Π_j≠i [Π_g m_g→j^ρ_g / m_f→j].
type messages struct {
	card     []int
	factors  []*pgm.Factor
	constant float64
	evidence pgm.Evidence
	rho      []float64
	to       [][]*pgm.Factor // by factor and place in its scope
	at       [][][2]int      // by variable: factor and place
}

func newMessages(g *pgm.Graph, e pgm.Evidence) (*messages, error) {
	factors, constant, err := g.Reduce(e)
	if err != nil {
		return nil, err
	}
	m := &messages{card: g.Card(), factors: factors, constant: constant, evidence: e, at: make([][][2]int, len(g.Vars))}
	for i, f := range factors {
		m.rho = append(m.rho, 1)
		to := make([]*pgm.Factor, len(f.Vars))
		for k, v := range f.Vars {
			to[k] = pgm.Product([]int{v}, []int{f.Card[k]}, nil)
			to[k].Normalise()
			m.at[v] = append(m.at[v], [2]int{i, k})
		}
		m.to = append(m.to, to)
	}
	return m, nil
}

// belief is Π_g m_g→v^ρ_g, over the message of the factor but where that is −1.
func (m *messages) belief(v, but int) *pgm.Factor {
	b := pgm.Product([]int{v}, m.card[v:v+1], nil)
	for _, at := range m.at[v] {
		power := m.rho[at[0]]
		if at[0] == but {
			power--
		}
		if power == 0 {
			continue
		}
		for s, x := range m.to[at[0]][at[1]].Log {
			b.Log[s] += power * x
		}
	}
	b.Normalise()
	return b
}

// root is φ_f^(1/ρ_f).
func (m *messages) root(f int) *pgm.Factor {
	if m.rho[f] == 1 {
		return m.factors[f]
	}
	r := *m.factors[f]
	r.Log = make([]float64, len(r.Log))
	for i, x := range m.factors[f].Log {
		r.Log[i] = x / m.rho[f]
	}
	return &r
}

// send passes the messages of a factor and returns the largest change.
func (m *messages) send(i int, damping float64) (change float64) {
	f, root := m.factors[i], m.root(i)
	in := make([]*pgm.Factor, len(f.Vars))
	for k, v := range f.Vars {
		in[k] = m.belief(v, i)
	}
	for k, v := range f.Vars {
		all := append([]*pgm.Factor{root}, in[:k]...)
		all = append(all, in[k+1:]...)
		to := pgm.Product(f.Vars, f.Card, nil, all...).Marginal([]int{v})
		to.Normalise()
		for s, old := range m.to[i][k].Log {
			x := to.Log[s]
			if damping > 0 && !math.IsInf(x, -1) {
				x = damping*old + (1-damping)*x
			}
			if x != old {
				change = max(change, math.Abs(x-old))
			}
			to.Log[s] = x
		}
		m.to[i][k] = to
	}
	return change
}

// run sweeps until the messages stand still.
func (m *messages) run(ctx context.Context, c Config) (*Result, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	for sweep := 1; ; sweep++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		change := 0.
		for i := range m.factors {
			change = max(change, m.send(i, c.Damping))
		}
		if c.Progress != nil {
			c.Progress(Record{Sweep: sweep, Change: change})
		}
		if change <= c.Tolerance {
			return m.result(sweep), nil
		}
		if sweep == c.Sweeps {
			return m.result(sweep), ErrNotConverged
		}
	}
}

// result reads ln Z and the marginals off the messages:
//
//	ln Z ≈ Σ_f E[ln φ_f] + Σᵢ Hᵢ + Σ_f ρ_f (H_f − Σ_i∈f Hᵢ).
func (m *messages) result(sweeps int) *Result {
	r := &Result{LogZ: m.constant, Marginals: make([][]float64, len(m.card)), Sweeps: sweeps}
	entropy := make([]float64, len(m.card))
	for v := range m.card {
		if s, seen := m.evidence[v]; seen {
			r.Marginals[v] = make([]float64, m.card[v])
			r.Marginals[v][s] = 1
			continue
		}
		b := m.belief(v, -1)
		entropy[v] = -mean(b.Log, b.Log)
		r.LogZ += entropy[v]
		for _, x := range b.Log {
			r.Marginals[v] = append(r.Marginals[v], math.Exp(x))
		}
	}
	for i, f := range m.factors {
		all := []*pgm.Factor{m.root(i)}
		for _, v := range f.Vars {
			all = append(all, m.belief(v, i))
		}
		b := pgm.Product(f.Vars, f.Card, nil, all...)
		b.Normalise()
		h := -mean(b.Log, b.Log)
		for _, v := range f.Vars {
			h -= entropy[v]
		}
		r.LogZ += mean(b.Log, f.Log) + m.rho[i]*h
	}
	return r
}

// mean is Σ p x, where 0·∞ = 0.
func mean(logP, x []float64) (sum float64) {
	for i, l := range logP {
		if p := math.Exp(l); p > 0 {
			sum += p * x[i]
		}
	}
	return sum
}
