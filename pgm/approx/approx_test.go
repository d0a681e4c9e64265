package approx

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/exact"
)

type method struct {
	name string
	run  func(context.Context, *pgm.Graph, pgm.Evidence, Config) (*Result, error)
}

var methods = []method{{"belief", Belief}, {"reweighted", Reweighted}, {"mean field", MeanField}}

// table makes a factor of logarithms.
func table(t testing.TB, vars []int, log ...float64) *pgm.Factor {
	t.Helper()
	card, values := make([]int, len(vars)), make([]float64, len(log))
	for i := range card {
		card[i] = 2
	}
	for i, x := range log {
		values[i] = math.Exp(x)
	}
	f, err := pgm.NewFactor(vars, card, values)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func graph(t testing.TB, n int, factors ...*pgm.Factor) *pgm.Graph {
	t.Helper()
	vars := make([]pgm.Variable, n)
	for i := range vars {
		vars[i] = pgm.Numbered(fmt.Sprint(i), 2)
	}
	g, err := pgm.NewGraph(vars, factors)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// ising is p(x) ∝ exp(Σ J xᵢxⱼ + Σ h xᵢ), x = ±1, on a grid; state 0 is −1.
func ising(t testing.TB, rows, cols int, j, h float64) *pgm.Graph {
	t.Helper()
	var factors []*pgm.Factor
	for i := range rows * cols {
		factors = append(factors, table(t, []int{i}, -h, h))
		if i%cols+1 < cols {
			factors = append(factors, table(t, []int{i, i + 1}, j, -j, -j, j))
		}
		if i+cols < rows*cols {
			factors = append(factors, table(t, []int{i, i + cols}, j, -j, -j, j))
		}
	}
	return graph(t, rows*cols, factors...)
}

func magnetisation(p []float64) float64 { return p[1] - p[0] }

// J = .4, h = .1, free edges: the values printed for it, at a corner, an edge and the centre.
func TestTheIsingGridOf4By4(t *testing.T) {
	g := ising(t, 4, 4, .4, .1)
	tree, err := exact.NewTree(g, nil, exact.Config{})
	if err != nil {
		t.Fatal(err)
	}
	check := func(name string, marginals [][]float64, want ...float64) {
		t.Helper()
		for i, v := range []int{0, 1, 5} {
			tk.Close(t, name, magnetisation(marginals[v]), want[i], 5e-7)
		}
	}
	tk.Close(t, "exact ln Z", tree.LogZ, 13.5571989, 5e-9)
	check("exact magnetisation", tree.Marginals, .354819, .433144, .519307)
	bethe, err := Belief(t.Context(), g, nil, Default())
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "Bethe's ln Z", bethe.LogZ, 13.4357218, 5e-9)
	check("magnetisation of beliefs", bethe.Marginals, .403978, .505193, .627479)
	below, err := MeanField(t.Context(), g, nil, Default())
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "mean field's bound", below.LogZ, 12.8085485, 5e-9)
	// by symmetry there are three means, m = tanh(h + J Σ of the neighbours): 200 steps of that
	corner, edge, centre := .6, .7, .8
	for range 200 {
		corner, edge, centre = math.Tanh(.1+.8*edge), math.Tanh(.1+.4*(corner+edge+centre)), math.Tanh(.1+.8*(edge+centre))
	}
	check("magnetisation of mean field", below.Marginals, .611587, .764316, .890380)
	for v, want := range map[int]float64{0: corner, 1: edge, 5: centre} {
		tk.Close(t, "magnetisation of mean field", magnetisation(below.Marginals[v]), want, 1e-11)
	}
	above, err := Reweighted(t.Context(), g, nil, Default())
	if err != nil {
		t.Fatal(err)
	}
	if above.LogZ <= tree.LogZ || above.LogZ > tree.LogZ+1 {
		t.Errorf("got an upper bound of %v, want it above %v and near", above.LogZ, tree.LogZ)
	}
	t.Logf("exact %.7f, Bethe %.7f, below %.7f, above %.7f", tree.LogZ, bethe.LogZ, below.LogZ, above.LogZ)
}

// random is a model of n variables with the edges given and couplings of both signs.
func random(t testing.TB, r *rand.Rand, n int, edges [][2]int) *pgm.Graph {
	t.Helper()
	var factors []*pgm.Factor
	draw := func() float64 { return .5 * r.NormFloat64() }
	for v := range n {
		factors = append(factors, table(t, []int{v}, draw(), draw()))
	}
	for _, e := range edges {
		factors = append(factors, table(t, e[:], draw(), draw(), draw(), draw()))
	}
	return graph(t, n, factors...)
}

func TestMessagesAreExactOnTrees(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 21))
	for range 100 {
		n := 1 + r.IntN(10)
		var edges [][2]int
		for v := 1; v < n; v++ {
			if r.IntN(6) > 0 { // a forest at times
				edges = append(edges, [2]int{v, r.IntN(v)})
			}
		}
		g, e := random(t, r, n, edges), pgm.Evidence{}
		if n > 3 {
			e[r.IntN(n)] = r.IntN(2)
		}
		want, err := exact.NewTree(g, e, exact.Config{})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range methods[:2] {
			got, err := m.run(t.Context(), g, e, Default())
			if err != nil {
				t.Fatal(err)
			}
			tk.Close(t, m.name+": ln Z", got.LogZ, want.LogZ, 1e-12)
			for v := range n {
				tk.Close(t, m.name+": marginal", got.Marginals[v][0], want.Marginals[v][0], 1e-12)
			}
		}
	}
}

