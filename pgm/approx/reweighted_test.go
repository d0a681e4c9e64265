package approx

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/exact"
)

// pairs has 3 to 6 variables of 2 states, fields and couplings of a standard deviation, and
// an edge between two variables with probability ⅔.
func pairs(t testing.TB, r *rand.Rand, scale float64) *pgm.Graph {
	t.Helper()
	n := 3 + r.IntN(4)
	var factors []*pgm.Factor
	draw := func() float64 { return scale * r.NormFloat64() }
	for v := range n {
		factors = append(factors, table(t, []int{v}, draw(), draw()))
		for u := range v {
			if r.IntN(3) > 0 {
				factors = append(factors, table(t, []int{u, v}, draw(), draw(), draw(), draw()))
			}
		}
	}
	return graph(t, n, factors...)
}

// Naive mean field is below ln Z and never falls; the reweighted bound is above, with uniform
// spanning trees and, no higher, with better ones.
func TestBoundsAreOnTheirSidesOfRandomModels(t *testing.T) {
	r, lowered, still := rand.New(rand.NewPCG(1, 25)), 0, 0
	for i := range 1000 {
		g := pairs(t, r, .2+.8*r.Float64())
		want, err := exact.Enumerate(g, nil)
		if err != nil {
			t.Fatal(err)
		}
		last := math.Inf(-1)
		c := Default()
		c.Sweeps = 20000
		c.Progress = func(r Record) {
			if r.Bound < last-1e-12*math.Abs(last) {
				t.Errorf("model %d, sweep %d: got a bound of %v after %v", i, r.Sweep, r.Bound, last)
			}
			last = r.Bound
		}
		below, err := MeanField(t.Context(), g, nil, c)
		if err != nil && !errors.Is(err, ErrNotConverged) {
			t.Fatal(err)
		}
		if below.LogZ > want.LogZ+1e-12*math.Abs(want.LogZ) {
			t.Errorf("model %d: got a lower bound of %v, want below %v", i, below.LogZ, want.LogZ)
		}
		c = Config{Sweeps: 5000, Tolerance: 1e-9, Damping: .5}
		above, err := Reweighted(t.Context(), g, nil, c)
		if errors.Is(err, ErrNotConverged) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		still++
		if above.LogZ < want.LogZ-1e-8 {
			t.Errorf("model %d: got an upper bound of %v, want above %v", i, above.LogZ, want.LogZ)
		}
		if i%10 > 0 {
			continue
		}
		c.Trees = 5
		better, err := Reweighted(t.Context(), g, nil, c)
		if err != nil && !errors.Is(err, ErrNotConverged) {
			t.Fatal(err)
		}
		if better.LogZ > above.LogZ || better.LogZ < want.LogZ-1e-8 {
			t.Errorf("model %d: got %v with better trees, want between %v and %v", i, better.LogZ, want.LogZ, above.LogZ)
		}
		if better.LogZ < above.LogZ-1e-6 {
			lowered++
		}
	}
	t.Logf("%d of 1000 converged; better trees lowered %d of 100", still, lowered)
	if still < 990 || lowered < 50 {
		t.Errorf("got %d converged and %d lowered, want almost all and most", still, lowered)
	}
}

// On the Ising grid of 4×4 better trees bring the bound nearer.
func TestBetterTreesLowerTheBoundOfTheGrid(t *testing.T) {
	g, last := ising(t, 4, 4, .4, .1), math.Inf(1)
	for _, trees := range []int{0, 1, 5, 50} {
		c := Config{Sweeps: 3000, Tolerance: 1e-10, Damping: .3, Trees: trees}
		r, err := Reweighted(t.Context(), g, nil, c)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d trees: %.6f", trees, r.LogZ)
		if r.LogZ > last || r.LogZ < 13.5571989 {
			t.Errorf("%d trees: got %v, want from 13.5572 to %v", trees, r.LogZ, last)
		}
		last = r.LogZ
	}
}

// Where the edges are alike, a uniform tree is the best one.
func TestARingHasNoBetterTree(t *testing.T) {
	var factors []*pgm.Factor
	for v := range 5 {
		factors = append(factors, table(t, []int{v, (v + 1) % 5}, .6, -.6, -.6, .6))
	}
	g, c := graph(t, 5, factors...), Config{Sweeps: 3000, Tolerance: 1e-11}
	want, err := Reweighted(t.Context(), g, nil, c)
	if err != nil {
		t.Fatal(err)
	}
	c.Trees = 10
	got, err := Reweighted(t.Context(), g, nil, c)
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "bound", got.LogZ, want.LogZ, 1e-10)
}

// Factors over the same two variables are one edge: a tree with doubled edges is a tree.
func TestParallelEdgesAreOne(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 25))
	for range 100 {
		n := 2 + r.IntN(5)
		var edges [][2]int
		for v := 1; v < n; v++ {
			u := r.IntN(v)
			edges = append(edges, [2]int{u, v})
			if r.IntN(2) > 0 {
				edges = append(edges, [2]int{v, u})
			}
		}
		g := random(t, r, n, edges)
		want, err := exact.Enumerate(g, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Reweighted(t.Context(), g, nil, Default())
		if err != nil {
			t.Fatal(err)
		}
		same(t, "reweighted", got, want, 1e-12)
	}
}

// The best tree against all spanning trees of a graph of five variables.
func TestTheBestTreeHasTheMostInformation(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 25))
	for range 50 {
		const n = 5
		var edges [][2]int
		for v := range n {
			for u := range v {
				if r.IntN(4) > 0 || u == v-1 {
					edges = append(edges, [2]int{u, v})
				}
			}
		}
		m, err := newMessages(random(t, r, n, edges), nil)
		if err != nil {
			t.Fatal(err)
		}
		last, err := m.run(t.Context(), Default())
		if err != nil {
			t.Fatal(err)
		}
		marginals := m.result(last).Marginals
		tree, h := m.bestTree(marginals), make([]float64, n)
		for v, p := range marginals {
			h[v] = entropy(p)
		}
		got, want, count := 0., math.Inf(-1), 0
		weight := func(i int) float64 { return information(m.belief(n+i), m.factors[n+i], h) }
		for i, x := range tree[n:] {
			got += x * weight(i)
			count += int(x)
		}
		for set := range 1 << len(edges) {
			part, sum, size := newParts(n), 0., 0
			for i, e := range edges {
				if set>>i&1 == 1 && part.join(e[0], e[1]) {
					sum += weight(i)
					size++
				}
			}
			if size == n-1 {
				want = max(want, sum)
			}
		}
		tk.Close(t, "information", got, want, 1e-12)
		if count != n-1 {
			t.Errorf("got %d edges, want %d", count, n-1)
		}
	}
}
