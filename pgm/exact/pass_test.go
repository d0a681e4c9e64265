package exact

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
)

// bipartite joins each of n variables with each of m by a factor of strength s: one clique of the n
// has m neighbours, each of which wants the marginal of all n.
func bipartite(t testing.TB, n, m int, s float64) *pgm.Graph {
	t.Helper()
	r := rand.New(rand.NewPCG(uint64(n*m), 41))
	g := pairs(t, n+m)
	for i := range n {
		for j := range m {
			f := &pgm.Factor{Vars: []int{i, n + j}, Card: []int{2, 2}}
			for range 4 {
				f.Log = append(f.Log, s*r.NormFloat64())
			}
			g.Factors = append(g.Factors, f)
		}
	}
	return g
}

// bySide is ln Z of a bipartite graph by the states of its first side: given these the others are
// independent.
func bySide(g *pgm.Graph, n, m int) (z float64, marginals [][]float64) {
	marginals = make([][]float64, n)
	logs := make([]float64, 1<<n)
	states := make([]int, n+m)
	for x := range logs {
		for i := range n {
			states[i] = x >> i & 1
		}
		for j := range m {
			both := [2]float64{}
			for s := range both {
				states[n+j] = s
				for _, f := range g.Factors {
					if f.Vars[1] == n+j {
						both[s] += f.At(states)
					}
				}
			}
			logs[x] += logAdd(both[0], both[1])
		}
	}
	z = fold(logs, logAdd)
	for i := range marginals {
		marginals[i] = make([]float64, 2)
		for x, l := range logs {
			marginals[i][x>>i&1] += math.Exp(l - z)
		}
	}
	return z, marginals
}

// Strong factors make messages of logarithms, weak ones of numbers; both are told in batches.
func TestADenseCliqueTellsItsNeighboursInBatches(t *testing.T) {
	for _, strength := range []float64{.3, 60, 400} {
		const n, m = 10, 9
		g := bipartite(t, n, m, strength)
		z, want := bySide(g, n, m)
		tree, err := NewTree(g, nil, Config{})
		must(t, tree, err)
		tk.Close(t, "ln Z", tree.LogZ, z, 1e-11*math.Abs(z))
		for i, p := range want {
			tk.Close(t, "marginal", tree.Marginals[i][1], p[1], 1e-10)
		}
		for v := n; v < n+m; v++ {
			r, err := Eliminate(g, nil, []int{v}, Config{})
			must(t, r, err)
			tk.Close(t, "marginal of the other side", tree.Marginals[v][0], math.Exp(r.Joint.Log[0]), 1e-10)
		}
	}
}

func TestBatchesHoldNoMoreThanATable(t *testing.T) {
	p := &problem{card: []int{2, 3, 4, 5, 1}}
	var targets []*target
	for _, vars := range [][]int{{0, 1}, {2}, {3}, {0, 1, 2, 3}, {4}, {1, 3}, nil} {
		targets = append(targets, &target{vars: vars})
	}
	var got [][]int
	for _, b := range p.batches(targets, 12) {
		var cells []int
		for _, x := range b {
			cells = append(cells, p.size(x.vars))
		}
		got = append(got, cells)
	}
	want := [][]int{{6, 4}, {5}, {120}, {1}, {15}, {1}}
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("got batches of %v cells, want %v", got, want)
	}
	if len(p.batches(nil, 1)) != 0 {
		t.Error("got batches of nothing")
	}
}

// A table that has been made is the product that it was made of, in numbers and in logarithms.
func TestATableIsItsProduct(t *testing.T) {
	r := rand.New(rand.NewPCG(42, 1))
	for _, m := range []*mode{sums, logSums} {
		vars, states := randomScope(r, 5000)
		p, l := &problem{card: states}, newLayout(vars, states)
		pieces, _ := product(r, p, l, 4, 1)
		one := map[bool]float64{true: 0, false: 1}[m.log]
		want := p.terms(l, m, one, pieces).fold(1)
		for i, got := range p.terms(l, m, one, pieces).table().fold(1) {
			if w := want[i]; m.log && got != math.Exp(w) || !m.log && got != w {
				t.Fatalf("cell %d: got %g, want %g", i, got, w)
			}
		}
	}
}

