// Package cut finds most probable assignments of binary models exactly where they are
// submodular, by a minimum cut, and of models of more states by moves that are such cuts.
package cut

import (
	"context"
	"math"

	"github.com/elbo-go/elbo/pgm"
)

// Flow is a network from a source to a sink, whose maximum flow is its minimum cut (Ford &
// Fulkerson 1956). The algorithm is that of Boykov & Kolmogorov 2004: two trees grow from the
// terminals until they touch, the path is filled, and what that cuts off is adopted anew.
type Flow struct {
	first  []int32   // of each node: its first arc
	next   []int32   // of each arc: the next of its tail
	head   []int32   // of each arc; arc a^1 goes back
	rest   []float64 // of each arc: what more it can carry
	excess []float64 // of each node: what more the source can send it, or, below 0, it the sink
	value  float64
	search
}

// side is the tree that a node belongs to.
type side int8

const (
	free side = iota
	source
	sink
)

// Parents that are no arcs.
const (
	none     = -1
	terminal = -2
	orphan   = -3
)

// search is the state of the two trees.
type search struct {
	tree    []side
	parent  []int32 // the arc to the parent
	stamp   []int   // when the distance was last known to be right
	dist    []int   // to the terminal
	time    int
	active  []int32 // nodes that may grow, first in first out
	queued  []bool
	orphans []int32
}

// NewFlow is a network of nodes without arcs.
func NewFlow(nodes int) *Flow {
	f := &Flow{first: make([]int32, nodes), excess: make([]float64, nodes)}
	for v := range f.first {
		f.first[v] = none
	}
	return f
}

// Terminal adds capacities from the source to a node and from it to the sink, which are not
// negative.
func (f *Flow) Terminal(v int, fromSource, toSink float64) {
	// what flows straight through is flow whatever the rest does
	if x := f.excess[v]; x > 0 {
		fromSource += x
	} else {
		toSink -= x
	}
	through := min(fromSource, toSink)
	f.value += through
	if f.excess[v] = fromSource - toSink; math.IsInf(through, 1) {
		f.excess[v] = 0
	}
}

// Arc adds capacities from u to v and back, which are not negative.
func (f *Flow) Arc(u, v int, forth, back float64) {
	f.arc(u, v, forth)
	f.arc(v, u, back)
}

func (f *Flow) arc(u, v int, capacity float64) {
	f.next = append(f.next, f.first[u])
	f.first[u] = int32(len(f.head))
	f.head = append(f.head, int32(v))
	f.rest = append(f.rest, capacity)
}

// Max is the value of the maximum flow. A flow without bound is pgm.ErrImpossible.
func (f *Flow) Max(ctx context.Context) (float64, error) {
	f.begin()
	for paths := 0; len(f.active) > 0; paths++ {
		if paths%1024 == 0 && ctx.Err() != nil {
			return 0, ctx.Err()
		}
		v := f.active[0]
		bridge := f.grow(v)
		if bridge == none {
			f.active, f.queued[v] = f.active[1:], false
			continue
		}
		f.time++
		if !f.augment(bridge) {
			return math.Inf(1), pgm.ErrImpossible
		}
		for len(f.orphans) > 0 {
			last := len(f.orphans) - 1
			v := f.orphans[last]
			f.orphans = f.orphans[:last]
			f.adopt(v)
		}
	}
	if math.IsInf(f.value, 1) {
		return f.value, pgm.ErrImpossible
	}
	return f.value, nil
}

// Source reports whether a node is on the source's side of the minimum cut. Where several
// cuts are minimal, free nodes are on the sink's.
func (f *Flow) Source(v int) bool { return f.tree[v] == source }

// begin puts every node that a terminal can reach into its tree.
func (f *Flow) begin() {
	n := len(f.first)
	f.search = search{tree: make([]side, n), parent: make([]int32, n), stamp: make([]int, n), dist: make([]int, n), queued: make([]bool, n)}
	for v, x := range f.excess {
		f.parent[v] = none
		if x != 0 {
			f.tree[v], f.parent[v], f.dist[v] = source, terminal, 1
			if x < 0 {
				f.tree[v] = sink
			}
			f.wake(int32(v))
		}
	}
}

// wake lets a node grow again.
func (f *Flow) wake(v int32) {
	if !f.queued[v] {
		f.queued[v] = true
		f.active = append(f.active, v)
	}
}

// toward is what the arc, or in the sink's tree its reverse, can still carry: growth follows
// the flow from the source and goes against it from the sink.
func (f *Flow) toward(tree side, a int32) float64 {
	if tree == source {
		return f.rest[a]
	}
	return f.rest[a^1]
}

