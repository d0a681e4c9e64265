package exact

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// randomScopes are scopes of two to four of n variables.
func randomScopes(r *rand.Rand, n, count int) (scopes [][]int) {
	for range count {
		scopes = append(scopes, r.Perm(n)[:min(n, 2+r.IntN(3))])
	}
	return scopes
}

// Rows of bits and sorted lists are the same graph at every step of an elimination.
func TestBitsAndListsAreTheSameGraph(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 1))
	for range 60 {
		n := 1 + r.IntN(150)
		scopes := randomScopes(r, n, r.IntN(2*n))
		var bits, lists interaction = newMatrix(n, scopes), newAdjacency(n, scopes)
		left := r.Perm(n)
		for len(left) > 0 {
			for _, v := range left {
				if !slices.Equal(bits.around(v), lists.around(v)) {
					t.Fatalf("%d variables: neighbours of %d: got %v, want %v", n, v, bits.around(v), lists.around(v))
				}
				if got, want := bits.fill(v), lists.fill(v); got != want {
					t.Fatalf("%d variables: edges that %d adds: got %d, want %d", n, v, got, want)
				}
			}
			bits.eliminate(left[0])
			lists.eliminate(left[0])
			left = left[1:]
			if n > 20 { // a few steps at a time of large graphs
				for range min(len(left), r.IntN(20)) {
					bits.eliminate(left[0])
					lists.eliminate(left[0])
					left = left[1:]
				}
			}
		}
	}
}

// What a search says of its order is what the cliques of the order are.
func TestASearchKnowsWhatItsOrderCosts(t *testing.T) {
	r := rand.New(rand.NewPCG(22, 1))
	for range 100 {
		g := randomGraph(t, r)
		p, err := newProblem(g, nil)
		must(t, p, err)
		s := search{heuristic: Heuristic(r.IntN(3)), card: p.card, rank: r.Perm(len(p.card))}
		s.find(p.scopes(), p.free, nil)
		width, largest, cells := 0, 0., 0.
		for _, k := range p.cliques(s.order) {
			size := p.cells(k.vars)
			width, largest, cells = max(width, len(k.vars)-1), max(largest, size), cells+size
		}
		if s.width != width || s.largest != largest || s.cells != cells {
			t.Errorf("got width %d, largest %g, cells %g, want %d, %g, %g", s.width, s.largest, s.cells, width, largest, cells)
		}
		if !slices.Equal(sorted(s.order), p.free) {
			t.Errorf("got order %v, want each of %v once", s.order, p.free)
		}
	}
}

// Variables that are maximised leave after those that are summed, whatever that costs.
func TestPartsAreEliminatedOneAfterTheOther(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 1))
	for range 50 {
		n := 2 + r.IntN(20)
		card, all := make([]int, n), r.Perm(n)
		for v := range card {
			card[v] = 2
		}
		k := r.IntN(n)
		s := search{heuristic: Heuristic(r.IntN(3)), card: card}
		s.find(randomScopes(r, n, 2*n), all[:k], all[k:])
		if !slices.Equal(sorted(s.order[:k]), sorted(all[:k])) {
			t.Errorf("got %v first, want %v", s.order[:k], all[:k])
		}
	}
}

// Of a torus, whose nodes are all alike, the heuristics alone find an order that random ones among
// equals improve; the search is the same every time.
func TestRandomOrdersAmongEqualsAreNoWorse(t *testing.T) {
	const side = 7
	edges := grid(side, side)
	for i := range side {
		edges = append(edges, [2]int{i * side, i*side + side - 1}, [2]int{i, (side-1)*side + i})
	}
	p, err := newProblem(pairs(t, side*side, edges...), nil)
	must(t, p, err)
	first := 0.
	for _, h := range []Heuristic{MinFill, MinWeight, MinNeighbours} {
		s := search{heuristic: h, card: p.card}
		if s.find(p.scopes(), p.free, nil); first == 0 || s.cells < first {
			first = s.cells
		}
	}
	nothing := func([]clique) float64 { return 0 }
	a, err := p.plan(Config{}, p.free, nil, nothing)
	must(t, a, err)
	b, err := p.plan(Config{}, p.free, nil, nothing)
	must(t, b, err)
	if a.Cells > first || !slices.Equal(a.Order, b.Order) {
		t.Errorf("got %g cells, want at most %g, and the same order again", a.Cells, first)
	}
	t.Logf("cells %g, by the heuristics alone %g", a.Cells, first)
}

// A chain too long for a matrix of bits.
func TestManyVariablesAreKeptAsLists(t *testing.T) {
	n := mostBits + 5
	var edges [][2]int
	for v := range n - 1 {
		edges = append(edges, [2]int{v, v + 1})
	}
	scopes := make([][]int, len(edges))
	for i := range edges {
		scopes[i] = edges[i][:]
	}
	if _, lists := newInteraction(n, scopes).(adjacency); !lists {
		t.Error("got bits, want lists")
	}
	if _, bits := newInteraction(50, nil).(*matrix); !bits {
		t.Error("got lists, want bits")
	}
	card, all := slices.Repeat([]int{2}, n), make([]int, n)
	for v := range all {
		all[v] = v
	}
	s := search{heuristic: MinFill, card: card}
	if s.find(scopes, all, nil); s.width != 1 {
		t.Errorf("got width %d of a chain, want 1", s.width)
	}
}
