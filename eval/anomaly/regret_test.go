package anomaly

import (
	"math"
	"testing"
)

// Of a linear-Gaussian model the best guide is the posterior N(m, s²), and the regret of a guide
// N(m + δ, s²) is its divergence from it, Σ_k δ_k²/2s_k². The values are means over 64 draws with the
// same noise on either side; that of ln p(x|z) − KL at the posterior moves by δ_k times a standard
// normal mean over s_k, for which 5 standard errors are allowed, and .02 for the search.
func TestRegretIsTheDivergenceFromThePosterior(t *testing.T) {
	x := linearRows(12, 81)
	exact, off := linear(t, 1), linear(t, 1)
	delta := []float64{.6, -.5}
	bias := make([]float64, linearL)
	want, sd := 0., 0.
	for k := range linearL {
		norm := linearSigma * linearSigma
		for d := range linearD {
			norm += linearW[d][k] * linearW[d][k]
			bias[k] -= linearW[d][k] * linearB[d]
		}
		bias[k] = bias[k]/norm + delta[k]
		s2 := linearSigma * linearSigma / norm
		want += delta[k] * delta[k] / (2 * s2)
		sd += delta[k] * delta[k] / s2
	}
	put(t, off, "encoder/mean/bias", bias)
	tol := 5*math.Sqrt(sd/float64(regretSettings.Draws*regretSettings.Average)) + .02
	for i, v := range scores(t, "regret", Subject{Net: off}, x) {
		if math.Abs(v-want) > tol {
			t.Errorf("row %d: got %v, want %v within %v", i, v, want, tol)
		}
	}
	for i, v := range scores(t, "regret", Subject{Net: exact}, x) {
		if v < 0 || v > .1 { // the better of two estimates with noise
			t.Errorf("row %d: the posterior itself has a regret of %v", i, v)
		}
	}
}

// Rows of several executions and one row have their scores, and they are never negative.
func TestRegretOfManyRowsAndOfOne(t *testing.T) {
	if testing.Short() {
		t.Skip("searches for the guides of hundreds of rows")
	}
	s := Subject{Net: linear(t, 1)}
	x := linearRows(chunk+2, 82)
	v := scores(t, "regret", s, x)
	if len(v) != chunk+2 {
		t.Fatalf("got %d scores, want %d", len(v), chunk+2)
	}
	for i, u := range v {
		if !(u >= 0) {
			t.Errorf("row %d: got %v, want at least 0", i, u)
		}
	}
	if one := scores(t, "regret", s, x[:linearD]); len(one) != 1 {
		t.Errorf("got %d scores of one row", len(one))
	}
}
