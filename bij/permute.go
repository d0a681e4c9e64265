package bij

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"
)

// Permute reorders the elements of vectors: y_i = x_{Order[i]}, ln|det| = 0.
type Permute struct {
	Order []int // each of 0, …, n−1 once
}

// NewReverse returns the permutation that reverses vectors of n elements.
func NewReverse(n int) Permute {
	order := make([]int, n)
	for i := range order {
		order[i] = n - 1 - i
	}
	return Permute{order}
}

// reverses tells whether the order is that of [NewReverse]; it panics on one that is none.
func (f Permute) reverses() bool {
	seen, all := make([]bool, len(f.Order)), true
	for i, j := range f.Order {
		if j < 0 || j >= len(seen) || seen[j] {
			panic(fmt.Errorf("bij: permute: got order %v, want each of 0, …, %d once", f.Order, len(seen)-1))
		}
		seen[j] = true
		all = all && j == len(seen)-1-i
	}
	return all
}

// apply reorders x by the order or its inverse.
func (f Permute) apply(x *g.Node, inverse bool) (y, logDet *g.Node) {
	n := len(f.Order)
	mustWidth("permute", x, n)
	if f.reverses() {
		return g.Reverse(x, -1), zeros(x, 1)
	}
	return right(x, table(x, n, n, func(i, j int) float64 {
		if inverse {
			i, j = j, i
		}
		return indicator(i == f.Order[j])
	})), zeros(x, 1)
}

// Forward implements [Bijector].
func (f Permute) Forward(x *g.Node) (y, logDet *g.Node) { return f.apply(x, false) }

// Inverse implements [Bijector].
func (f Permute) Inverse(y *g.Node) (x, logDet *g.Node) { return f.apply(y, true) }

// Event implements [Bijector]: vectors.
func (Permute) Event() Event { return vectors(0) }
