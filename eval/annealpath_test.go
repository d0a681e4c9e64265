package eval

import (
	"math"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

// twoChains are log-likelihoods with a given deviation at each temperature.
func twoChains(beta []float64, sd func(b float64) float64) [][]float64 {
	out := make([][]float64, len(beta))
	for t, b := range beta {
		out[t] = []float64{7 + sd(b)/math.Sqrt2, 7 - sd(b)/math.Sqrt2} // deviation with n − 1
	}
	return out
}

// even are n + 1 equal temperatures.
func evenly(n int) []float64 {
	out := make([]float64, n+1)
	for t := range out {
		out[t] = float64(t) / float64(n)
	}
	return out
}

// TestTemperaturesCoverEqualLengths: with sd(β) = 1/(a + β) the length is ln((a + β)/a), and nine
// tenths of the steps follow it, one tenth the pilot's schedule.
func TestTemperaturesCoverEqualLengths(t *testing.T) {
	const a, pilot, n = .02, 40, 500
	beta := evenly(pilot)
	for i := range beta {
		beta[i] = a * (math.Pow((1+a)/a, beta[i]) - 1) // equal lengths already: the integrals are near exact
	}
	got := retune(beta, twoChains(beta, func(b float64) float64 { return 1 / (a + b) }), n)
	if len(got) != n+1 || got[0] != 0 || got[n] != 1 {
		t.Fatalf("got %d temperatures from %v to %v, want %d from 0 to 1", len(got), got[0], got[n], n+1)
	}
	for k := 1; k <= n; k++ {
		if !(got[k] > got[k-1]) {
			t.Fatalf("temperature %d: got %v after %v, want a rise", k, got[k], got[k-1])
		}
		length := math.Log((a+got[k])/a) / math.Log((1+a)/a)
		tk.Close(t, "share of the length", length, float64(k)/n, 2e-3) // a piece of the pilot is straight
	}
}

// TestAPeakDrawsTemperatures: where the deviation is ten times as large for a tenth of the path,
// steps are ten times as dense, but for the tenth that is even.
func TestAPeakDrawsTemperatures(t *testing.T) {
	const pilot, n = 1000, 10000
	got := retune(evenly(pilot), twoChains(evenly(pilot), func(b float64) float64 {
		if b < .1 {
			return 10
		}
		return 1
	}), n)
	inside := 0
	for _, b := range got[1:] {
		inside += b2i(b <= .1)
	}
	// .9·(1/1.9) + .1·.1, but for the window of the pooled deviations
	if want := .9/1.9 + .01; math.Abs(float64(inside)/n-want) > .03 {
		t.Errorf("share of the steps in the peak: got %v, want %v within .03", float64(inside)/n, want)
	}
}

// TestPilotsThatSawNothingKeepTheirSchedule: equal or infinite log-likelihoods.
func TestPilotsThatSawNothingKeepTheirSchedule(t *testing.T) {
	for _, v := range []float64{-3, math.Inf(-1), math.NaN()} {
		seen := make([][]float64, 11)
		for i := range seen {
			seen[i] = []float64{v, v}
		}
		for k, b := range retune(evenly(10), seen, 20) {
			tk.Close(t, "temperature", b, float64(k)/20, 1e-12)
		}
	}
}

// TestDeviationsArePooledOverNeighbours by hand: the values 1 … 6 of three temperatures.
func TestDeviationsArePooledOverNeighbours(t *testing.T) {
	got := pooled([][]float64{{1, 2}, {3, 4}, {5, 6}}, 1)
	for i, want := range []float64{math.Sqrt(5. / 3), math.Sqrt(3.5), math.Sqrt(5. / 3)} {
		tk.Close(t, "deviation", got[i], want, 1e-12)
	}
	if alone := pooled([][]float64{{4}, {4}}, 0); alone[0] != 0 {
		t.Errorf("one chain: got a deviation of %v, want 0", alone[0])
	}
}
