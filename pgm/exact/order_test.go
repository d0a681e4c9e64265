package exact

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
)

// pairs is a graph of factors of two variables of two states each.
func pairs(t testing.TB, n int, edges ...[2]int) *pgm.Graph {
	t.Helper()
	r := rand.New(rand.NewPCG(uint64(n), 3))
	vars, factors := make([]pgm.Variable, n), make([]*pgm.Factor, len(edges))
	for i := range vars {
		vars[i] = pgm.Numbered(fmt.Sprint(i), 2)
	}
	for i, e := range edges {
		f, err := pgm.NewFactor(e[:], []int{2, 2}, []float64{r.Float64(), r.Float64(), r.Float64(), r.Float64()})
		factors[i] = must(t, f, err)
	}
	g, err := pgm.NewGraph(vars, factors)
	return must(t, g, err)
}

// grid lists the edges of a grid.
func grid(rows, cols int) (edges [][2]int) {
	for i := range rows {
		for j := range cols {
			if j+1 < cols {
				edges = append(edges, [2]int{i*cols + j, i*cols + j + 1})
			}
			if i+1 < rows {
				edges = append(edges, [2]int{i*cols + j, i*cols + j + cols})
			}
		}
	}
	return edges
}

// The treewidths of these graphs are known, and every heuristic finds them.
func TestWidthsOfKnownGraphs(t *testing.T) {
	var chain, ring, star, full [][2]int
	for i := range 9 {
		chain, star = append(chain, [2]int{i, i + 1}), append(star, [2]int{0, i + 1})
		ring = append(ring, [2]int{i, (i + 1) % 9})
		for j := range i {
			full = append(full, [2]int{i, j})
		}
	}
	for _, c := range []struct {
		name  string
		n     int
		edges [][2]int
		width int
	}{
		{"one", 1, nil, 0}, {"apart", 5, nil, 0}, {"chain", 10, chain, 1}, {"star", 10, star, 1}, {"ring", 9, ring, 2},
		{"full", 9, full, 8}, {"ladder", 20, grid(10, 2), 2}, {"grid of 3", 21, grid(7, 3), 3}, {"grid of 4", 16, grid(4, 4), 4},
	} {
		for h := MinFill; h <= MinNeighbours; h++ {
			tree, err := NewTree(pairs(t, c.n, c.edges...), nil, Config{Heuristics: []Heuristic{h}})
			must(t, tree, err)
			if tree.Plan.Width != c.width || tree.Plan.Heuristic != h {
				t.Errorf("%s by %s: got width %d, want %d", c.name, h, tree.Plan.Width, c.width)
			}
			if order := sorted(tree.Plan.Order); len(slices.Compact(order)) != c.n {
				t.Errorf("%s by %s: got order %d, want each of %d once", c.name, h, tree.Plan.Order, c.n)
			}
		}
	}
}

// slow is elimination by a matrix of edges: the cliques of an order.
func slow(n int, scopes [][]int, order []int) (cliques [][]int) {
	edge := make([][]bool, n)
	for v := range edge {
		edge[v] = make([]bool, n)
	}
	join := func(vars []int) {
		for _, v := range vars {
			for _, u := range vars {
				edge[v][u] = true
			}
		}
	}
	for _, s := range scopes {
		join(s)
	}
	gone := make([]bool, n)
	for _, v := range order {
		near := []int{v}
		for u := range n {
			if u != v && !gone[u] && edge[v][u] {
				near = append(near, u)
			}
		}
		join(near)
		gone[v] = true
		slices.Sort(near)
		cliques = append(cliques, near)
	}
	return cliques
}

// found is the order of a heuristic.
func found(h Heuristic, card []int, scopes [][]int, vars []int) []int {
	s := search{heuristic: h, card: card}
	s.find(scopes, vars, nil)
	return s.order
}

func TestCliquesAreThoseOfEliminationByAMatrix(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 19))
	for range 300 {
		g := randomGraph(t, r)
		p, err := newProblem(g, nil)
		must(t, p, err)
		order := found(Heuristic(r.IntN(3)), p.card, p.scopes(), p.free)
		want := slow(len(p.card), p.scopes(), order)
		for i, k := range p.cliques(order) {
			if !slices.Equal(sorted(k.vars), want[i]) || k.v != order[i] {
				t.Errorf("clique %d: got %d, want %d", i, k.vars, want[i])
			}
		}
	}
}

