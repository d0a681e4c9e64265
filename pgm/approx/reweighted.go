package approx

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/pgm"
)

// Reweighted is tree-reweighted belief propagation on a model of factors over one and two
// variables (Wainwright, Jaakkola & Willsky 2005). Where it converges its LogZ is an upper
// bound of ln Z. The edges have the probabilities of a uniform spanning tree, which are their
// effective resistances (Kirchhoff 1847).
func Reweighted(ctx context.Context, g *pgm.Graph, e pgm.Evidence, c Config) (*Result, error) {
	m, err := newMessages(g, e)
	if err != nil {
		return nil, err
	}
	for i, f := range m.factors {
		if len(f.Vars) > 2 {
			return nil, fmt.Errorf("pgm: approx: reweighted: factor %d: got %d variables, want at most 2", i, len(f.Vars))
		}
	}
	if err := m.resist(); err != nil {
		return nil, err
	}
	return m.run(ctx, c)
}

// resist sets ρ of every edge to its effective resistance. Factors over the same two variables
// are parallel edges, of which a spanning tree has at most one.
func (m *messages) resist() error {
	n := len(m.card)
	laplace, part := mat.NewSymDense(n, nil), make([]int, n)
	for v := range part {
		part[v] = v
	}
	var root func(v int) int
	root = func(v int) int {
		if part[v] != v {
			part[v] = root(part[v])
		}
		return part[v]
	}
	for _, f := range m.factors {
		if len(f.Vars) < 2 {
			continue
		}
		u, v := f.Vars[0], f.Vars[1]
		laplace.SetSym(u, v, laplace.At(u, v)-1)
		laplace.SetSym(u, u, laplace.At(u, u)+1)
		laplace.SetSym(v, v, laplace.At(v, v)+1)
		part[root(u)] = root(v)
	}
	for v := range n {
		if root(v) == v { // one variable of each part is at potential 0
			laplace.SetSym(v, v, laplace.At(v, v)+1)
		}
	}
	var chol mat.Cholesky
	if !chol.Factorize(laplace) {
		return fmt.Errorf("pgm: approx: reweighted: got a graph of %d variables whose Laplacian is singular, want one that is not", n)
	}
	var inv mat.SymDense
	if err := chol.InverseTo(&inv); err != nil {
		return fmt.Errorf("pgm: approx: reweighted: %w", err)
	}
	for i, f := range m.factors {
		if len(f.Vars) == 2 {
			u, v := f.Vars[0], f.Vars[1]
			m.rho[i] = inv.At(u, u) + inv.At(v, v) - 2*inv.At(u, v)
		}
	}
	return nil
}
