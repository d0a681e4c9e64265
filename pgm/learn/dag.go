package learn

import "slices"

// bitset is a set of variables.
type bitset []uint64

func newBitset(n int) bitset    { return make(bitset, (n+63)/64) }
func (b bitset) has(i int) bool { return b[i/64]>>(i%64)&1 == 1 }
func (b bitset) add(i int)      { b[i/64] |= 1 << (i % 64) }
func (b bitset) union(c bitset) {
	for i, x := range c {
		b[i] |= x
	}
}

// dag is a directed acyclic graph under change.
type dag struct {
	parents  [][]int  // sorted
	children [][]int  // sorted
	below    []bitset // descendants of each variable
}

func newDag(parents [][]int) *dag {
	g := &dag{parents: make([][]int, len(parents)), children: make([][]int, len(parents)), below: make([]bitset, len(parents))}
	for v, ps := range parents {
		g.parents[v] = slices.Sorted(slices.Values(ps))
		for _, p := range ps {
			g.children[p] = append(g.children[p], v)
		}
		g.below[v] = newBitset(len(parents))
	}
	g.reach()
	return g
}

// reach finds the descendants of all variables, children before parents.
func (g *dag) reach() {
	waits, order := make([]int, len(g.parents)), []int{}
	for v, cs := range g.children {
		if waits[v] = len(cs); waits[v] == 0 {
			order = append(order, v)
		}
	}
	for k := 0; k < len(order); k++ {
		v := order[k]
		clear(g.below[v])
		for _, c := range g.children[v] {
			g.below[v].add(c)
			g.below[v].union(g.below[c])
		}
		for _, p := range g.parents[v] {
			if waits[p]--; waits[p] == 0 {
				order = append(order, p)
			}
		}
	}
}

func (g *dag) has(from, to int) bool {
	_, in := slices.BinarySearch(g.parents[to], from)
	return in
}

// with is a sorted set and one more.
func with(set []int, x int) []int {
	i, _ := slices.BinarySearch(set, x)
	return slices.Insert(slices.Clone(set), i, x)
}

// without is a set less one.
func without(set []int, x int) []int {
	return slices.DeleteFunc(slices.Clone(set), func(y int) bool { return y == x })
}

func (g *dag) link(from, to int) {
	g.parents[to], g.children[from] = with(g.parents[to], from), with(g.children[from], to)
}

func (g *dag) unlink(from, to int) {
	g.parents[to], g.children[from] = without(g.parents[to], from), without(g.children[from], to)
}

// turns reports whether from → to can be turned round without a cycle: no other path leads
// from the one to the other.
func (g *dag) turns(from, to int) bool {
	return !slices.ContainsFunc(g.children[from], func(c int) bool { return c != to && g.below[c].has(to) })
}

// copyOf is a deep copy of lists of parents.
func copyOf(parents [][]int) [][]int {
	out := make([][]int, len(parents))
	for v, ps := range parents {
		out[v] = slices.Clone(ps)
	}
	return out
}