// Each step of min-fill adds the fewest edges that any step could.
func TestEveryStepOfMinFillAddsTheFewestEdges(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 19))
	fill := func(a adjacency, v int) (edges int) {
		for i, u := range a[v] {
			for _, w := range a[v][:i] {
				if !slices.Contains(a[u], w) {
					edges += 2
				}
			}
		}
		return edges
	}
	for range 100 {
		n := 4 + r.IntN(8)
		var scopes [][]int
		for range n * 2 {
			scopes = append(scopes, r.Perm(n)[:2])
		}
		card := make([]int, n)
		all := make([]int, n)
		for v := range card {
			card[v], all[v] = 2, v
		}
		a, left := newAdjacency(n, scopes), slices.Clone(all)
		for _, v := range found(MinFill, card, scopes, all) {
			for _, u := range left {
				if fill(a, u) < fill(a, v) {
					t.Errorf("got %d with %d edges, want one with %d", v, fill(a, v), fill(a, u))
				}
			}
			a.eliminate(v)
			left = slices.DeleteFunc(left, func(u int) bool { return u == v })
		}
	}
}

// Every two nodes that hold a variable are joined by nodes that hold it: those that hold it
// and whose parent does not are one for each variable. No node lies inside its parent.
func TestTheTreeHasTheRunningIntersectionProperty(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 19))
	for range 300 {
		p, err := newProblem(randomNetwork(t, r, 10, 3).Graph(), nil)
		must(t, p, err)
		cliques := p.cliques(found(MinWeight, p.card, p.scopes(), p.free))
		nodes, into := join(cliques)
		tops := make([]int, 10)
		for _, n := range nodes {
			for _, v := range n.vars {
				if n.parent < 0 || !slices.Contains(nodes[n.parent].vars, v) {
					tops[v]++
				} else if !slices.Contains(n.sep, v) {
					t.Errorf("variable %d is shared and not in the separator %d", v, n.sep)
				}
			}
			if len(n.sep) == len(n.vars) || n.parent >= 0 && len(n.sep) == len(nodes[n.parent].vars) {
				t.Errorf("got a node inside another: %d and %d", n.vars, n.sep)
			}
		}
		for v, n := range tops {
			if n != 1 {
				t.Errorf("variable %d: got %d parts of the tree, want 1", v, n)
			}
		}
		for i, k := range cliques {
			if n := nodes[into[i]]; shared(sorted(k.vars), sorted(n.vars)) < len(k.vars) {
				t.Errorf("clique %d is not in its node %d", k.vars, n.vars)
			}
		}
	}
}

// A chain of 20,000 variables has the partition function of a product of matrices.
func TestALongChainIsAProductOfMatrices(t *testing.T) {
	const n = 20000
	var edges [][2]int
	for i := range n - 1 {
		edges = append(edges, [2]int{i, i + 1})
	}
	g := pairs(t, n, edges...)
	a, b, z := 1., 1., 0.
	for _, f := range g.Factors {
		e := [4]float64{}
		for i, x := range f.Log {
			e[i] = math.Exp(x)
		}
		a, b = a*e[0]+b*e[2], a*e[1]+b*e[3]
		z += math.Log(a + b)
		a, b = a/(a+b), b/(a+b)
	}
	tree, err := NewTree(g, nil, Config{})
	must(t, tree, err)
	tk.Close(t, "ln Z", tree.LogZ, z, 1e-12)
	tk.Close(t, "last marginal", tree.Marginals[n-1][0], a, 1e-12)
}

