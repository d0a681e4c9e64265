package bij

import (
	"fmt"
	"slices"

	g "github.com/gomlx/gomlx/core/graph"
)

// Reshape gives the event axes other sizes, ln|det| = 0.
type Reshape struct {
	From, To []int // sizes of the event axes of x and of y, with equal products
}

// to returns x with other last axes.
func (Reshape) to(x *g.Node, from, to []int) (y, logDet *g.Node) {
	mustRank("reshape", x, len(from))
	batch := x.Rank() - len(from)
	if !slices.Equal(dims(x)[batch:], from) {
		panic(fmt.Errorf("bij: reshape: got shape %v, want last axes %v", dims(x), from))
	}
	return g.Reshape(x, slices.Concat(dims(x)[:batch], to)...), zeros(x, len(from))
}

// Forward implements [Bijector].
func (f Reshape) Forward(x *g.Node) (y, logDet *g.Node) { return f.to(x, f.From, f.To) }

// Inverse implements [Bijector].
func (f Reshape) Inverse(y *g.Node) (x, logDet *g.Node) { return f.to(y, f.To, f.From) }

// Event implements [Bijector].
func (f Reshape) Event() Event {
	change := func(to []int) func([]int) []int { return func([]int) []int { return slices.Clone(to) } }
	return Event{In: len(f.From), Out: len(f.To), Dims: change(f.To), Undo: change(f.From)}
}
