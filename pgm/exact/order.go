// Package exact answers questions about discrete graphical models exactly: variable
// elimination, junction trees, most probable assignments, d-separation, and enumeration as
// what they are proved against. The cost is known before a table is made; above a cap the
// question is refused.
package exact

import (
	"container/heap"
	"fmt"
	"math"
	"slices"
)

// Heuristic is how the next variable to eliminate is chosen (Koller & Friedman 2009, 9.4.3).
type Heuristic int

// The heuristics: the variable of least cost is next, the first one among equals.
const (
	// MinFill adds the fewest edges.
	MinFill Heuristic = iota
	// MinWeight makes the smallest table.
	MinWeight
	// MinNeighbours has the fewest neighbours.
	MinNeighbours
)

// String is the name of the heuristic.
func (h Heuristic) String() string {
	if h < MinFill || h > MinNeighbours {
		return fmt.Sprintf("Heuristic(%d)", int(h))
	}
	return [...]string{"min-fill", "min-weight", "min-neighbours"}[h]
}

// adjacency is the interaction graph: sorted neighbours of each variable.
type adjacency [][]int

// newAdjacency joins all variables of each scope.
func newAdjacency(n int, scopes [][]int) adjacency {
	a := make(adjacency, n)
	for _, s := range scopes {
		for _, v := range s {
			a[v] = append(a[v], s...)
		}
	}
	for v := range a {
		slices.Sort(a[v])
		a[v] = slices.DeleteFunc(slices.Compact(a[v]), func(u int) bool { return u == v })
	}
	return a
}

// shared counts what two sorted lists have in common.
func shared(a, b []int) (n int) {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			n, i, j = n+1, i+1, j+1
		}
	}
	return n
}

// eliminate joins the neighbours of v and takes v out.
func (a adjacency) eliminate(v int) {
	for _, u := range a[v] {
		merged := append(slices.Clone(a[u]), a[v]...)
		slices.Sort(merged)
		merged = slices.Compact(merged)
		a[u] = slices.DeleteFunc(merged, func(w int) bool { return w == u || w == v })
	}
}

// around are the neighbours of v.
func (a adjacency) around(v int) []int { return a[v] }

// fill is how many edges eliminating v would add, each counted from both ends.
func (a adjacency) fill(v int) (n int) {
	for _, u := range a[v] {
		n += len(a[v]) - 1 - shared(a[v], a[u])
	}
	return n
}

// entry is a variable with the cost it had when it was put in the queue, and its rank among those
// of equal cost.
type entry struct {
	cost float64
	rank int
	v    int
}

type queue []entry

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return q[i].cost < q[j].cost || q[i].cost == q[j].cost && q[i].rank < q[j].rank
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(entry)) }
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// interaction is the interaction graph of a model, while variables are eliminated from it.
type interaction interface {
	around(v int) []int // the neighbours, in order
	fill(v int) int     // twice the edges that eliminating v would add
	eliminate(v int)    // joins the neighbours of v and takes v out
}

// mostBits is how many variables have a matrix of bits for their edges, 2 MiB of them.
const mostBits = 1 << 12

// newInteraction is the graph in the form that is fast for its size.
func newInteraction(n int, scopes [][]int) interaction {
	if n <= mostBits {
		return newMatrix(n, scopes)
	}
	return newAdjacency(n, scopes)
}

// search is how an order is looked for, and what was found.
type search struct {
	heuristic Heuristic
	card      []int
	rank      []int // of the variables among equals: the least is eliminated first; nil is their order
	order     []int
	width     int
	largest   float64 // cells
	cells     float64
	looks     int // at variables, a measure of time
}

// find orders the variables in first and then those in then.
func (s *search) find(scopes [][]int, first, then []int) {
	g := newInteraction(len(s.card), scopes)
	for _, part := range [][]int{first, then} {
		s.greedy(g, part)
	}
}

// cost of eliminating v next.
func (s *search) cost(g interaction, v int) (c float64) {
	s.looks++
	switch s.heuristic {
	case MinWeight:
		for _, u := range g.around(v) {
			c += math.Log(float64(s.card[u]))
		}
		return c
	case MinNeighbours:
		return float64(len(g.around(v)))
	default:
		return float64(g.fill(v))
	}
}

// take eliminates v.
func (s *search) take(g interaction, v int) {
	size := float64(s.card[v])
	for _, u := range g.around(v) {
		size *= float64(s.card[u])
	}
	s.order = append(s.order, v)
	s.width, s.largest, s.cells = max(s.width, len(g.around(v))), max(s.largest, size), s.cells+size
	g.eliminate(v)
}

// greedy eliminates the variables of a part.
func (s *search) greedy(g interaction, part []int) {
	now, waiting := make(map[int]float64, len(part)), queue{}
	put := func(v int) {
		if _, in := now[v]; in {
			if c := s.cost(g, v); c != now[v] {
				now[v] = c
				e := entry{c, v, v}
				if s.rank != nil {
					e.rank = s.rank[v]
				}
				heap.Push(&waiting, e)
			}
		}
	}
	for _, v := range part {
		now[v] = -1
	}
	for _, v := range part {
		put(v)
	}
	for len(now) > 0 {
		e := heap.Pop(&waiting).(entry)
		if c, in := now[e.v]; !in || c != e.cost {
			continue
		}
		delete(now, e.v)
		near := slices.Clone(g.around(e.v))
		if s.heuristic == MinFill {
			for _, u := range near[:len(near):len(near)] {
				near = append(near, g.around(u)...)
			}
			slices.Sort(near)
			near = slices.Compact(near)
		}
		s.take(g, e.v)
		for _, u := range near {
			put(u)
		}
	}
}
