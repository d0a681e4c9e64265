package dist

import (
	"fmt"
	"slices"

	g "github.com/gomlx/gomlx/core/graph"
)

// joint returns the shape to which nodes broadcast against each other: axes are aligned at the
// end, and those of size 1 stretch.
func joint(xs ...*g.Node) []int {
	var out []int
	for _, x := range xs {
		d := dims(x)
		for len(out) < len(d) {
			out = slices.Insert(out, 0, 1)
		}
		shift := len(out) - len(d)
		for i, n := range d {
			switch have := out[shift+i]; {
			case have == 1:
				out[shift+i] = n
			case n != 1 && n != have:
				panic(fmt.Errorf("dist: shapes: got %v beside %v, want ones that broadcast against each other", d, out))
			}
		}
	}
	return out
}

// to broadcasts x to a shape.
func to(x *g.Node, shape []int) *g.Node {
	if slices.Equal(dims(x), shape) {
		return x
	}
	for x.Rank() > 0 && x.Rank() < len(shape) {
		x = g.ExpandAxes(x, 0)
	}
	return g.BroadcastToDims(x, shape...)
}

// together broadcasts nodes to their joint shape.
func together(xs ...*g.Node) []*g.Node {
	shape := joint(xs...)
	out := make([]*g.Node, len(xs))
	for i, x := range xs {
		out[i] = to(x, shape)
	}
	return out
}

// level gives parameters of two distributions one rank, so that those of a prior may lack the batch
// axes.
func level(ps ...**g.Node) {
	var most *g.Node
	for _, p := range ps {
		if most == nil || (*p).Rank() > most.Rank() {
			most = *p
		}
	}
	align(most, ps...)
}

// align gives parameters the rank of the data, so that they broadcast against it and each other.
func align(x *g.Node, ps ...**g.Node) {
	for _, p := range ps {
		*p = like(*p, x)
	}
}
