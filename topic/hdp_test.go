package topic

import (
	"math"
	"slices"
	"testing"
)

func TestTheHierarchyHoldsTheSumOfConcentrationsAndRanksTopicsByUse(t *testing.T) {
	docs := generated(6, 800, 200, []float64{0.05, 0.1, 0.2, 0.4, 0.8}, 0.1)
	c := Default(12)
	c.Eta, c.LearnAlpha, c.Sweeps = 0.1, Hierarchical, 60
	rises(t, &c)
	m, err := Fit(t.Context(), docs, c)
	if err != nil {
		t.Fatal(err)
	}
	a := slices.Sorted(slices.Values(m.Alphas))
	t.Logf("%d topics of 100 words, α %.3f", m.Used(100), a)
	if math.Abs(sum(a)-1) > 1e-9 {
		t.Errorf("got concentrations that sum to %.15g, want 1", sum(a))
	}
	if a[11] < 0.2 || a[0] > 0.03 {
		t.Errorf("got concentrations %.3f, want some topics used much and some little", a)
	}
}
