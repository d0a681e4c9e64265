package bij

import (
	"fmt"
	"slices"

	g "github.com/gomlx/gomlx/core/graph"
)

// like gives p leading axes of size one, so that it broadcasts against x.
func like(p, x *g.Node) *g.Node {
	if p.Rank() == 0 || p.Rank() >= x.Rank() {
		return p
	}
	return g.ExpandLeftToRank(p, x.Rank())
}

// dims returns the sizes of x's axes.
func dims(x *g.Node) []int { return x.Shape().Dimensions }

// width returns the size of the last axis of x, which has to have one.
func width(what string, x *g.Node) int {
	if x.Rank() == 0 {
		panic(fmt.Errorf("bij: %s: got a number, want a vector", what))
	}
	return x.Shape().Dim(-1)
}

// mustWidth panics unless the last axis of x has n elements.
func mustWidth(what string, x *g.Node, n int) {
	if got := width(what, x); got != n {
		panic(fmt.Errorf("bij: %s: size of the last axis: got %d, want %d", what, got, n))
	}
}

// mustRank panics unless x has n event axes or more.
func mustRank(what string, x *g.Node, n int) {
	if x.Rank() < n {
		panic(fmt.Errorf("bij: %s: got shape %v, want %d axes or more", what, dims(x), n))
	}
}

// sumLast sums over the last n axes.
func sumLast(x *g.Node, n int) *g.Node {
	if n == 0 {
		return x
	}
	axes := make([]int, n)
	for i := range axes {
		axes[i] = x.Rank() - n + i
	}
	return g.ReduceSum(x, axes...)
}

// zeros returns zeros of x's shape without its last n axes.
func zeros(x *g.Node, n int) *g.Node {
	s := x.Shape().Clone()
	s.Dimensions = s.Dimensions[:x.Rank()-n]
	return g.Zeros(x.Graph(), s)
}

// cut returns the elements from, …, to−1 of the last axis.
func cut(x *g.Node, from, to int) *g.Node {
	return g.SliceAxis(x, -1, g.AxisRange(from, to))
}

// column returns element i of the last axis, which goes.
func column(x *g.Node, i int) *g.Node { return g.Squeeze(cut(x, i, i+1), -1) }

// withLast returns the dims of x with another last axis.
func withLast(x *g.Node, n int) []int {
	d := slices.Clone(dims(x))
	d[len(d)-1] = n
	return d
}

// table returns the constant n×m matrix of f(i, j) in the type of x.
func table(x *g.Node, n, m int, f func(i, j int) float64) *g.Node {
	rows := make([][]float64, n)
	for i := range rows {
		rows[i] = make([]float64, m)
		for j := range rows[i] {
			rows[i][j] = f(i, j)
		}
	}
	return g.ConstAsDType(x.Graph(), x.DType(), rows)
}

// indicator is 1 where a condition holds.
func indicator(ok bool) float64 {
	if ok {
		return 1
	}
	return 0
}

// right returns x·a for x of shape …×n and a of shape n×m; all leading axes are one to the
// product, so that it is a matrix product.
func right(x, a *g.Node) *g.Node {
	if x.Rank() == 2 {
		return g.Dot(x, a).Product()
	}
	n := x.Shape().Dim(-1)
	y := g.Dot(g.Reshape(x, x.Shape().Size()/n, n), a).Product()
	return g.Reshape(y, withLast(x, a.Shape().Dim(1))...)
}
