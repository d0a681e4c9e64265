package topic

import (
	"math"
	"slices"
	"testing"
)

func TestTheHierarchyHoldsTheSumOfConcentrations(t *testing.T) {
	docs := generated(6, 800, 200, []float64{0.05, 0.1, 0.2, 0.4, 0.8}, 0.1)
	c := Default(12)
	c.Eta, c.LearnAlpha, c.Sweeps = 0.1, Hierarchical, 60
	rises(t, &c)
	m, err := Fit(t.Context(), docs, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d topics of 100 words, α %.3f", m.Used(100), slices.Sorted(slices.Values(m.Alphas)))
	if math.Abs(sum(m.Alphas)-1) > 1e-9 {
		t.Errorf("got concentrations that sum to %.15g, want 1", sum(m.Alphas))
	}
}

func TestTheHierarchyKeepsAsManyTopicsAsThereAreBars(t *testing.T) {
	if testing.Short() {
		t.Skip("half a minute")
	}
	docs := bars(1, 500, 100)
	var best *Model
	bound := math.Inf(-1)
	for seed := range uint64(3) {
		c := Default(13)
		c.Alpha, c.Eta, c.LearnAlpha, c.Sweeps, c.Tolerance, c.Seeds, c.Seed = 0.5, 0.1, Hierarchical, 500, 1e-5, 0, seed
		rises(t, &c)
		check := c.Progress
		var last Record
		c.Progress = func(r Record) { check(r); last = r }
		m, err := Fit(t.Context(), docs, c)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("seed %d: %d topics after %d sweeps with bound %.7g, α %.3f", seed, m.Used(100), last.Sweep, last.Bound, slices.Sorted(slices.Values(m.Alphas)))
		if last.Bound > bound {
			best, bound = m, last.Bound
		}
	}
	if best.Used(100) != 10 || best.Used(1) != 10 {
		t.Errorf("got %d topics of 100 words or more and %d of one in the best of three by the bound, want the 10 of the bars", best.Used(100), best.Used(1))
	}
}
