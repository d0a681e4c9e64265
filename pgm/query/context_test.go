package query

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/approx"
	"github.com/elbo-go/elbo/pgm/exact"
)

// What does not look at its context is left alone once that ends; its own answer and error come through.
func TestWhatTakesNoContextIsLeftWhenItEnds(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	release := make(chan struct{})
	defer close(release)
	time.AfterFunc(time.Millisecond, end)
	if got, err := within(ctx, func() (int, error) { <-release; return 1, nil }); got != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("got %d, %v, want the end of the context", got, err)
	}
	broken := errors.New("broken")
	if got, err := within(t.Context(), func() (int, error) { return 7, broken }); got != 7 || !errors.Is(err, broken) {
		t.Errorf("got %d, %v, want what the function returned", got, err)
	}
}

// Mean field has no bound where a factor is 0, and says which; belief propagation does not mind.
func TestATableWithAZeroIsNotForMeanField(t *testing.T) {
	vars := []pgm.Variable{pgm.Numbered("a", 2), pgm.Numbered("b", 2)}
	n, err := pgm.NewNetwork(vars, [][]int{nil, {0}}, [][]float64{{.5, .5}, {1, 0, .2, .8}})
	if err != nil {
		t.Fatal(err)
	}
	p := problem(t, n, nil, nil)
	for name, refuses := range map[string]bool{"mf": true, "bp": false, "trw": false, "jt": false, "ve": false} {
		m, err := Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		a, err := m.Marginals(t.Context(), p, p.Free(), Config{})
		if refuses != (err != nil) {
			t.Errorf("%s: got %v", name, err)
		}
		if err == nil {
			tk.Close(t, name, a.Marginals[1][1], .4, 1e-9) // messages stand still to 1e-10
		}
	}
}

// Elimination tells of the dearest of its targets; each alone is no dearer.
func TestTheCostOfEliminationIsThatOfItsDearestTarget(t *testing.T) {
	p := problem(t, random(t, rand.New(rand.NewPCG(7, 1)), 8), nil, nil)
	m, err := Lookup("ve")
	if err != nil {
		t.Fatal(err)
	}
	a, err := m.Marginals(t.Context(), p, p.Free(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	most := 0.
	for _, v := range p.Free() {
		r, err := exact.Eliminate(p.Graph, p.Evidence, []int{v}, exact.Config{})
		if err != nil {
			t.Fatal(err)
		}
		most = max(most, r.Plan.Cells)
	}
	if a.Plan == nil || a.Plan.Cells != most {
		t.Errorf("got %+v, want %g cells", a.Plan, most)
	}
}

// Settings that are asked for take the place of a method's own; others stay.
func TestSettingsAreThoseAskedFor(t *testing.T) {
	own := approx.Default()
	own.Damping = .5
	got, err := Config{}.settings(own)
	if err != nil || got.Sweeps != own.Sweeps || got.Tolerance != own.Tolerance || got.Damping != .5 || got.Draws != own.Draws || got.Chains != own.Chains {
		t.Errorf("nothing asked for: got %+v, %v, want %+v", got, err, own)
	}
	got, err = Config{Sweeps: 7, Tolerance: .1, Damping: .7, Samples: 11, Seed: 13, Chains: 3, Schedule: "residual", Trees: 2}.settings(own)
	if err != nil || got.Sweeps != 7 || got.Tolerance != .1 || got.Damping != .7 || got.Draws != 11 || got.Seed != 13 || got.Chains != 3 || got.Schedule != approx.Residual || got.Trees != 2 {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := (Config{Schedule: "fast"}).settings(own); err == nil {
		t.Error("an unknown schedule: got no error")
	}
	p := problem(t, random(t, rand.New(rand.NewPCG(8, 1)), 5), nil, nil)
	m, err := Lookup("max-product")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Best(t.Context(), p, []int{1}, Config{}); err == nil {
		t.Error("max-product of some variables: got no error")
	}
}

// Equal seeds draw the same, others do not; what draws says how far off it may be.
func TestSamplersFollowTheirSeed(t *testing.T) {
	p := problem(t, random(t, rand.New(rand.NewPCG(9, 1)), 5), pgm.Evidence{4: 0}, nil)
	for _, m := range Methods() {
		if !m.Random {
			continue
		}
		var got [3]*Answer
		for i, seed := range []uint64{1, 1, 2} {
			a, err := m.Marginals(t.Context(), p, p.Free(), Config{Seed: seed, Samples: 200, Sweeps: 200, Chains: 2})
			if err != nil {
				t.Fatal(err)
			}
			got[i] = a
		}
		if got[0].Marginals[0][0] != got[1].Marginals[0][0] || got[0].Marginals[0][0] == got[2].Marginals[0][0] {
			t.Errorf("%s: got %v, %v and %v", m.Name, got[0].Marginals[0], got[1].Marginals[0], got[2].Marginals[0])
		}
		if got[0].StdErr == nil || !(got[0].StdErr[0][0] > 0) || got[0].StdErr[4] != nil {
			t.Errorf("%s: got standard errors %v", m.Name, got[0].StdErr)
		}
	}
}
