package prob_test

import (
	"math"
	"testing"

	"github.com/elbo-go/elbo/prob"
)

// Each model of the textbooks beside Hamiltonian Monte Carlo: where the verdict trusts the fit, the
// means of its summary are within .25 reference standard deviations and the ratios of standard
// deviations within .7 and 1.4; the reference's own errors are about .04 and 4 %. Draws, predictions
// and the evidence are asked for as well.
func TestTextbookModelsMatchHamiltonianMonteCarlo(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	for _, c := range textbooks() {
		fit := fitted(t, c.model, prob.Options{Seed: 1, Check: 2000})
		list, err := fit.Summary()
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		place := fit.Places[0]
		draws := hmc(t, c.model, place.Mean, place.SD, 1000)
		ref, err := c.model.Summarize(draws)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		watched := map[string]bool{}
		for _, name := range c.watch {
			watched[name] = true
		}
		worst, low, high, at := 0., math.Inf(1), 0., ""
		for i, e := range list {
			if base := variable(e.Name); !watched[base] || ref[i].Name != e.Name {
				continue
			}
			if off := math.Abs(e.Mean-ref[i].Mean) / ref[i].SD; off > worst {
				worst, at = off, e.Name
			}
			low, high = math.Min(low, e.SD/ref[i].SD), math.Max(high, e.SD/ref[i].SD)
		}
		t.Logf("%-24s %d dims, bent %-5v %s %.2f sd off, sd ratio %.2f–%.2f, %d steps in %v\n%s", c.name, len(place.Mean), fit.Bent, at, worst, low, high, fit.Steps, fit.Elapsed, fit.Verdict())
		if at == "" {
			t.Errorf("%s: none of %v is in the summary", c.name, c.watch)
		}
		if trusted := fit.Weighted() && fit.Converged; trusted && (worst > .25 || low < .7 || high > 1.4) {
			t.Errorf("%s: %s %.2f sd off, ratios of sd %.2f to %.2f though it says %q", c.name, at, worst, low, high, fit.Verdict())
		}
		used(t, c, fit)
	}
}

// variable is the name of an element's variable.
func variable(element string) string {
	for i, r := range element {
		if r == '[' {
			return element[:i]
		}
	}
	return element
}

// used asks a fit for all that it gives.
func used(t *testing.T, c textbook, fit *prob.Fit) {
	t.Helper()
	d, err := fit.Draws(c.watch[0], 50)
	if err != nil || len(d) != 50 {
		t.Errorf("%s: draws: got %d, %v", c.name, len(d), err)
	}
	for _, row := range d {
		for _, v := range row {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Fatalf("%s: %s: a draw is %v", c.name, c.watch[0], v)
			}
		}
	}
	sim, err := fit.Predict(50, 1)
	if err != nil {
		t.Errorf("%s: predict: %v", c.name, err)
	}
	for name, rows := range sim {
		for _, v := range rows[0] {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Errorf("%s: prediction of %s: got %v", c.name, name, v)
				break
			}
		}
	}
	z, se := fit.LogEvidence()
	if !(z > fit.ELBO-4*fit.ELBOStdErr) || !(se > 0 || z == fit.ELBO) {
		t.Errorf("%s: log-evidence %.3f ± %.3f below the bound %.3f", c.name, z, se, fit.ELBO)
	}
}
