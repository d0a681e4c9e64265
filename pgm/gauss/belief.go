package gauss

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// ErrNotProper is the error of a message that would be no distribution: belief propagation
// cannot go on, and the field may not be positive definite.
var ErrNotProper = errors.New("pgm: gauss: belief propagation: got a message of precision 0 or less, want above 0")

// BeliefConfig says how messages are passed on a graph with cycles. The zero value is the default.
type BeliefConfig struct {
	// Sweeps is the most sweeps; 0 means 1000.
	Sweeps int
	// Tolerance ends the sweeps when no mean moves by more than this, in deviations of its own
	// belief; 0 means 1e-12.
	Tolerance float64
	// Damping is the share of the old message that is kept, from 0 to below 1.
	Damping float64
	// Progress, where set, hears of every sweep, counted from 1, and of the largest move.
	Progress func(sweep int, move float64)
}

// Beliefs are what the messages end with.
type Beliefs struct {
	// Mean is the mean of each variable: right wherever the sweeps converged (Weiss & Freeman 2001).
	Mean []float64
	// Variance is the variance of each variable: right where Exact, otherwise of those walks
	// that turn back alone, an approximation (Malioutov et al. 2006).
	Variance []float64
	// Exact says that the graph has no cycles.
	Exact bool
	// Converged says that the means stood still; true where Exact.
	Converged bool
	// Sweeps is the number of sweeps.
	Sweeps int
	// LogZ is ln Z where Exact, NaN otherwise.
	LogZ float64
}

// messages are those of all edges: the precision and h that one variable tells another.
type messages struct {
	f      *Field
	dJ, dH []float64 // along each edge out of a variable
}

// Propagate passes messages (Malioutov et al. 2006, eqs 8 and 9),
//
//	ΔJ_i→j = −J_ij² / Ĵ_i\j,  Δh_i→j = −J_ij ĥ_i\j / Ĵ_i\j,
//
// where Ĵ_i\j and ĥ_i\j add to J_ii and hᵢ what the other neighbours say. Without cycles two
// passes are exact, in time and memory linear in the edges. With cycles variables are swept
// forwards and backwards in turn until the means stand still.
func (f *Field) Propagate(ctx context.Context, c BeliefConfig) (*Beliefs, error) {
	if c.Sweeps == 0 {
		c.Sweeps = 1000
	}
	if c.Tolerance == 0 {
		c.Tolerance = 1e-12
	}
	if c.Sweeps < 0 || !(c.Tolerance > 0) || !(c.Damping >= 0 && c.Damping < 1) {
		return nil, fmt.Errorf("pgm: gauss: belief propagation: got %d sweeps, tolerance %g and damping %g, want the first two above 0 and the last below 1", c.Sweeps, c.Tolerance, c.Damping)
	}
	m := &messages{f: f, dJ: make([]float64, len(f.to)), dH: make([]float64, len(f.to))}
	if order, up, ok := f.forest(); ok {
		return m.twoPasses(order, up)
	}
	return m.sweeps(ctx, c)
}

// forest lists the variables from roots to leaves, with the edge of each to its parent or −1;
// ok is false where the graph has a cycle.
func (f *Field) forest() (order, up []int32, ok bool) {
	n := len(f.H)
	order, up = make([]int32, 0, n), make([]int32, n)
	seen := make([]bool, n)
	for root := range n {
		if seen[root] {
			continue
		}
		seen[root], up[root] = true, -1
		order = append(order, int32(root))
		for k := len(order) - 1; k < len(order); k++ {
			i := order[k]
			for e := f.start[i]; e < f.start[i+1]; e++ {
				j := f.to[e]
				switch {
				case e == up[i]:
				case seen[j]:
					return nil, nil, false
				default:
					seen[j], up[j] = true, f.back[e]
					order = append(order, j)
				}
			}
		}
	}
	return order, up, true
}

// gather is what all neighbours say of a variable, with its own entries.
func (m *messages) gather(i int32) (j, h float64) {
	f := m.f
	j, h = f.Diagonal[i], f.H[i]
	for e := f.start[i]; e < f.start[i+1]; e++ {
		j += m.dJ[f.back[e]]
		h += m.dH[f.back[e]]
	}
	return j, h
}