// What a message says over one that was said before, with 0/0 = 0.
func TestMessagesAreDivided(t *testing.T) {
	inf := math.Inf(-1)
	old := []float64{math.Log(2), math.Log(8), inf}
	for _, p := range []*piece{numPiece([]int{0}, []float64{2, 8, 0}, 0), logPiece([]int{0}, old)} {
		got := p.under([]float64{6, 4, 0}).logarithms()
		tk.Close(t, "6/2", got[0], math.Log(3), 1e-15)
		tk.Close(t, "4/8", got[1], math.Log(.5), 1e-15)
		if !math.IsInf(got[2], -1) {
			t.Errorf("0/0: got e^%g, want 0", got[2])
		}
	}
}

// A piece of the model is never written to; one of its own is turned in place.
func TestOnlyTablesOfAPiecesOwnAreTurned(t *testing.T) {
	logs := []float64{0, -1, -800}
	p := logPiece([]int{0}, slices.Clone(logs))
	before := p.logs
	_ = p.numbers()
	if p.settle(); !slices.Equal(before, logs) || p.nums != nil {
		t.Errorf("got %v, want the model's table as it was", before)
	}
	p.own = true
	if p.settle(); p.logs == nil {
		t.Error("a span of 800: got numbers, want logarithms")
	}
	q := logPiece([]int{0}, []float64{0, -1, -500})
	q.own = true
	if q.settle(); q.nums == nil || q.nums[2] != math.Exp(-500) {
		t.Errorf("a span of 500: got %v, want numbers", q)
	}
	if logs := q.logarithms(); q.nums != nil || math.Abs(logs[2]+500) > 1e-12 {
		t.Errorf("got %v, want logarithms again", q)
	}
}

// Far from any evidence every variable is uniform; each part of a model in pieces has a root of its own.
func TestAModelInPiecesHasTheSumOfTheirLogarithms(t *testing.T) {
	g := pairs(t, 9, [2]int{0, 1}, [2]int{1, 2}, [2]int{4, 5}, [2]int{7, 8})
	want := 0.
	for _, vars := range [][]int{{0, 1, 2}, {4, 5}, {7, 8}} {
		part := &pgm.Graph{Vars: g.Vars}
		for _, f := range g.Factors {
			if slices.Contains(vars, f.Vars[0]) {
				part.Factors = append(part.Factors, f)
			}
		}
		table, err := Enumerate(part, nil)
		must(t, table, err)
		want += table.LogZ - float64(len(g.Vars)-len(vars))*math.Ln2
	}
	tree, err := NewTree(g, nil, Config{})
	must(t, tree, err)
	tk.Close(t, "ln Z", tree.LogZ, want+2*math.Ln2, 1e-13)
	for _, v := range []int{3, 6} {
		tk.Close(t, "a variable alone", tree.Marginals[v][0], .5, 1e-16)
	}
}

// The estimate counts every message, and one table more; it grows with the couplings that fill the
// clique and not with their values.
func TestTheEstimateOfATreeIsOfItsShape(t *testing.T) {
	weak, err := NewTree(bipartite(t, 9, 6, .1), nil, Config{})
	must(t, weak, err)
	strong, err := NewTree(bipartite(t, 9, 6, 300), nil, Config{})
	must(t, strong, err)
	if weak.Plan.Bytes != strong.Plan.Bytes || weak.Plan.Cells != strong.Plan.Cells {
		t.Errorf("got %+v and %+v, want the same", weak.Plan, strong.Plan)
	}
	if most := 8 * (6*64 + 3*512. + 5*512 + 100); weak.Plan.Bytes < 8*512 || weak.Plan.Bytes > most {
		t.Errorf("got %g bytes, want those of a clique of 9 and 6 messages", weak.Plan.Bytes)
	}
	var large *TooLarge
	if _, err := NewTree(bipartite(t, 9, 6, 1), nil, Config{Memory: weak.Plan.Bytes - 1}); err == nil {
		t.Error("a byte less than the estimate: got no refusal")
	} else if large, _ = err.(*TooLarge); large == nil || large.Plan.Bytes != weak.Plan.Bytes {
		t.Errorf("got %v", err)
	}
	if _, err := NewTree(bipartite(t, 9, 6, 1), nil, Config{Memory: weak.Plan.Bytes}); err != nil {
		t.Errorf("the estimate itself: got %v", err)
	}
}
