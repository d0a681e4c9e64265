package approx

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/exact"
)

// One cluster of all variables is the model itself, zeros and all.
func TestOneClusterOfAllIsExact(t *testing.T) {
	r, possible := rand.New(rand.NewPCG(1, 29)), 0
	for range 200 {
		g := anyGraph(t, r, true)
		e := anyEvidence(r, g)
		got, err := Structured(t.Context(), g, e, [][]int{r.Perm(len(g.Vars))}, Default())
		want, no := exact.Enumerate(g, e)
		if no != nil {
			if !errors.Is(err, pgm.ErrImpossible) {
				t.Errorf("got %v, want that it is impossible", err)
			}
			continue
		}
		if possible++; err != nil {
			t.Fatal(err)
		}
		same(t, "structured", got, want, 1e-12)
	}
	if possible < 100 {
		t.Errorf("got %d of 200 that are possible, want most", possible)
	}
}

// Clusters of one are naive mean field, to the last sweep.
func TestClustersOfOneAreNaive(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 29))
	for range 200 {
		g := anyGraph(t, r, false)
		e := anyEvidence(r, g)
		c := Default()
		c.Sweeps = 5
		a, err := MeanField(t.Context(), g, e, c)
		if err != nil && !errors.Is(err, ErrNotConverged) {
			t.Fatal(err)
		}
		b, err := Structured(t.Context(), g, e, nil, c)
		if err != nil && !errors.Is(err, ErrNotConverged) {
			t.Fatal(err)
		}
		tk.Close(t, "bound", b.LogZ, a.LogZ, 1e-12)
		for v := range a.Marginals {
			tk.Close(t, "marginal", b.Marginals[v][0], a.Marginals[v][0], 1e-12)
		}
	}
}

// Random clusters of random models: below ln Z, never falling.
func TestTheStructuredBoundIsBelowAndNeverFalls(t *testing.T) {
	r, better := rand.New(rand.NewPCG(3, 29)), 0
	for i := range 1000 {
		g := anyGraph(t, r, false)
		e := anyEvidence(r, g)
		want, err := exact.Enumerate(g, e)
		if err != nil {
			t.Fatal(err)
		}
		order := r.Perm(len(g.Vars))
		cut := r.IntN(len(order) + 1)
		last, c := math.Inf(-1), Default()
		c.Sweeps = 5000
		c.Progress = func(r Record) {
			if r.Bound < last-1e-12*math.Abs(last) {
				t.Errorf("model %d, sweep %d: got a bound of %v after %v", i, r.Sweep, r.Bound, last)
			}
			last = r.Bound
		}
		got, err := Structured(t.Context(), g, e, [][]int{order[:cut], order[cut:]}, c)
		if err != nil {
			t.Fatal(err)
		}
		if got.LogZ > want.LogZ+1e-12*math.Abs(want.LogZ) {
			t.Errorf("model %d: got a bound of %v, want below %v", i, got.LogZ, want.LogZ)
		}
		naive, err := MeanField(t.Context(), g, e, Config{Sweeps: 5000, Tolerance: 1e-10})
		if err != nil {
			t.Fatal(err)
		}
		if got.LogZ > naive.LogZ-1e-9 {
			better++
		}
	}
	if better < 950 {
		t.Errorf("got %d of 1000 at least as good as naive, want nearly all", better)
	}
}

// Rows of the Ising grid as clusters bring the bound nearer than naive mean field's 12.8085485.
func TestChainsOfTheGridAreBetterThanSpins(t *testing.T) {
	g := ising(t, 4, 4, .4, .1)
	rows := [][]int{{0, 1, 2, 3}, {4, 5, 6, 7}, {8, 9, 10, 11}, {12, 13, 14, 15}}
	got, err := Structured(t.Context(), g, nil, rows, Default())
	if err != nil {
		t.Fatal(err)
	}
	if got.LogZ < 12.8085485+.1 || got.LogZ > 13.5571989 {
		t.Errorf("got a bound of %v, want between naive mean field's and ln Z", got.LogZ)
	}
	t.Logf("naive 12.8085485, rows %.7f, exact 13.5571989", got.LogZ)
}

func TestClustersThatMakeNoSenseAreErrors(t *testing.T) {
	g := ising(t, 2, 2, .4, .1)
	for _, clusters := range [][][]int{{{0, 0}}, {{0}, {0}}, {{4}}, {{-1}}} {
		if _, err := Structured(t.Context(), g, nil, clusters, Default()); err == nil || !strings.Contains(err.Error(), "one cluster at most") {
			t.Errorf("%d: got %v, want an error", clusters, err)
		}
	}
	zero := graph(t, 2, table(t, []int{0, 1}, 0, math.MinInt, 0, 0))
	if _, err := Structured(t.Context(), zero, nil, nil, Default()); err == nil || !strings.Contains(err.Error(), "between clusters") {
		t.Errorf("got %v of a zero between clusters", err)
	}
	if _, err := Structured(t.Context(), g, nil, nil, Config{}); err == nil {
		t.Error("got no error of no sweeps")
	}
	ctx, stop := context.WithCancel(t.Context())
	c := Default()
	c.Progress = func(Record) { stop() }
	if _, err := Structured(ctx, g, nil, nil, c); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was stopped", err)
	}
}

// L(q) by going through all assignments of two clusters whose joints are known, because a
// factor spans each.
func TestTheStructuredBoundIsItsDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 29))
	for range 100 {
		noise := func(n int) (x []float64) {
			for range n {
				x = append(x, r.NormFloat64())
			}
			return x
		}
		g := graph(t, 4, table(t, []int{0, 1}, noise(4)...), table(t, []int{3, 2}, noise(4)...),
			table(t, []int{1, 2}, noise(4)...), table(t, []int{2, 0, 3}, noise(8)...), table(t, []int{3}, noise(2)...))
		p, err := newProblem(g, nil)
		if err != nil {
			t.Fatal(err)
		}
		s, err := newStructure(p, g.Vars, [][]int{{1, 0}, {2, 3}})
		if err != nil {
			t.Fatal(err)
		}
		for i := range s.clusters {
			if _, err := s.update(&s.clusters[i]); err != nil {
				t.Fatal(err)
			}
		}
		first, second := s.shares[0][0], s.shares[1][0]
		want, x := 0., make([]int, 4)
		for done := false; !done; done = next(x, g.Card()) {
			q := first.joint[s.place(first, []int{x[0], x[1]})] * second.joint[s.place(second, []int{x[3], x[2]})]
			want += q * (g.LogValue(x) - math.Log(q))
		}
		tk.Close(t, "L(q)", s.bound(), want, 1e-12)
		for v := range 2 {
			tk.Close(t, "marginal", s.q[v][0], first.joint[0]+first.joint[1+v], 1e-12)
		}
	}
}
