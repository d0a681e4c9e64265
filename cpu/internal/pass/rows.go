package pass

import (
	"slices"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

// A row program is a region that reduces the rows of an array and goes on with the results, each
// spread over its row again, while the row is in the cache: softmax, normalisation, their
// gradients. What spreads a reduction over its row is a row view.

// longestRow is the number of elements up to which a row stays in the cache.
const longestRow = 2048

// rowView is the reduction whose results a view spreads over the rows that were reduced, or nil.
func rowView(n *ir.Node) *ir.Node {
	if n.Op != ir.OpView {
		return nil
	}
	r := n.In[0].Def
	if !isReduction(r) || !reducible(r) || len(axes(r)) == 0 {
		return nil
	}
	dims := withoutOnes(n.Out[0].Shape.Dimensions)
	if !slices.Equal(dims, space(r)) || !overRows(n, len(axes(r))) {
		return nil
	}
	for i, axis := range axes(r) {
		if axis != len(dims)-len(axes(r))+i {
			return nil
		}
	}
	return r
}

// overRows reports whether a view repeats every element of its input over a row of so many
// axes, in order, and the row is not too long.
func overRows(n *ir.Node, rowAxes int) bool {
	view := n.Attr.(ir.View)
	dims := withoutOnes(n.Out[0].Shape.Dimensions)
	strides := loops(n.Out[0].Shape.Dimensions, view.Strides)
	if rowAxes < 1 || rowAxes > len(dims) || view.Offset != 0 || n.Out[0].Shape.DType != n.In[0].Shape.DType {
		return false
	}
	outer, length := len(dims)-rowAxes, 1
	for i := outer; i < len(dims); i++ {
		length *= dims[i]
		if strides[i] != 0 {
			return false
		}
	}
	return length <= longestRow && slices.Equal(strides[:outer], ir.RowMajor(dims[:outer])) && n.In[0].Shape.Size() == count(dims[:outer])
}

// count is the number of elements of an array.
func count(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// prepareRows makes row programs possible: where a value that was computed from reductions of rows, such as
// 1/√(σ² + ε), is spread over the rows, the reductions are spread instead, and the computation
// is done for every element. It costs arithmetic in the cache and saves passes over memory, so
// it is done only where reductions and readers can be one loop: no path between them leaves it.
func prepareRows(g *ir.Graph) {
	r := &rows{users: users(g)}
	rewrite(g, func(b *ir.Graph, n *ir.Node) []*ir.Value {
		if n.Op != ir.OpView || rowView(n) != nil {
			return nil
		}
		c := &chain{view: n, dims: withoutOnes(n.Out[0].Shape.Dimensions), copies: map[*ir.Value]*ir.Value{}}
		if !c.find(n.In[0], 0) || len(c.reductions) == 0 || !overRows(n, c.axes) || !r.oneLoop(c) {
			return nil
		}
		return []*ir.Value{c.spread(b, n.In[0])}
	})
}

type rows struct{ users map[*ir.Value][]*ir.Node }

// longestChain bounds the operations that are repeated for every element.
const longestChain = 8

// chain is the computation of a value from reductions.
type chain struct {
	view       *ir.Node
	dims       []int // of the view, without axes of length 1
	axes       int   // of a row
	nodes      []*ir.Node
	reductions []*ir.Node
	copies     map[*ir.Value]*ir.Value
}

// find collects the operations that a value is computed by, down to reductions of rows and to
// values that can be spread as they are.
func (c *chain) find(v *ir.Value, depth int) bool {
	n := v.Def
	switch {
	case slices.Contains(c.nodes, n) || slices.Contains(c.reductions, n):
		return true
	case isReduction(n) && reducible(n) && slices.Equal(space(n), c.dims):
		c.reductions = append(c.reductions, n)
		c.axes = len(axes(n))
		return true
	case depth < longestChain && isElementwise(n) && len(c.nodes) < longestChain && v.Shape.Size() == c.view.In[0].Shape.Size():
		c.nodes = append(c.nodes, n)
		for _, in := range n.In {
			if !c.find(in, depth+1) {
				return false
			}
		}
		return true
	}
	return n.Op != ir.OpView || uniformView(n) || ir.Contiguous(v.Shape.Dimensions, n.Attr.(ir.View).Strides)
}

// uniformView reports whether a view repeats one element everywhere.
func uniformView(n *ir.Node) bool { return n.In[0].Shape.Size() == 1 }

// spread gives a value of the chain for every element of the rows.
func (c *chain) spread(b *ir.Graph, v *ir.Value) *ir.Value {
	if w, ok := c.copies[v]; ok {
		return w
	}
	shape := c.view.Out[0].Shape.Clone()
	shape.DType = v.Shape.DType
	var w *ir.Value
	if n := v.Def; slices.Contains(c.nodes, n) {
		var in []*ir.Value
		for _, x := range n.In {
			in = append(in, c.spread(b, x))
		}
		w = b.Add(n.Op, n.Attr, in, shape).Out[0]
	} else {
		w = b.Add(ir.OpView, c.layout(v), []*ir.Value{ir.LayoutOf(v).Base}, shape).Out[0]
	}
	c.copies[v] = w
	return w
}

// layout spreads a leaf of the chain: one element everywhere, or one a row.
func (c *chain) layout(v *ir.Value) ir.View {
	l := ir.LayoutOf(v)
	out := ir.View{Offset: l.Offset, Strides: slices.Clone(c.view.Attr.(ir.View).Strides)}
	if v.Shape.Size() == 1 || v.Def.Op == ir.OpView && uniformView(v.Def) {
		clear(out.Strides)
	}
	return out
}

// oneLoop reports whether the reductions of a chain and the readers of its view can be one
// loop: every path from a reduction to a reader keeps to operations on the same rows.
func (r *rows) oneLoop(c *chain) bool {
	type state struct {
		n    *ir.Node
		left bool // whether the path has left the loop
	}
	readers := map[*ir.Node]bool{}
	for _, u := range r.users[c.view.Out[0]] {
		if u == nil || !isElementwise(u) || !slices.Equal(space(u), c.dims) {
			return false
		}
		readers[u] = true
	}
	seen := map[state]bool{}
	var stack []state
	for _, n := range c.reductions {
		stack = append(stack, state{n, false})
	}
	for len(stack) > 0 {
		s := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, v := range s.n.Out {
			for _, u := range r.users[v] {
				if u == nil {
					continue
				}
				next := state{u, s.left || !c.inLoop(u)}
				if readers[u] && next.left {
					return false
				}
				if !seen[next] {
					seen[next] = true
					stack = append(stack, next)
				}
			}
		}
	}
	return true
}

// inLoop reports whether a node is one of the loop that a chain would make.
func (c *chain) inLoop(n *ir.Node) bool {
	switch {
	case n == c.view || slices.Contains(c.nodes, n):
		return true
	case n.Op == ir.OpView:
		return slices.Equal(withoutOnes(n.Out[0].Shape.Dimensions), c.dims) || n.In[0].Shape.Size() == c.view.In[0].Shape.Size()
	case isReduction(n):
		return slices.Equal(space(n), c.dims) && len(axes(n)) == c.axes
	}
	return isElementwise(n) && (slices.Equal(space(n), c.dims) || n.Out[0].Shape.Size() == c.view.In[0].Shape.Size())
}
