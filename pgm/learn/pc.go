package learn

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
)

// PCConfig says how PC tests.
type PCConfig struct {
	// Level is the p-value above which two variables count as independent; 0 means 0.01.
	Level float64
	// MaxGiven is the most variables to condition on; 0 means any number.
	MaxGiven int
}

// PCResult is what the tests found.
type PCResult struct {
	// Pattern has the directions that follow from the tests.
	Pattern *Pattern
	// Parents are a structure with that pattern.
	Parents [][]int
	// Consistent says whether there is one; if not, Parents keeps the edges alone.
	Consistent bool
	// Tests counts the tests.
	Tests int
}

// PC finds the pattern of a structure by tests of independence (Spirtes & Glymour 1991): it
// takes away each edge whose ends are independent given some of the neighbours of one, sets
// of 0, 1, 2, … at a time, with neighbours as they were before the size began, so that the
// order of variables does not matter (Colombo & Maathuis 2014, algorithm 4.1).
func PC(ctx context.Context, t Tester, c PCConfig) (*PCResult, error) {
	if c.Level == 0 {
		c.Level = .01
	}
	if !(c.Level > 0 && c.Level < 1) || c.MaxGiven < 0 {
		return nil, fmt.Errorf("pgm: learn: PC: got level %g and at most %d given, want a level within (0, 1) and no number below 0", c.Level, c.MaxGiven)
	}
	p := &pc{t: t, c: c, graph: newPattern(t.Len()), apart: map[[2]int]separation{}}
	for u := range p.graph.Edge {
		for v := range p.graph.Edge {
			p.graph.Edge[u][v] = u != v
		}
	}
	for size := 0; c.MaxGiven == 0 || size <= c.MaxGiven; size++ {
		more, err := p.level(ctx, size)
		if err != nil {
			return nil, err
		}
		if !more {
			break
		}
	}
	p.collide()
	p.graph.close()
	res := &PCResult{Pattern: p.graph, Tests: p.tests}
	res.Parents, res.Consistent = p.graph.Extend()
	return res, nil
}

// separation is a set that makes two variables independent.
type separation struct {
	given []int
	p     float64
}

type pc struct {
	t     Tester
	c     PCConfig
	graph *Pattern
	apart map[[2]int]separation // of u < v
	tests int
}

// verdict is what was found of one edge.
type verdict struct {
	sep   *separation
	asked bool // there were sets of the size
	tests int
	err   error
}

// level tests every edge with sets of one size, and reports whether any had as many neighbours.
func (p *pc) level(ctx context.Context, size int) (more bool, err error) {
	var edges [][2]int
	near := make([][]int, p.t.Len())
	for v := range near {
		for u := range near {
			if p.graph.Adjacent(u, v) {
				near[v] = append(near[v], u)
				if u < v {
					edges = append(edges, [2]int{u, v})
				}
			}
		}
	}
	found := make([]verdict, len(edges))
	var wait sync.WaitGroup
	workers := min(runtime.GOMAXPROCS(0), len(edges))
	for w := range workers {
		wait.Go(func() {
			for i := w; i < len(edges); i += workers {
				found[i] = p.judge(ctx, edges[i], near, size)
			}
		})
	}
	wait.Wait()
	for i, f := range found {
		if f.err != nil {
			return false, f.err
		}
		more, p.tests = more || f.asked, p.tests+f.tests
		if u, v := edges[i][0], edges[i][1]; f.sep != nil {
			p.graph.Edge[u][v], p.graph.Edge[v][u] = false, false
			p.apart[edges[i]] = *f.sep
		}
	}
	return more, nil
}

// judge looks for a set of one size that separates the ends of an edge, among the neighbours
// of the one end and then of the other.
func (p *pc) judge(ctx context.Context, edge [2]int, near [][]int, size int) (f verdict) {
	u, v := edge[0], edge[1]
	first := without(near[u], v)
	for k, set := range [][]int{first, without(near[v], u)} {
		for given := range subsets(set, size) {
			f.asked = true
			if k == 1 && within(given, first) {
				continue
			}
			if f.err = ctx.Err(); f.err != nil {
				return f
			}
			var value float64
			f.tests++
			if value, f.err = p.t.PValue(u, v, given); f.err != nil {
				return f
			}
			if value > p.c.Level {
				f.sep = &separation{slices.Clone(given), value}
				return f
			}
		}
	}
	return f
}

// within reports whether a set lies inside a sorted one.
func within(set, sorted []int) bool {
	return !slices.ContainsFunc(set, func(x int) bool { _, in := slices.BinarySearch(sorted, x); return !in })
}

// collide directs u → w ← v where u and v are not adjacent and w is not among what separates
// them. The pairs that the tests found the most independent come first, and no arrow is
// turned round by a later one.
func (p *pc) collide() {
	type pair struct {
		ends [2]int
		separation
	}
	var pairs []pair
	for ends, s := range p.apart {
		pairs = append(pairs, pair{ends, s})
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(b.p, a.p), slices.Compare(a.ends[:], b.ends[:]))
	})
	for _, x := range pairs {
		u, v := x.ends[0], x.ends[1]
		for w := range p.graph.Edge {
			if p.graph.Edge[u][w] && p.graph.Edge[v][w] && !slices.Contains(x.given, w) {
				p.graph.Edge[w][u], p.graph.Edge[w][v] = false, false
			}
		}
	}
}
