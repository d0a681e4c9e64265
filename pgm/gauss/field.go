package gauss

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Edge is an entry of J off the diagonal.
type Edge struct {
	// I and J are the variables.
	I, J int
	// Value is J_ij = J_ji.
	Value float64
}

// Field is a Gaussian Markov random field in information form,
//
//	p(x) ∝ exp(−½ xᵀJx + hᵀx),
//
// with J sparse: μ = J⁻¹h, Σ = J⁻¹ (Rue & Held 2005).
type Field struct {
	// H is h.
	H []float64
	// Diagonal is the diagonal of J.
	Diagonal []float64
	// Edges are the entries off the diagonal, each pair once.
	Edges []Edge

	start []int32 // edges that leave variable i lie from start[i] to start[i+1]
	to    []int32
	value []float64
	back  []int32 // the same edge the other way
}

// NewField makes a field of finite numbers with a diagonal above 0. That J is positive
// definite is not looked at.
func NewField(h, diagonal []float64, edges []Edge) (*Field, error) {
	n := len(h)
	if n == 0 || len(diagonal) != n || n > math.MaxInt32/2 || len(edges) > math.MaxInt32/2 {
		return nil, fmt.Errorf("pgm: gauss: field: got %d entries of h and %d of the diagonal, want as many, at least one", n, len(diagonal))
	}
	for i, d := range diagonal {
		if !(d > 0) || math.IsInf(d, 1) || math.IsNaN(h[i]) || math.IsInf(h[i], 0) {
			return nil, fmt.Errorf("pgm: gauss: field: variable %d: got h %g and J_ii %g, want finite numbers, J_ii above 0", i, h[i], d)
		}
	}
	f := &Field{H: h, Diagonal: diagonal, Edges: edges, start: make([]int32, n+1), to: make([]int32, 2*len(edges)),
		value: make([]float64, 2*len(edges)), back: make([]int32, 2*len(edges))}
	for k, e := range edges {
		if e.I < 0 || e.J < 0 || e.I >= n || e.J >= n || e.I == e.J || math.IsNaN(e.Value) || math.IsInf(e.Value, 0) {
			return nil, fmt.Errorf("pgm: gauss: field: edge %d: got %+v, want two variables below %d and a finite number", k, e, n)
		}
		f.start[e.I+1]++
		f.start[e.J+1]++
	}
	f.index()
	return f, f.doubled()
}

// index lays the edges out by the variables they leave.
func (f *Field) index() {
	for i := range f.H {
		f.start[i+1] += f.start[i]
	}
	next := slices.Clone(f.start)
	for _, e := range f.Edges {
		a, b := next[e.I], next[e.J]
		next[e.I], next[e.J] = a+1, b+1
		f.to[a], f.to[b], f.value[a], f.value[b], f.back[a], f.back[b] = int32(e.J), int32(e.I), e.Value, e.Value, b, a
	}
}

// doubled is the error of a pair that comes twice.
func (f *Field) doubled() error {
	seen := make([]int32, len(f.H)) // the variable, plus 1, that last had this neighbour
	for i := range f.H {
		for _, j := range f.to[f.start[i]:f.start[i+1]] {
			if seen[j] == int32(i)+1 {
				return fmt.Errorf("pgm: gauss: field: got the edge of %d and %d twice, want each pair once", i, j)
			}
			seen[j] = int32(i) + 1
		}
	}
	return nil
}

// Field is the network in information form, J = (I − W)ᵀV⁻¹(I − W), h = (I − W)ᵀV⁻¹b: parents of
// one child become neighbours. Variances have to be above 0.
func (n *Network) Field() (*Field, error) {
	h, diagonal := make([]float64, len(n.Names)), make([]float64, len(n.Names))
	off := map[[2]int]float64{}
	for i, v := range n.Variance {
		if !(v > 0) {
			return nil, fmt.Errorf("pgm: gauss: information form: %s: got variance %g, want above 0", n.Names[i], v)
		}
		scope, row := append(slices.Clone(n.Parents[i]), i), []float64{}
		for _, w := range n.Weights[i] {
			row = append(row, -w)
		}
		row = append(row, 1)
		for k, u := range scope {
			h[u] += row[k] * n.Intercept[i] / v
			diagonal[u] += row[k] * row[k] / v
			for l, w := range scope[:k] {
				off[[2]int{min(u, w), max(u, w)}] += row[k] * row[l] / v
			}
		}
	}
	return NewField(h, diagonal, sortedEdges(off))
}

// sortedEdges lists edges by their variables.
func sortedEdges(off map[[2]int]float64) (edges []Edge) {
	for ij, x := range off {
		edges = append(edges, Edge{ij[0], ij[1], x})
	}
	slices.SortFunc(edges, func(a, b Edge) int {
		if a.I != b.I {
			return a.I - b.I
		}
		return a.J - b.J
	})
	return edges
}

// Given is the field of the variables not seen given those that were, h_F − J_FE x_E and J_FF,
// with what they are called in the whole field.
func (f *Field) Given(seen map[int]float64) (rest *Field, vars []int, err error) {
	place, h, diagonal := make([]int, len(f.H)), []float64{}, []float64{}
	for i := range f.H {
		if _, in := seen[i]; in {
			place[i] = -1
			continue
		}
		place[i] = len(vars)
		vars, h, diagonal = append(vars, i), append(h, f.H[i]), append(diagonal, f.Diagonal[i])
	}
	if len(vars)+len(seen) != len(f.H) || len(vars) == 0 {
		return nil, nil, fmt.Errorf("pgm: gauss: evidence: got %d values, want fewer than %d variables that are there", len(seen), len(f.H))
	}
	var edges []Edge
	for _, e := range f.Edges {
		switch i, j := place[e.I], place[e.J]; {
		case i >= 0 && j >= 0:
			edges = append(edges, Edge{i, j, e.Value})
		case i >= 0:
			h[i] -= e.Value * seen[e.J]
		case j >= 0:
			h[j] -= e.Value * seen[e.I]
		}
	}
	rest, err = NewField(h, diagonal, edges)
	return rest, vars, err
}

// MaxDense is the most variables that Solve takes.
const MaxDense = 4096

// Solve is the distribution by a Cholesky factor of J, and ln Z = ½(hᵀμ + n ln 2π − ln |J|): the
// definition that belief propagation is proved against.
func (f *Field) Solve() (g *Normal, logZ float64, err error) {
	n := len(f.H)
	if n > MaxDense {
		return nil, 0, fmt.Errorf("pgm: gauss: dense solution: got %d variables, want at most %d", n, MaxDense)
	}
	j := mat.NewSymDense(n, nil)
	for i, d := range f.Diagonal {
		j.SetSym(i, i, d)
	}
	for _, e := range f.Edges {
		j.SetSym(e.I, e.J, e.Value)
	}
	var chol mat.Cholesky
	if !chol.Factorize(j) {
		return nil, 0, fmt.Errorf("precision matrix: %w", ErrSingular)
	}
	mean, h := mat.NewVecDense(n, nil), mat.NewVecDense(n, slices.Clone(f.H))
	g = &Normal{Cov: mat.NewSymDense(n, nil)}
	if chol.SolveVecTo(mean, h) != nil || chol.InverseTo(g.Cov) != nil {
		return nil, 0, fmt.Errorf("precision matrix: %w", ErrSingular)
	}
	g.Mean = mean.RawVector().Data
	return g, (mat.Dot(h, mean) + float64(n)*math.Log(2*math.Pi) - chol.LogDet()) / 2, nil
}
