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

// cost of eliminating v next.
func (a adjacency) cost(h Heuristic, v int, card []int) (c float64) {
	switch h {
	case MinWeight:
		for _, u := range a[v] {
			c += math.Log(float64(card[u]))
		}
	case MinNeighbours:
		c = float64(len(a[v]))
	default:
		for _, u := range a[v] {
			c += float64(len(a[v]) - 1 - shared(a[v], a[u]))
		}
	}
	return c
}

// entry is a variable with the cost it had when it was put in the queue.
type entry struct {
	cost float64
	v    int
}

type queue []entry

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return q[i].cost < q[j].cost || q[i].cost == q[j].cost && q[i].v < q[j].v
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(entry)) }
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// greedy is an order of the variables in first and then of those in then.
func greedy(h Heuristic, card []int, scopes [][]int, first, then []int) (order []int) {
	a := newAdjacency(len(card), scopes)
	for _, part := range [][]int{first, then} {
		order = append(order, a.greedy(h, card, part)...)
	}
	return order
}

// greedy eliminates the variables of a part.
func (a adjacency) greedy(h Heuristic, card, part []int) (order []int) {
	now, waiting := make(map[int]float64, len(part)), queue{}
	put := func(v int) {
		if _, in := now[v]; in {
			if c := a.cost(h, v, card); c != now[v] {
				now[v] = c
				heap.Push(&waiting, entry{c, v})
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
		order = append(order, e.v)
		near := slices.Clone(a[e.v])
		if h == MinFill {
			for _, u := range a[e.v] {
				near = append(near, a[u]...)
			}
			slices.Sort(near)
			near = slices.Compact(near)
		}
		a.eliminate(e.v)
		for _, u := range near {
			put(u)
		}
	}
	return order
}
