package learn

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Of random graphs, descendants and edges that may be turned round are held to their definitions.
func TestDescendantsAndTurnsAreThoseOfTheDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(32, 32))
	for range 200 {
		n := 1 + r.IntN(80) // more than one word of a set
		g := newDag(randomParents(r, n, 5, 3/float64(n)))
		for v := range n {
			want := below(g, v)
			for u := range n {
				if g.below[v].has(u) != want[u] {
					t.Fatalf("%d below %d: got %v", u, v, !want[u])
				}
			}
		}
		for v, ps := range g.parents {
			for _, u := range ps {
				after := copyOf(g.parents)
				after[v], after[u] = without(after[v], u), with(after[u], v)
				if got := g.turns(u, v); got != (acyclic(n, after) == nil) {
					t.Fatalf("%v: %d → %d may be turned: got %v", g.parents, u, v, got)
				}
			}
		}
	}
}

// below walks down from a variable.
func below(g *dag, v int) []bool {
	seen := make([]bool, len(g.parents))
	stack := slices.Clone(g.children[v])
	for len(stack) > 0 {
		u := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if !seen[u] {
			seen[u] = true
			stack = append(stack, g.children[u]...)
		}
	}
	return seen
}

func TestEdgesComeAndGo(t *testing.T) {
	g := newDag([][]int{nil, {2, 0}, nil})
	if !g.has(0, 1) || !g.has(2, 1) || g.has(1, 0) || !slices.Equal(g.parents[1], []int{0, 2}) {
		t.Errorf("got %v", g.parents)
	}
	g.unlink(0, 1)
	g.link(1, 0)
	g.reach()
	if !g.below[2].has(0) || g.below[0].has(1) || g.has(0, 1) || !slices.Equal(g.children[2], []int{1}) {
		t.Errorf("got %v, %v", g.parents, g.children)
	}
}

func TestSetsStaySortedAndTheirOwn(t *testing.T) {
	a := []int{1, 4, 9}
	if got := with(a, 5); !slices.Equal(got, []int{1, 4, 5, 9}) || !slices.Equal(a, []int{1, 4, 9}) {
		t.Errorf("got %v of %v", got, a)
	}
	if got := without(a, 4); !slices.Equal(got, []int{1, 9}) || !slices.Equal(a, []int{1, 4, 9}) {
		t.Errorf("got %v of %v", got, a)
	}
	var seen [][]int
	for s := range subsets(a, 2) {
		seen = append(seen, slices.Clone(s))
	}
	if len(seen) != 3 || !slices.Equal(seen[0], []int{1, 4}) || !slices.Equal(seen[2], []int{4, 9}) {
		t.Errorf("got %v, want all pairs", seen)
	}
	for k, want := range []int{1, 3, 3, 1, 0} {
		n := 0
		for range subsets(a, k) {
			n++
		}
		if n != want {
			t.Errorf("%d of 3: got %d, want %d", k, n, want)
		}
	}
}
