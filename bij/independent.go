package bij

import (
	"slices"

	g "github.com/gomlx/gomlx/core/graph"
)

// Independent is another map with more event axes: it acts on each element of them, and its
// log-determinants are summed over them.
type Independent struct {
	Of   Bijector // the map
	Axes int      // number of axes taken from the batch
}

// Forward implements [Bijector].
func (f Independent) Forward(x *g.Node) (y, logDet *g.Node) {
	mustRank("independent", x, f.Event().In)
	y, l := f.Of.Forward(x)
	return y, sumLast(l, f.Axes)
}

// Inverse implements [Bijector].
func (f Independent) Inverse(y *g.Node) (x, logDet *g.Node) {
	mustRank("independent", y, f.Event().Out)
	x, l := f.Of.Inverse(y)
	return x, sumLast(l, f.Axes)
}

// Event implements [Bijector].
func (f Independent) Event() Event {
	e := f.Of.Event()
	more := func(g func([]int) []int) func([]int) []int {
		if g == nil {
			return nil
		}
		return func(d []int) []int { return slices.Concat(d[:f.Axes], g(d[f.Axes:])) }
	}
	return Event{In: e.In + f.Axes, Out: e.Out + f.Axes, Dims: more(e.Dims), Undo: more(e.Undo)}
}
