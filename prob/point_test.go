package prob_test

import (
	"math"
	"testing"

	"github.com/elbo-go/elbo/prob"
	"github.com/elbo-go/elbo/vi/guide"
)

// A point has no weights, and its draws are all alike.
func TestAPointHasNoWeights(t *testing.T) {
	fit := fitted(t, regression(), prob.Options{Guide: guide.Delta, Seed: 1, Check: 50})
	_, err := fit.Corrected()
	refused(t, "weights of a point", err, "prob: a point estimate has no importance weights")
	x, err := fit.Draws("sigma", 60)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range x {
		if v[0] != x[0][0] {
			t.Errorf("draw %d: got %v, want %v", i, v[0], x[0][0])
		}
	}
}

// Weights of an exact guide are equal: the corrected summary is the plain one.
func TestWeightsOfAnExactGuideAreEqual(t *testing.T) {
	fit := fitted(t, gaussian(1, 2, 2, .5, 3, 0), prob.Options{Seed: 4, Guide: guide.FullRank})
	plain, weighted := estimates(t, fit), corrected(t, fit)
	for name, e := range plain {
		within(t, "mean of "+name, weighted[name].Mean, e.Mean, 1e-3)
		within(t, "sd of "+name, weighted[name].SD, e.SD, 1e-3)
		within(t, "median of "+name, weighted[name].Q50, e.Q50, 5e-3)
	}
	z, se := fit.LogEvidence()
	within(t, "evidence and bound", z, fit.ELBO, 1e-3)
	if !(se < 1e-3) || math.IsNaN(se) {
		t.Errorf("standard error: got %v, want almost none", se)
	}
}
