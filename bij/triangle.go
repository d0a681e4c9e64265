package bij

import (
	"fmt"
	"math"
	"slices"

	g "github.com/gomlx/gomlx/core/graph"
)

// triangle is the layout of vectors as lower triangles of n×n matrices, row by row, with the
// diagonal or (strict) without it.
type triangle struct {
	n      int
	strict bool
}

// triangleOf returns the triangle of m elements.
func triangleOf(what string, m int, strict bool) triangle {
	n := int(math.Sqrt(2*float64(m))) + 2 // above the answer in both cases
	for ; n > 0; n-- {
		if t := (triangle{n, strict}); t.size() <= m {
			if t.size() == m {
				return t
			}
			break
		}
	}
	panic(fmt.Errorf("bij: %s: got %d elements, want as many as a triangle has", what, m))
}

// row returns the number of elements of row i.
func (t triangle) row(i int) int {
	if t.strict {
		return i
	}
	return i + 1
}

// size returns the number of elements.
func (t triangle) size() int { return t.n * (t.row(0) + t.row(t.n-1)) / 2 }

// fill returns …×n×n matrices with zeros above for vectors …×m.
func (t triangle) fill(x *g.Node) *g.Node {
	var pieces []*g.Node
	at, gap := 0, 0
	flush := func() {
		if gap > 0 {
			shape := x.Shape().Clone()
			shape.Dimensions[x.Rank()-1] = gap
			pieces = append(pieces, g.Zeros(x.Graph(), shape))
		}
		gap = 0
	}
	for i := range t.n {
		if k := t.row(i); k > 0 {
			flush()
			pieces = append(pieces, cut(x, at, at+k))
			at += k
		}
		gap += t.n - t.row(i)
	}
	flush()
	return g.Reshape(g.Concatenate(pieces, -1), append(withLast(x, t.n), t.n)...)
}

// take returns the vectors …×m of matrices …×n×n.
func (t triangle) take(a *g.Node) *g.Node {
	flat := g.Reshape(a, append(slices.Clone(dims(a)[:a.Rank()-2]), t.n*t.n)...)
	var pieces []*g.Node
	for i := range t.n {
		if k := t.row(i); k > 0 {
			pieces = append(pieces, cut(flat, i*t.n, i*t.n+k))
		}
	}
	return g.Concatenate(pieces, -1)
}

// event describes the map of vectors onto matrices.
func (t triangle) event(what string) Event {
	return Event{
		In: 1, Out: 2,
		Dims: func(d []int) []int { n := triangleOf(what, d[0], t.strict).n; return []int{n, n} },
		Undo: func(d []int) []int { return []int{triangle{d[0], t.strict}.size()} },
	}
}

// square returns the size of the square matrices of a.
func square(what string, a *g.Node) int {
	mustRank(what, a, 2)
	n := a.Shape().Dim(-1)
	if a.Shape().Dim(-2) != n {
		panic(fmt.Errorf("bij: %s: got shape %v, want square matrices", what, dims(a)))
	}
	return n
}
