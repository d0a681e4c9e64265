package pass

import (
	"slices"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel/tile"
)

// Fuse gathers elementwise operations over the same dimensions, and the reductions of what
// they compute, into regions: loops whose intermediate values never leave the cache.
//
// Two groups of nodes are joined where one reads what the other computes, or where both read
// the same array, unless something outside depends on the one and is needed by the other:
// then the joined group could not be executed at one point of time.
//
// Chains of elementwise operations are joined first and reductions after them, each with a copy
// of its own of the operation that it reduces. So a sum of squares does not tear apart an update
// that uses the squares too but has to wait for the sum; where the two can be one loop, the copy
// is found to be the same instruction.
func Fuse(g *ir.Graph) {
	readThrough(g)
	Dead(g)
	prepareRows(g)
	Dead(g)
	copyReduced(g)
	f := newFusion(g)
	for _, n := range g.Nodes {
		if !isReduction(n) {
			f.joinProducers(n)
		}
	}
	for _, n := range g.Nodes {
		if isReduction(n) {
			f.joinProducers(n)
		}
	}
	f.joinSiblings()
	g.Nodes = f.schedule()
}

// readThrough lets nodes of regions read past views that only add or drop axes of length 1. It
// leaves out nodes that may stay alone for their many axes: those need operands of their shape.
func readThrough(g *ir.Graph) {
	for _, n := range g.Nodes {
		for i, v := range n.In {
			if base := ir.LayoutOf(v).Base; fusable(n) && len(space(n)) <= mostDims && sameLoops(v, base) {
				if isReduction(n) {
					n.Attr = moved(axes(n), base)
				}
				n.In[i] = base
			}
		}
	}
}

// sameLoops reports whether a value is a view of another that differs in axes of length 1 alone.
func sameLoops(v, base *ir.Value) bool {
	l := ir.LayoutOf(v)
	return v != base && l.Offset == 0 && v.Shape.DType == base.Shape.DType && ir.Contiguous(v.Shape.Dimensions, l.Strides) &&
		slices.Equal(withoutOnes(v.Shape.Dimensions), withoutOnes(base.Shape.Dimensions))
}

// moved gives the axes of a value that stand for axes of its loops.
func moved(loops ir.Axes, v *ir.Value) ir.Axes {
	var long, out ir.Axes
	for axis, d := range v.Shape.Dimensions {
		if d != 1 {
			long = append(long, axis)
		}
	}
	for _, i := range loops {
		out = append(out, long[i])
	}
	return out
}

// copyReduced gives every reduction its own copy of the elementwise node that it reads, if that
// has other readers.
func copyReduced(g *ir.Graph) {
	reads := users(g)
	rewrite(g, func(b *ir.Graph, n *ir.Node) []*ir.Value {
		if !isReduction(n) || !isElementwise(n.In[0].Def) || len(reads[n.In[0]]) == 1 {
			return nil
		}
		p := n.In[0].Def
		c := b.Add(p.Op, p.Attr, slices.Clone(p.In), p.Out[0].Shape)
		return b.Add(n.Op, n.Attr, c.Out, n.Out[0].Shape).Out
	})
}

// Limits of a region, beyond which the first-level cache would not hold its registers.
const (
	mostOperands = 40
	mostNodes    = 160
	mostDims     = 8 // of any region that the elementwise machine holds
)

// group is a set of nodes that will be one region, or one node that will stay alone.
type group struct {
	nodes []*ir.Node // in the graph's order
	dims  []int
	over  ir.Axes // the axes that the group's reductions reduce, nil if it has none
	into  *group  // where its nodes went when it was joined with another

	// Groups that read its values and groups whose values it reads, some by the names of parts that have
	// been joined.
	readers, inputs []*group

	rank   int // its place in the line
	search int // the latest search of the line that came here
	back   int // the latest search backwards that came here
	barred int // the latest search backwards that found something between it and where that began
	place  int // among the siblings at hand
	reads  int // the number of arrays that it reads from outside, or 0 where they have to be counted
}