// send sets the message along an edge, from what its sender knows without it.
func (m *messages) send(e int32, j, h float64) error {
	if !(j > 0) || math.IsInf(j, 1) {
		return ErrNotProper
	}
	x := m.f.value[e]
	m.dJ[e], m.dH[e] = -x*x/j, -x*h/j
	return nil
}

// twoPasses collects from the leaves and distributes from the roots. On the way up each
// variable is integrated out, which adds ½(ln 2π − ln Ĵ + ĥ²/Ĵ) to ln Z.
func (m *messages) twoPasses(order, up []int32) (*Beliefs, error) {
	b := &Beliefs{Exact: true, Converged: true, Sweeps: 1}
	for k := len(order) - 1; k >= 0; k-- {
		i := order[k]
		j, h := m.gather(i) // the parent has said nothing yet
		if !(j > 0) {
			return nil, ErrNotProper
		}
		b.LogZ += (math.Log(2*math.Pi) - math.Log(j) + h*h/j) / 2
		if up[i] >= 0 {
			if err := m.send(up[i], j, h); err != nil {
				return nil, err
			}
		}
	}
	for _, i := range order {
		if up[i] < 0 {
			continue
		}
		from := m.f.back[up[i]] // the edge from the parent
		j, h := m.gather(m.f.to[up[i]])
		if err := m.send(from, j-m.dJ[up[i]], h-m.dH[up[i]]); err != nil {
			return nil, err
		}
	}
	return b, m.read(b)
}

// read takes means and variances from the messages.
func (m *messages) read(b *Beliefs) error {
	n := len(m.f.H)
	b.Mean, b.Variance = make([]float64, n), make([]float64, n)
	for i := range n {
		j, h := m.gather(int32(i))
		if !(j > 0) {
			return ErrNotProper
		}
		b.Mean[i], b.Variance[i] = h/j, 1/j
	}
	return nil
}

// sweeps visits the variables in turn, forwards and then backwards, until no mean moves.
func (m *messages) sweeps(ctx context.Context, c BeliefConfig) (*Beliefs, error) {
	n := int32(len(m.f.H))
	mean := make([]float64, n)
	for i := range mean {
		mean[i] = m.f.H[i] / m.f.Diagonal[i]
	}
	b := &Beliefs{LogZ: math.NaN()}
	for b.Sweeps < c.Sweeps && !b.Converged {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		b.Sweeps++
		most := 0.
		for k := range n {
			i := k
			if b.Sweeps%2 == 0 {
				i = n - 1 - k
			}
			move, err := m.visit(i, &mean[i], c.Damping)
			if err != nil {
				return nil, err
			}
			most = max(most, move)
		}
		if c.Progress != nil {
			c.Progress(b.Sweeps, most)
		}
		b.Converged = most <= c.Tolerance
	}
	return b, m.read(b)
}

// visit sends the messages of one variable, and tells how far its mean has moved in
// deviations of its belief.
func (m *messages) visit(i int32, mean *float64, damping float64) (move float64, err error) {
	f := m.f
	j, h := m.gather(i)
	for e := f.start[i]; e < f.start[i+1]; e++ {
		oldJ, oldH := m.dJ[e], m.dH[e]
		if err := m.send(e, j-m.dJ[f.back[e]], h-m.dH[f.back[e]]); err != nil {
			return 0, err
		}
		m.dJ[e] += damping * (oldJ - m.dJ[e])
		m.dH[e] += damping * (oldH - m.dH[e])
	}
	if !(j > 0) {
		return math.Inf(1), nil // a belief that is no distribution yet
	}
	next := h / j
	if math.IsNaN(next) || math.IsInf(next, 0) {
		return 0, fmt.Errorf("pgm: gauss: belief propagation: mean of %d: got %g, want a finite number", i, next)
	}
	move = math.Abs(next-*mean) * math.Sqrt(j)
	*mean = next
	return move, nil
}
