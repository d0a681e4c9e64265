package bij

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// MADE is a network from vectors of n elements to k numbers for each, those of element i
// functions of the elements before i alone (Germain et al. 2015). Hidden units have degrees d
// in turn; one of degree d sees the elements 1, …, d, by way of units of degree d or less, and
// is seen by the outputs of the elements after d.
type MADE struct {
	n, k int
	net  perceptron
}

// NewMADE makes the network's parameters.
func NewMADE(s *model.Scope, n, k int, net Net) MADE {
	widths := net.widths()
	lowest := 1
	if n == 1 || net.Context != nil {
		lowest = 0 // units that see the context alone
	}
	hidden := func(unit int) int { return lowest + unit%max(1, n-lowest) }
	masks := func(l int) *g.Node {
		rows, columns := n, n*k
		from, to := func(i int) int { return i + 1 }, func(j int) int { return j / k } // elements before that of j
		if l > 0 {
			rows, from = widths[l-1], hidden
		}
		if l < len(widths) {
			columns, to = widths[l], hidden
		}
		return mask(s, rows, columns, func(i, j int) bool { return from(i) <= to(j) })
	}
	return MADE{n, k, net.build(s, n, n*k, masks)}
}

// mask returns the constant matrix that is 1 where a connection is.
func mask(s *model.Scope, rows, columns int, on func(i, j int) bool) *g.Node {
	zero := g.Scalar(s.Graph(), s.DType(), 0)
	return table(zero, rows, columns, func(i, j int) float64 { return indicator(on(i, j)) })
}

// Apply returns …×n×k for …×n.
func (f MADE) Apply(x *g.Node) *g.Node {
	mustWidth("MADE", x, f.n)
	return byElement(f.net.apply(x), f.n, f.k)
}

// byElement splits the last axis into n×k.
func byElement(x *g.Node, n, k int) *g.Node {
	return g.Reshape(x, append(withLast(x, n), k)...)
}