type fusion struct {
	graph *ir.Graph
	order map[*ir.Node]int
	of    map[*ir.Node]*group
	users map[*ir.Value][]*ir.Node
	line  line
}

func newFusion(g *ir.Graph) *fusion {
	f := &fusion{graph: g, order: map[*ir.Node]int{}, of: map[*ir.Node]*group{}, users: users(g)}
	for i, n := range g.Nodes {
		f.order[n] = i
		gr := &group{nodes: []*ir.Node{n}, rank: i}
		if member(n) {
			gr.dims = space(n)
		}
		if isReduction(n) {
			gr.over = axes(n)
		}
		f.of[n] = gr
		f.line.groups = append(f.line.groups, gr)
	}
	for _, n := range g.Nodes {
		for _, v := range n.Out {
			for _, u := range f.users[v] {
				if u != nil {
					f.of[n].readers = append(f.of[n].readers, f.of[u])
					f.of[u].inputs = append(f.of[u].inputs, f.of[n])
				}
			}
		}
	}
	return f
}

// member reports whether a node may be in a group: in a region, or as a row view between the
// instructions of one.
func member(n *ir.Node) bool { return fusable(n) || rowView(n) != nil }

// fusable reports whether a node may be part of a region.
func fusable(n *ir.Node) bool { return isElementwise(n) || isReduction(n) && reducible(n) }

// group is the group that a node is in now.
func (f *fusion) group(n *ir.Node) *group {
	gr := f.of[n].now()
	f.of[n] = gr
	return gr
}

// joinProducers joins a node with the elementwise nodes whose values it reads.
func (f *fusion) joinProducers(n *ir.Node) {
	if !member(n) {
		return
	}
	for _, v := range n.In {
		if p := v.Def; (isElementwise(p) || rowView(p) != nil || rowView(n) == p) && slices.Equal(space(p), space(n)) {
			f.join(f.group(p), f.group(n))
		}
	}
}

// fit reports whether two groups loop over the same dimensions and are within the limits together.
func (f *fusion) fit(a, b *group) bool {
	return slices.Equal(a.dims, b.dims) && len(a.nodes)+len(b.nodes) <= mostNodes &&
		(a.over == nil || b.over == nil || slices.Equal(a.over, b.over)) && f.operands(a)+f.operands(b) <= mostOperands
}

// closed reports whether a group is at a limit, so that it fits none, now or later.
func (f *fusion) closed(a *group) bool {
	return len(a.nodes) >= mostNodes || f.operands(a) >= mostOperands
}

// join makes one group of two, if that is legal and within the limits.
func (f *fusion) join(a, b *group) bool {
	if a == b || !f.fit(a, b) {
		return false
	}
	first, last := a, b
	if b.rank < a.rank {
		first, last = b, a
	}
	if f.line.between(first, last) {
		return false
	}
	if len(a.nodes) < len(b.nodes) {
		a, b = b, a
	}
	a.nodes = append(a.nodes, b.nodes...)
	if a.over == nil {
		a.over = b.over
	}
	b.nodes, a.reads = nil, 0
	f.line.join(a, b)
	return true
}

// operands counts the arrays that a group of a region reads from outside, of which there is one at least.
func (f *fusion) operands(a *group) int {
	if a.reads > 0 {
		return a.reads
	}
	seen := map[*ir.Value]bool{}
	for _, n := range a.nodes {
		for _, v := range n.In {
			if f.group(v.Def) != a {
				seen[v] = true
			}
		}
	}
	a.reads = len(seen)
	return a.reads
}

