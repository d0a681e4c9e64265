package approx

import (
	"cmp"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// resist sets ρ of every edge to its effective resistance. Factors over the same two variables
// are parallel edges, of which a spanning tree has at most one.
func (m *messages) resist() error {
	n := len(m.card)
	laplace, part := mat.NewSymDense(n, nil), newParts(n)
	for _, f := range m.factors {
		if len(f.Vars) < 2 {
			continue
		}
		u, v := f.Vars[0], f.Vars[1]
		laplace.SetSym(u, v, laplace.At(u, v)-1)
		laplace.SetSym(u, u, laplace.At(u, u)+1)
		laplace.SetSym(v, v, laplace.At(v, v)+1)
		part.join(u, v)
	}
	for v := range n {
		if part.root(v) == v { // one variable of each part is at potential 0
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

// bestTree is 1 for the factors of one variable and for the edges of the spanning tree of the
// largest mutual information between neighbours (Kruskal 1956), and 0 for the others.
func (m *messages) bestTree(marginals [][]float64) []float64 {
	h := make([]float64, len(m.card))
	for v, p := range marginals {
		h[v] = entropy(p)
	}
	type edge struct {
		factor int
		weight float64
	}
	var edges []edge
	tree, part := make([]float64, len(m.factors)), newParts(len(m.card))
	for i, f := range m.factors {
		if len(f.Vars) < 2 {
			tree[i] = 1
			continue
		}
		edges = append(edges, edge{i, information(m.belief(i), f, h)})
	}
	slices.SortStableFunc(edges, func(a, b edge) int { return cmp.Compare(b.weight, a.weight) })
	for _, e := range edges {
		if f := m.factors[e.factor]; part.join(f.Vars[0], f.Vars[1]) {
			tree[e.factor] = 1
		}
	}
	return tree
}