func TestMeanFieldIsBelowAndReweightedIsAbove(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 21))
	for range 60 {
		n := 3 + r.IntN(5)
		var edges [][2]int
		for v := range n {
			for u := range v {
				if r.IntN(3) > 0 {
					edges = append(edges, [2]int{u, v})
				}
			}
		}
		g := random(t, r, n, edges)
		want, err := exact.Enumerate(g, nil)
		if err != nil {
			t.Fatal(err)
		}
		last := math.Inf(-1)
		c := Default()
		c.Progress = func(r Record) {
			if r.Bound < last-1e-12*math.Abs(last) {
				t.Errorf("sweep %d: got a bound of %v after %v", r.Sweep, r.Bound, last)
			}
			last = r.Bound
		}
		below, err := MeanField(t.Context(), g, nil, c)
		if err != nil {
			t.Fatal(err)
		}
		above, err := Reweighted(t.Context(), g, nil, Config{Sweeps: 5000, Tolerance: 1e-10, Damping: .5})
		if err != nil {
			t.Fatal(err)
		}
		if below.LogZ > want.LogZ+1e-12 || above.LogZ < want.LogZ-1e-9 {
			t.Errorf("got %v and %v, want %v between them", below.LogZ, above.LogZ, want.LogZ)
		}
	}
}

// The probabilities of the edges of a uniform spanning tree: 1 on a tree, (n−1)/n on a ring,
// 2/n on a full graph; and they sum to n−1.
func TestEdgesHaveTheProbabilitiesOfASpanningTree(t *testing.T) {
	ring, full := [][2]int{}, [][2]int{}
	for v := range 6 {
		ring = append(ring, [2]int{v, (v + 1) % 6})
		for u := range v {
			full = append(full, [2]int{u, v})
		}
	}
	for _, c := range []struct {
		edges [][2]int
		want  float64
	}{{ring[:5], 1}, {ring, 5. / 6}, {full, 1. / 3}} {
		m, err := newMessages(random(t, rand.New(rand.NewPCG(3, 21)), 6, c.edges), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.resist(); err != nil {
			t.Fatal(err)
		}
		sum := 0.
		for i, f := range m.factors {
			if len(f.Vars) == 2 {
				tk.Close(t, "ρ", m.rho[i], c.want, 1e-12)
				sum += m.rho[i]
			}
		}
		tk.Close(t, "sum of ρ", sum, 5, 1e-12)
	}
}

func TestDampingChangesTheWayAndNotThePlace(t *testing.T) {
	g := ising(t, 3, 4, .3, .2)
	plain, err := Belief(t.Context(), g, nil, Default())
	if err != nil {
		t.Fatal(err)
	}
	c := Default()
	c.Damping = .5
	damped, err := Belief(t.Context(), g, nil, c)
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "ln Z", damped.LogZ, plain.LogZ, 1e-10)
	if damped.Sweeps <= plain.Sweeps {
		t.Errorf("got %d sweeps, want more than %d", damped.Sweeps, plain.Sweeps)
	}
}

func TestQuestionsThatMakeNoSenseAreErrors(t *testing.T) {
	g := ising(t, 2, 2, .4, .1)
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for _, m := range methods {
		for _, c := range []Config{{}, {Sweeps: 1}, {Sweeps: 1, Tolerance: 1, Damping: 1}, {Sweeps: 1, Tolerance: 1, Damping: math.NaN()}} {
			if _, err := m.run(t.Context(), g, nil, c); err == nil {
				t.Errorf("%s: %+v: got no error", m.name, c)
			}
		}
		if _, err := m.run(t.Context(), g, pgm.Evidence{4: 0}, Default()); err == nil {
			t.Errorf("%s: got no error of evidence on no variable", m.name)
		}
		if _, err := m.run(stopped, g, nil, Default()); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v, want that it was stopped", m.name, err)
		}
		r, err := m.run(t.Context(), g, nil, Config{Sweeps: 1, Tolerance: 1e-12})
		if !errors.Is(err, ErrNotConverged) || r == nil {
			t.Errorf("%s: got %v, want where it stood", m.name, err)
		}
	}
	three := graph(t, 3, table(t, []int{0, 1, 2}, 1, 2, 3, 4, 5, 6, 7, 8))
	if _, err := Reweighted(t.Context(), three, nil, Default()); err == nil || !strings.Contains(err.Error(), "at most 2") {
		t.Errorf("got %v of a factor of three", err)
	}
	zero := graph(t, 1, table(t, []int{0}, 0, math.Inf(-1)))
	if _, err := MeanField(t.Context(), zero, nil, Default()); err == nil || !strings.Contains(err.Error(), "value of 0") {
		t.Errorf("got %v of a zero", err)
	}
}