// schedule orders the groups by their dependencies and, where those leave a choice, by the
// first of their nodes; groups of elementwise nodes become regions.
func (f *fusion) schedule() []*ir.Node {
	var order []*group
	done := map[*group]bool{}
	var visit func(gr *group)
	visit = func(gr *group) {
		if done[gr] {
			return
		}
		done[gr] = true
		slices.SortFunc(gr.nodes, func(a, b *ir.Node) int { return f.order[a] - f.order[b] })
		for _, n := range gr.nodes {
			for _, v := range n.In {
				visit(f.group(v.Def))
			}
		}
		order = append(order, gr)
	}
	for _, n := range f.graph.Nodes {
		visit(f.group(n))
	}
	// Only now: a region becomes the definition of its outputs, which other groups look up.
	regions := map[*group]*ir.Node{}
	var held []*group
	for _, gr := range order {
		held = append(held, f.hold(gr, regions)...)
	}
	rows := map[*ir.Node]*ir.Node{} // row views and their reductions
	for _, n := range f.graph.Nodes {
		if r := rowView(n); r != nil {
			rows[n] = r
		}
	}
	var out []*ir.Node
	for _, gr := range held {
		out = append(out, f.emit(gr, regions[gr], rows)...)
	}
	return out
}

// hold makes the region of a group, of several groups in the place of one that the elementwise
// machine cannot hold, or none of a single node that it cannot hold.
func (f *fusion) hold(gr *group, regions map[*group]*ir.Node) []*group {
	if !slices.ContainsFunc(gr.nodes, fusable) {
		return []*group{gr}
	}
	region := f.region(gr)
	if _, err := tile.New(isa.Portable, *region.Attr.(*tile.Spec)); err == nil {
		regions[gr] = region
		return []*group{gr}
	}
	if len(gr.nodes) == 1 {
		return []*group{gr}
	}
	var out []*group
	for _, part := range f.split(gr) {
		for _, n := range part.nodes {
			f.of[n] = part
		}
		out = append(out, part)
	}
	for i := 0; i < len(out); {
		parts := f.hold(out[i], regions)
		out = slices.Replace(out, i, i+1, parts...)
		i += len(parts)
	}
	return out
}

// split cuts a group: before what reads a reduction of its rows, else in the middle. No part
// depends on a later one.
func (f *fusion) split(gr *group) []*group {
	stage, last := map[*ir.Node]int{}, 0
	for _, n := range gr.nodes {
		for _, v := range n.In {
			stage[n] = max(stage[n], stage[v.Def])
		}
		if r := rowView(n); r != nil && f.group(r) == gr {
			stage[n]++
		}
		last = max(last, stage[n])
	}
	if last == 0 {
		for i, n := range gr.nodes {
			stage[n] = 2 * i / len(gr.nodes)
		}
		last = 1
	}
	out := make([]*group, last+1)
	for i := range out {
		out[i] = &group{dims: gr.dims}
	}
	for _, n := range gr.nodes {
		out[stage[n]].nodes = append(out[stage[n]].nodes, n)
	}
	return out
}

// emit lists the nodes of a group: a region, or what it was made of if the elementwise machine
// cannot hold it. Row views of results from outside come before the region, those that somebody
// outside reads after it.
func (f *fusion) emit(gr *group, region *ir.Node, rows map[*ir.Node]*ir.Node) (out []*ir.Node) {
	if region == nil {
		return gr.nodes
	}
	for _, n := range gr.nodes {
		if r := rows[n]; r != nil && f.group(r) != gr {
			out = append(out, n)
		}
	}
	out = append(out, region)
	for _, n := range gr.nodes {
		if r := rows[n]; r != nil && f.group(r) == gr && f.readOutside(gr, n.Out[0]) {
			out = append(out, n)
		}
	}
	for i, v := range region.Out {
		v.Def, v.Index = region, i
	}
	return out
}

// readOutside reports whether a value of a group is read by a node outside, or is a result.
func (f *fusion) readOutside(gr *group, v *ir.Value) bool {
	return slices.ContainsFunc(f.users[v], func(u *ir.Node) bool { return u == nil || f.group(u) != gr })
}
