package field

import (
	"context"
	"fmt"
)

// Ising is the model of spins x = ±1 (Ising 1925)
//
//	p(x) = 1/Z exp(Σ_(u,v) J_uv x_u x_v + Σ_v h_v x_v),
//
// a Potts model of two states, 0 for −1 and 1 for +1, of couplings 2J and fields ∓h, whose
// ln Z is greater by Σ J.
type Ising struct {
	// Edges are the pairs of spins that are coupled.
	Edges [][2]int
	// J are the couplings of the edges.
	J []float64
	// H are the fields of the spins.
	H []float64
}

// Potts is the model of two states.
func (m *Ising) Potts() (*Potts, error) {
	if len(m.J) != len(m.Edges) {
		return nil, fmt.Errorf("field: ising: got %d couplings, want one for each of %d edges", len(m.J), len(m.Edges))
	}
	p, err := NewPotts(len(m.H), 2, m.Edges)
	if err != nil {
		return nil, err
	}
	for i, j := range m.J {
		p.J[i] = 2 * j
	}
	for v, h := range m.H {
		p.H[v][0], p.H[v][1] = -h, h
	}
	return p, nil
}

// IsingOf is a Potts model of two states as spins.
func IsingOf(p *Potts) (*Ising, error) {
	if p.States != 2 {
		return nil, fmt.Errorf("field: ising: got %d states, want 2", p.States)
	}
	m := &Ising{Edges: p.Edges}
	for _, j := range p.J {
		m.J = append(m.J, j/2)
	}
	for _, h := range p.H {
		m.H = append(m.H, (h[1]-h[0])/2)
	}
	return m, nil
}

// Uniform is a model of n spins of one coupling and one field.
func Uniform(n int, edges [][2]int, j, h float64) *Ising {
	m := &Ising{Edges: edges, J: make([]float64, len(edges)), H: make([]float64, n)}
	for i := range m.J {
		m.J[i] = j
	}
	for v := range m.H {
		m.H[v] = h
	}
	return m
}

// LogZ is exact, by a junction tree.
func (m *Ising) LogZ(ctx context.Context) (float64, error) {
	p, err := m.Potts()
	if err != nil {
		return 0, err
	}
	at, err := p.Moments(ctx)
	if err != nil {
		return 0, err
	}
	z := at.LogZ
	for _, j := range m.J {
		z -= j
	}
	return z, nil
}
