// Package field holds Markov random fields that are learnt: Ising and Potts models of any
// graph, by pseudo-likelihood, exact moments and contrastive divergence, and restricted
// Boltzmann machines.
package field

import (
	"context"
	"fmt"
	"math"

	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/exact"
)

// Potts is the model of sites of K states each (Potts 1952)
//
//	p(x) = 1/Z exp(Σ_(u,v) J_uv [x_u = x_v] + Σ_v H_v(x_v)).
type Potts struct {
	// States is K.
	States int
	// Edges are the pairs of sites that are coupled.
	Edges [][2]int
	// J are the couplings of the edges.
	J []float64
	// H are the fields by site and state.
	H [][]float64
}

// Grid lists the edges of a lattice with free boundaries, whose sites are numbered row by row.
func Grid(rows, cols int) (edges [][2]int) {
	for i := range rows * cols {
		if i%cols+1 < cols {
			edges = append(edges, [2]int{i, i + 1})
		}
		if i+cols < rows*cols {
			edges = append(edges, [2]int{i, i + cols})
		}
	}
	return edges
}

// NewPotts is a model of n sites without couplings and fields.
func NewPotts(n, states int, edges [][2]int) (*Potts, error) {
	if n < 1 || states < 1 || states > pgm.MaxStates {
		return nil, fmt.Errorf("field: potts: got %d sites of %d states, want at least one of each", n, states)
	}
	for i, e := range edges {
		if e[0] < 0 || e[1] < 0 || e[0] >= n || e[1] >= n || e[0] == e[1] {
			return nil, fmt.Errorf("field: potts: edge %d: got %d, want two of %d sites", i, e, n)
		}
	}
	p := &Potts{States: states, Edges: edges, J: make([]float64, len(edges)), H: make([][]float64, n)}
	for v := range p.H {
		p.H[v] = make([]float64, states)
	}
	return p, nil
}

// LogValue is the exponent: ln p(x) + ln Z.
func (p *Potts) LogValue(x []int) (sum float64) {
	for i, e := range p.Edges {
		if x[e[0]] == x[e[1]] {
			sum += p.J[i]
		}
	}
	for v, s := range x {
		sum += p.H[v][s]
	}
	return sum
}

// Graph is the model as a factor graph: the fields by site, then the couplings by edge.
func (p *Potts) Graph() *pgm.Graph {
	g := &pgm.Graph{}
	for v, h := range p.H {
		g.Vars = append(g.Vars, pgm.Numbered(fmt.Sprint(v), p.States))
		g.Factors = append(g.Factors, &pgm.Factor{Vars: []int{v}, Card: []int{p.States}, Log: h})
	}
	for i, e := range p.Edges {
		log := make([]float64, p.States*p.States)
		for s := range p.States {
			log[s*p.States+s] = p.J[i]
		}
		g.Factors = append(g.Factors, &pgm.Factor{Vars: []int{e[0], e[1]}, Card: []int{p.States, p.States}, Log: log})
	}
	return g
}

// Moments are what a model expects.
type Moments struct {
	// LogZ is ln Z.
	LogZ float64
	// Sites are p(x_v).
	Sites [][]float64
	// Edges are p(x_u = x_v).
	Edges []float64
}

// Moments are exact, by a junction tree; models too wide for it are refused with
// *exact.TooLarge.
func (p *Potts) Moments(ctx context.Context) (*Moments, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	pairs := make([][]int, len(p.Edges))
	for i := range p.Edges {
		pairs[i] = p.Edges[i][:]
	}
	t, err := exact.NewTree(p.Graph(), nil, exact.Config{}, pairs...)
	if err != nil {
		return nil, err
	}
	m := &Moments{LogZ: t.LogZ, Sites: t.Marginals, Edges: make([]float64, len(p.Edges))}
	x := make([]int, len(p.H))
	for i, e := range p.Edges {
		joint := t.Joint(i)
		for s := range p.States {
			x[e[0]], x[e[1]] = s, s
			m.Edges[i] += math.Exp(joint.At(x))
		}
	}
	return m, nil
}