// grow takes free neighbours into the tree of a node, until it meets the other tree: then it
// returns the arc from the source's tree to the sink's.
func (f *Flow) grow(v int32) (bridge int32) {
	tree := f.tree[v]
	if tree == free {
		return none
	}
	for a := f.first[v]; a != none; a = f.next[a] {
		if f.toward(tree, a) <= 0 {
			continue
		}
		u := f.head[a]
		switch {
		case f.tree[u] == free:
			f.tree[u], f.parent[u], f.stamp[u], f.dist[u] = tree, a^1, f.stamp[v], f.dist[v]+1
			f.wake(u)
		case f.tree[u] != tree && tree == source:
			return a
		case f.tree[u] != tree:
			return a ^ 1
		case f.stamp[u] <= f.stamp[v] && f.dist[u] > f.dist[v]+1: // a shorter way for the neighbour
			f.parent[u], f.stamp[u], f.dist[u] = a^1, f.stamp[v], f.dist[v]+1
		}
	}
	return none
}

// augment fills the path over a bridge and reports whether it has an end.
func (f *Flow) augment(bridge int32) bool {
	least := f.rest[bridge]
	from, to := f.head[bridge^1], f.head[bridge]
	v := from
	for ; f.parent[v] != terminal; v = f.head[f.parent[v]] {
		least = min(least, f.rest[f.parent[v]^1])
	}
	least = min(least, f.excess[v])
	for v = to; f.parent[v] != terminal; v = f.head[f.parent[v]] {
		least = min(least, f.rest[f.parent[v]])
	}
	if least = min(least, -f.excess[v]); math.IsInf(least, 1) {
		return false
	}
	f.rest[bridge] -= least
	f.rest[bridge^1] += least
	for v = from; f.parent[v] != terminal; {
		a := f.parent[v]
		up := f.head[a]
		f.rest[a] += least
		if f.rest[a^1] -= least; f.rest[a^1] == 0 {
			f.cutOff(v)
		}
		v = up
	}
	if f.excess[v] -= least; f.excess[v] == 0 {
		f.cutOff(v)
	}
	for v = to; f.parent[v] != terminal; {
		a := f.parent[v]
		up := f.head[a]
		f.rest[a^1] += least
		if f.rest[a] -= least; f.rest[a] == 0 {
			f.cutOff(v)
		}
		v = up
	}
	if f.excess[v] += least; f.excess[v] == 0 {
		f.cutOff(v)
	}
	f.value += least
	return true
}

// cutOff makes a node an orphan: the way to its terminal is full.
func (f *Flow) cutOff(v int32) {
	f.parent[v] = orphan
	f.orphans = append(f.orphans, v)
}

// adopt finds an orphan the parent that is nearest to the terminal, or sets it free.
func (f *Flow) adopt(v int32) {
	tree, best, nearest := f.tree[v], int32(none), math.MaxInt
	for a := f.first[v]; a != none; a = f.next[a] {
		u := f.head[a]
		if f.tree[u] != tree || f.toward(tree, a^1) <= 0 {
			continue
		}
		if d, rooted := f.distance(u); rooted && d < nearest {
			best, nearest = a, d
		}
	}
	if best != none {
		f.parent[v], f.stamp[v], f.dist[v] = best, f.time, nearest+1
		return
	}
	f.tree[v], f.parent[v] = free, none
	for a := f.first[v]; a != none; a = f.next[a] {
		u := f.head[a]
		if f.tree[u] != tree {
			continue
		}
		if f.toward(tree, a^1) > 0 {
			f.wake(u)
		}
		if p := f.parent[u]; p >= 0 && f.head[p] == v {
			f.cutOff(u)
		}
	}
}

// distance is the number of steps from a node to its terminal, and whether the way ends there
// and not at an orphan. Nodes on the way remember it for this time.
func (f *Flow) distance(v int32) (d int, rooted bool) {
	u := v
	for ; f.stamp[u] != f.time || f.parent[u] == orphan; u = f.head[f.parent[u]] {
		if f.parent[u] == terminal {
			f.stamp[u], f.dist[u] = f.time, 1
			break
		}
		if f.parent[u] < 0 {
			return 0, false
		}
		d++
	}
	d += f.dist[u]
	for k, w := d, v; f.stamp[w] != f.time; w, k = f.head[f.parent[w]], k-1 {
		f.stamp[w], f.dist[w] = f.time, k
	}
	return d, true
}
