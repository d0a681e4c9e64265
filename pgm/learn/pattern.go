package learn

import "slices"

// Pattern is a partially directed graph: what is known of the directions of a structure. The
// pattern of a directed acyclic graph directs the edges that have one direction in all graphs
// of the same independences (Verma & Pearl 1990; Chickering 2002).
type Pattern struct {
	// Edge says of u and v whether an edge u → v is possible: both ways, it has no direction.
	Edge [][]bool
}

func newPattern(n int) *Pattern {
	p := &Pattern{Edge: make([][]bool, n)}
	for v := range n {
		p.Edge[v] = make([]bool, n)
	}
	return p
}

// Adjacent reports whether there is an edge between u and v.
func (p *Pattern) Adjacent(u, v int) bool { return p.Edge[u][v] || p.Edge[v][u] }

// Directed reports whether there is an edge u → v.
func (p *Pattern) Directed(u, v int) bool { return p.Edge[u][v] && !p.Edge[v][u] }

// Undirected reports whether there is an edge u − v.
func (p *Pattern) Undirected(u, v int) bool { return p.Edge[u][v] && p.Edge[v][u] }

// PatternOf is the pattern of a directed acyclic graph: its skeleton, the arrows into common
// children of parents that are not adjacent, and what follows from these.
func PatternOf(parents [][]int) *Pattern {
	p, near := newPattern(len(parents)), newPattern(len(parents))
	for v, ps := range parents {
		for _, u := range ps {
			near.Edge[u][v] = true
			p.Edge[u][v], p.Edge[v][u] = true, true
		}
	}
	for v, ps := range parents {
		for _, u := range ps {
			if slices.ContainsFunc(ps, func(w int) bool { return w != u && !near.Adjacent(u, w) }) {
				p.Edge[v][u] = false
			}
		}
	}
	p.close()
	return p
}

// close directs what follows from the arrows: no new common child of parents that are not
// adjacent, and no cycle (Meek 1995, rules 1 to 3; the fourth has no case where all arrows
// come from common children).
func (p *Pattern) close() {
	for changed := true; changed; {
		changed = false
		for u := range p.Edge {
			for v := range p.Edge {
				if p.Undirected(u, v) && (p.away(u, v) || p.through(u, v) || p.double(u, v)) {
					p.Edge[v][u], changed = false, true
				}
			}
		}
	}
}

// away is rule 1: w → u − v with w and v not adjacent.
func (p *Pattern) away(u, v int) bool {
	for w := range p.Edge {
		if p.Directed(w, u) && w != v && !p.Adjacent(w, v) {
			return true
		}
	}
	return false
}

// through is rule 2: u → w → v beside u − v.
func (p *Pattern) through(u, v int) bool {
	for w := range p.Edge {
		if p.Directed(u, w) && p.Directed(w, v) {
			return true
		}
	}
	return false
}

// double is rule 3: u − w → v and u − x → v beside u − v, with w and x not adjacent.
func (p *Pattern) double(u, v int) bool {
	for w := range p.Edge {
		if !p.Undirected(u, w) || !p.Directed(w, v) {
			continue
		}
		for x := range w {
			if p.Undirected(u, x) && p.Directed(x, v) && !p.Adjacent(w, x) {
				return true
			}
		}
	}
	return false
}

// Distance is the structural Hamming distance of two patterns: the pairs of variables whose
// edge is in one only or has another direction (Tsamardinos et al. 2006).
func (p *Pattern) Distance(q *Pattern) (n int) {
	for u := range p.Edge {
		for v := range u {
			if p.Edge[u][v] != q.Edge[u][v] || p.Edge[v][u] != q.Edge[v][u] {
				n++
			}
		}
	}
	return n
}

// Skeleton counts the edges of q that p lacks, and those that it has beside them, whatever
// their directions.
func (p *Pattern) Skeleton(q *Pattern) (lacking, extra int) {
	for u := range p.Edge {
		for v := range u {
			switch has, want := p.Adjacent(u, v), q.Adjacent(u, v); {
			case want && !has:
				lacking++
			case has && !want:
				extra++
			}
		}
	}
	return lacking, extra
}

// Extend directs all edges without a cycle and without a new common child of parents that
// are not adjacent (Dor & Tarsi 1992). Where there is no such graph, as tests that contradict
// each other can have it, it reports false and keeps the edges, with directions that make no cycle.
func (p *Pattern) Extend() (parents [][]int, ok bool) {
	n := len(p.Edge)
	parents, gone := make([][]int, n), make([]bool, n)
	for range n {
		x := p.sink(gone)
		if x < 0 {
			return p.anyhow(), false
		}
		for u := range n {
			if !gone[u] && p.Edge[u][x] {
				parents[x] = append(parents[x], u)
			}
		}
		gone[x] = true
	}
	return parents, true
}

// sink finds a variable that can come last among those that are not gone: no arrow leaves
// it, and each neighbour that no arrow joins to it is adjacent to all its others.
func (p *Pattern) sink(gone []bool) int {
	for x := range p.Edge {
		if !gone[x] && p.last(x, gone) {
			return x
		}
	}
	return -1
}

func (p *Pattern) last(x int, gone []bool) bool {
	for u := range p.Edge {
		if gone[u] || u == x || !p.Adjacent(u, x) {
			continue
		}
		if p.Directed(x, u) {
			return false
		}
		for w := range p.Edge {
			if p.Undirected(u, x) && !gone[w] && w != u && w != x && p.Adjacent(w, x) && !p.Adjacent(w, u) {
				return false
			}
		}
	}
	return true
}

// anyhow directs arrows first and the other edges then, each the other way round where it
// would close a cycle.
func (p *Pattern) anyhow() [][]int {
	g := newDag(make([][]int, len(p.Edge)))
	for _, arrows := range []bool{true, false} {
		for u := range p.Edge {
			for v := range p.Edge {
				if p.Directed(u, v) != arrows || !p.Edge[u][v] || g.has(v, u) || g.has(u, v) {
					continue
				}
				if g.below[v].has(u) {
					g.link(v, u)
				} else {
					g.link(u, v)
				}
				g.reach()
			}
		}
	}
	return g.parents
}
