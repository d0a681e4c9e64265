package bij

import (
	"fmt"
	"slices"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// emitted hands out a flow's parameters: those of the scope, plus, where an encoder emits
// changes to them, the next elements of its output.
type emitted struct {
	s     *model.Scope
	delta *g.Node // …×P, or nil
	at    int     // elements handed out
}

// get returns the parameter of a name, …×dims with the leading axes of delta.
func (e *emitted) get(name string, init model.Init, dims ...int) *g.Node {
	p := e.s.Param(name, init, dims...)
	if e.delta == nil {
		return p
	}
	size := p.Shape().Size()
	lead := e.delta.Shape().Dimensions[:e.delta.Rank()-1]
	d := g.Reshape(cut(e.delta, e.at, e.at+size), slices.Concat(lead, dims)...)
	e.at += size
	return g.Add(d, like(p, d))
}

// check panics unless delta has the number of elements that a flow takes.
func (e *emitted) check(what string, size int) {
	if e.delta != nil {
		mustWidth(what+": emitted parameters", e.delta, size)
	}
}

// layer returns entry k of the axis before the last n.
func layer(p *g.Node, n, k int) *g.Node {
	axis := p.Rank() - n - 1
	return g.Squeeze(g.SliceAxis(p, axis, g.AxisElem(k)), axis)
}

// dot returns Σ a·b over the last axis, with axes added on the left as needed.
func dot(a, b *g.Node) *g.Node {
	if a.Rank() < b.Rank() {
		a, b = b, a
	}
	return g.ReduceSum(g.Mul(a, like(b, a)), -1)
}

// times returns a·x for matrices a, …×p×q, and vectors x, …×q: …×p. A single matrix is one
// matrix product for all vectors.
func times(a, x *g.Node) *g.Node {
	if a.Rank() == 2 {
		return right(x, g.Transpose(a, 0, 1))
	}
	row := g.ExpandAxes(x, x.Rank()-1) // …×1×q
	return g.ReduceSum(g.Mul(like(a, row), like(row, a)), -1)
}

// mustBe panics with a package message unless ok.
func mustBe(ok bool, format string, args ...any) {
	if !ok {
		panic(fmt.Errorf("bij: "+format, args...))
	}
}
