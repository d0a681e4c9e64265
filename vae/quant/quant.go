// Package quant replaces features by codes of a finite set: vector quantisation and its relatives,
// as graph functions.
//
// A [Quantiser] sees N features, N×D, and returns their codes with a gradient, and the numbers of the
// codes as floats, N×count: whole numbers below values. A model whose features lie on a map of h×w
// places reads it as N = B·h·w rows, so that the numbers of a datum are h·w·count values in the
// order of the rows of the map, its columns, and the quantisers of a place: B×L with L = h·w·count.
// Any prior of such numbers, p(k₁, …, k_L), fits any quantiser; [Quantiser.Lookup] leads back to codes.
//
// With a guide that is a point mass and a uniform prior the KL term is the constant count·ln values of
// each feature. It is a rate, not a regulariser.
package quant

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vi"
)

// Quantiser replaces features by codes.
type Quantiser interface {
	// Apply quantises features z, N×D. In a training step it updates what it keeps.
	Apply(s *model.Scope, z *g.Node) Output
	// Lookup returns the codes, N×D, of numbers N×count.
	Lookup(s *model.Scope, index *g.Node) *g.Node
	// Size returns the numbers of a feature, what each is below, and D.
	Size() (count, values, dim int)
}

// Output is what a quantiser makes of N features.
type Output struct {
	// Codes holds the codes, N×D, with the gradient that the features get from them.
	Codes *g.Node
	// Index holds the numbers of the codes, N×count.
	Index *g.Node
	// Loss is what training minimises beside the reconstruction, N; nil is nothing.
	Loss *g.Node
	// Figures are scalars for the history.
	Figures []vi.Figure
}

// add puts two losses together, of which each may be nil.
func add(a, b *g.Node) *g.Node {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return g.Add(a, b)
}

// squares returns ‖a − b‖² of each row.
func squares(a, b *g.Node) *g.Node { return g.ReduceSum(g.Square(g.Sub(a, b)), -1) }

// columns returns the columns from first to end of a matrix.
func columns(x *g.Node, first, end int) *g.Node {
	return g.Slice(x, g.AxisRange(), g.AxisRange(first, end))
}