// Paths of Asia and what blocks them, by hand.
func TestSeparationInAsia(t *testing.T) {
	n := network(t, "asia")
	for _, c := range []struct {
		x, y  string
		given []string
		want  bool
	}{
		{"asia", "smoke", nil, true},
		{"asia", "smoke", []string{"either"}, false},
		{"asia", "smoke", []string{"xray"}, false},
		{"asia", "smoke", []string{"xray", "tub", "lung"}, true},
		{"asia", "xray", nil, false},
		{"asia", "xray", []string{"tub"}, true},
		{"lung", "bronc", nil, false},
		{"lung", "bronc", []string{"smoke"}, true},
		{"lung", "bronc", []string{"smoke", "dysp"}, false},
		{"tub", "lung", nil, true},
		{"tub", "lung", []string{"dysp"}, false},
		{"xray", "dysp", []string{"either"}, true},
		{"xray", "dysp", []string{"bronc"}, false},
		{"xray", "dysp", []string{"either", "bronc"}, true},
	} {
		x, y := named(t, n, c.x), named(t, n, c.y)
		for _, way := range [][2][]int{{x, y}, {y, x}} {
			got, err := Separated(n, way[0], way[1], named(t, n, c.given...))
			if must(t, got, err); got != c.want {
				t.Errorf("%s and %s given %s: got separated %v", c.x, c.y, c.given, got)
			}
		}
	}
}

// All marginals of Alarm by one tree are those of 37 eliminations, under every heuristic.
func TestAlarmByTheTreeAndByElimination(t *testing.T) {
	n := network(t, "alarm")
	e := observe(t, n, map[string]string{"HRBP": "HIGH", "BP": "LOW", "EXPCO2": "ZERO"})
	for h := MinFill; h <= MinNeighbours; h++ {
		c := Config{Heuristics: []Heuristic{h}}
		tree, err := NewTree(n.Graph(), e, c)
		must(t, tree, err)
		for v := range n.Vars {
			if _, seen := e[v]; seen {
				continue
			}
			r, err := Eliminate(n.Graph(), e, []int{v}, c)
			must(t, r, err)
			tk.Close(t, "ln P", r.LogZ, tree.LogZ, 1e-12)
			for s, x := range r.Joint.Log {
				tk.Close(t, n.Vars[v].Name, tree.Marginals[v][s], math.Exp(x), 1e-12)
			}
		}
	}
}

// What is most probable of Alarm cannot be bettered by changing any two of its variables, and
// the tree gives each state of it some probability.
func TestTheBestOfAlarmIsBestAmongItsNeighbours(t *testing.T) {
	n := network(t, "alarm")
	g, e := n.Graph(), observe(t, n, map[string]string{"HRBP": "HIGH"})
	best, err := MPE(g, e, Config{})
	must(t, best, err)
	tk.Close(t, "its value", g.LogValue(best.States), best.LogValue, 1e-12)
	x := slices.Clone(best.States)
	for v := range x {
		for u := range v {
			if _, seen := e[v]; seen {
				continue
			}
			if _, seen := e[u]; seen {
				continue
			}
			for s := range n.Vars[v].States {
				for r := range n.Vars[u].States {
					x[v], x[u] = s, r
					if y := g.LogValue(x); y > best.LogValue+1e-12 {
						t.Errorf("got %v with %s and %s changed, want at most %v", y, n.Vars[v].Name, n.Vars[u].Name, best.LogValue)
					}
				}
			}
			x[v], x[u] = best.States[v], best.States[u]
		}
	}
}

// The estimate is what the tables of the tree hold: no float64 beyond it is in use.
func TestTheEstimateOfElimination(t *testing.T) {
	g := pairs(t, 16, grid(4, 4)...)
	r, err := Eliminate(g, nil, nil, Config{})
	must(t, r, err)
	if p := r.Plan; p.Largest != 32 || p.Bytes < 8*32 || p.Bytes > 8*(32+16*8) || p.Cells < 16*2 || p.Cells > 16*32 {
		t.Errorf("got %+v, want a largest table of 2⁵", p)
	}
	tree, err := NewTree(g, nil, Config{})
	must(t, tree, err)
	p, err := newProblem(g, nil)
	must(t, p, err)
	u := &Tree{p: p}
	u.build(p.cliques(tree.Plan.Order))
	u.up()
	held := 0
	for _, n := range u.nodes {
		held += len(n.message.nums) + len(n.message.logs)
	}
	if tree.Plan.Bytes < float64(8*held) {
		t.Errorf("got an estimate of %g bytes, want at least the %d of the messages", tree.Plan.Bytes, 8*held)
	}
	tk.Close(t, "ln Z", r.LogZ, tree.LogZ, 1e-13)
}
