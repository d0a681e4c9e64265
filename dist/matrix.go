package dist

import (
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/special"
)

// Matrices are …×n×m with batch axes that broadcast.

// matMul returns a·b.
func matMul(a, b *g.Node) *g.Node {
	batch := jointDims("matrix product", batchOf(a, 2), batchOf(b, 2))
	a, b = spread(a, batch, 2), spread(b, batch, 2)
	axes := make([]int, len(batch))
	for i := range axes {
		axes[i] = i
	}
	return g.DotGeneral(a, []int{len(batch) + 1}, axes, b, []int{len(batch)}, axes)
}

// transposed returns aᵀ.
func transposed(a *g.Node) *g.Node { return g.Transpose(a, -2, -1) }

// solveTri returns l⁻¹b, or l⁻ᵀb.
func solveTri(l, b *g.Node, transpose bool) *g.Node {
	batch := jointDims("triangular solve", batchOf(l, 2), batchOf(b, 2))
	return special.TriSolve(spread(l, batch, 2), spread(b, batch, 2), transpose)
}

// band keeps the elements of a whose row less column is at least low and at most high.
func band(a *g.Node, low, high int) *g.Node {
	n, m := a.Shape().Dim(-2), a.Shape().Dim(-1)
	shape := shapes.Make(dtypes.Int32, n, m)
	diff := g.Sub(g.Iota(a.Graph(), shape, 0), g.Iota(a.Graph(), shape, 1))
	bound := func(v int) *g.Node { return g.AddScalar(g.ZerosLike(diff), v) }
	mask := g.LogicalAnd(g.GreaterOrEqual(diff, bound(low)), g.LessOrEqual(diff, bound(high)))
	return g.Where(spread(mask, batchOf(a, 2), 2), a, g.ZerosLike(a))
}

// lower keeps the lower triangle with the diagonal.
func lower(a *g.Node) *g.Node { return band(a, 0, a.Shape().Dim(-2)) }

// diagonal returns the diagonal of a, …×n.
func diagonal(a *g.Node) *g.Node { return g.ReduceSum(band(a, 0, 0), -1) }

// diagonalMatrix returns the matrix with the diagonal v, …×n.
func diagonalMatrix(v *g.Node) *g.Node {
	return band(g.BroadcastToDims(g.ExpandAxes(v, -1), append(dims(v), v.Shape().Dim(-1))...), 0, 0)
}

// identityLike returns the identity of the size of the last axis of x, without batch axes.
func identityLike(x *g.Node) *g.Node {
	return diagonalMatrix(g.OnesLike(slice0(x)))
}

// slice0 returns the first vector along the last axis of x.
func slice0(x *g.Node) *g.Node {
	n := x.Shape().Dim(-1)
	return g.Reshape(g.Slice(g.Reshape(x, x.Shape().Size()/n, n), g.AxisRange(0, 1)), n)
}

// logDetTri returns 2 Σ ln Lᵢᵢ = ln|LLᵀ|.
func logDetTri(l *g.Node) *g.Node {
	return g.MulScalar(g.ReduceSum(g.Log(diagonal(l)), -1), 2)
}

// squares returns the sum of squares over the rows of a, one figure a column: …×n×m to …×m.
func squares(a *g.Node) *g.Node { return g.ReduceSum(g.Square(a), -2) }

// onColumns applies f to vectors, …×n, which it gets as the columns of matrices batch×n×E, where E
// counts the vectors that share a matrix of f's. The values of f are batch×m×E; the result is …×m.
func onColumns(name string, x *g.Node, batch []int, f func(cols *g.Node) *g.Node) *g.Node {
	x = lead(x, len(batch)+1)
	own := batchOf(x, 1)
	extra := slices.Clone(own[:len(own)-len(batch)])
	batch = jointDims(name, own[len(extra):], batch)
	all := append(slices.Clone(extra), batch...)
	x, e := spread(x, all, 1), 1
	for _, d := range extra {
		e *= d
	}
	n := x.Shape().Dim(-1)
	cols := g.Reshape(x, append(append([]int{e}, batch...), n)...)
	y := f(g.TransposeAllAxes(cols, rotate(len(batch)+2, 1)...))
	m := y.Shape().Dim(-2)
	y = g.TransposeAllAxes(y, rotate(len(batch)+2, len(batch)+1)...)
	return g.Reshape(y, append(all, m)...)
}

// rotate lists the axes of an array from axis k on, cyclically.
func rotate(rank, k int) []int {
	axes := make([]int, rank)
	for i := range axes {
		axes[i] = (i + k) % rank
	}
	return axes
}

// requireVector checks that x ends in a vector of n numbers.
func requireVector(name, what string, x *g.Node, n int) {
	require(x.Rank() >= 1 && x.Shape().Dim(-1) == n, name, what, x.Shape().Dimensions, []any{"…", n})
}

// requireMatrix checks that x ends in a matrix.
func requireMatrix(name, what string, x *g.Node, n, m int) {
	ok := x.Rank() >= 2 && x.Shape().Dim(-2) == n && x.Shape().Dim(-1) == m
	require(ok, name, what, x.Shape().Dimensions, []any{"…", n, m})
}
