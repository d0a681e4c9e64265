package vi_test

import (
	"math"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/vi"
)

// TestReductionOfAChainByHand: halves (1, 3) and (5, 7) have variance 2 each, means 2 and 6, and
// B = 2·8 = 16: R̂² = (½·2 + 16/2)/2 = 4.5. The middle of five draws is left out.
func TestReductionOfAChainByHand(t *testing.T) {
	tk.Close(t, "R̂", vi.SplitRHat([]float64{1, 3, 5, 7}), math.Sqrt(4.5), 1e-15)
	tk.Close(t, "R̂ of five", vi.SplitRHat([]float64{1, 3, 100, 5, 7}), math.Sqrt(4.5), 1e-15)
	// Halves that agree: R̂² = (n−1)/n = ½.
	tk.Close(t, "R̂ of equal halves", vi.SplitRHat([]float64{1, 3, 1, 3}, []float64{1, 3, 3, 1}), math.Sqrt(.5), 1e-15)
	for _, c := range [][]float64{nil, {1, 2}, {4, 4, 4, 4}} {
		if r := vi.SplitRHat(c); !math.IsNaN(r) {
			t.Errorf("R̂ of %v: got %v, want NaN", c, r)
		}
	}
	if !math.IsNaN(vi.SplitRHat()) || !math.IsNaN(vi.ESS()) || !math.IsNaN(vi.ESS([]float64{1, 2, 3})) {
		t.Error("no chains, or too short ones, have a number")
	}
	if e := vi.ESS(make([]float64, 100)); !math.IsNaN(e) {
		t.Errorf("effective draws of a constant: got %v, want NaN", e)
	}
}

// autoregression is x_{t+1} = φx_t + √(1−φ²) ε, whose autocorrelation time is (1+φ)/(1−φ).
func autoregression(seed uint64, n int, phi float64) []float64 {
	x := make([]float64, n)
	rng.New(seed).NormalFloat64(x)
	for i := 1; i < n; i++ {
		x[i] = phi*x[i-1] + math.Sqrt(1-phi*phi)*x[i]
	}
	return x
}

// TestEffectiveDrawsOfAutoregressions: four chains of 5,000; the estimate scatters by some 5 %.
func TestEffectiveDrawsOfAutoregressions(t *testing.T) {
	for _, phi := range []float64{0, .5, .9, -.5} {
		var chains [][]float64
		for c := range uint64(4) {
			chains = append(chains, autoregression(60+c, 5000, phi))
		}
		want := 20000 * (1 - phi) / (1 + phi)
		if got := vi.ESS(chains...); math.Abs(got/want-1) > .2 {
			t.Errorf("φ = %v: got %.0f, want %.0f within 20 %%", phi, got, want)
		}
		if r := vi.SplitRHat(chains...); r > 1.02 {
			t.Errorf("φ = %v: R̂: got %.3f, want 1", phi, r)
		}
	}
}

// TestDriftRaisesTheReduction: iterates that still climb, and chains that have not met.
func TestDriftRaisesTheReduction(t *testing.T) {
	x := autoregression(70, 1000, 0)
	drift := make([]float64, len(x))
	away := make([]float64, len(x))
	for i, v := range x {
		drift[i], away[i] = v+float64(i)/200, v+3
	}
	for name, r := range map[string]float64{"drift": vi.SplitRHat(drift), "chains apart": vi.SplitRHat(x, away)} {
		if !(r > 1.2) {
			t.Errorf("%s: R̂: got %.3f, want above 1.2", name, r)
		}
	}
	if e := vi.ESS(x, away); !(e < 20) {
		t.Errorf("effective draws of chains apart: got %.1f, want few", e)
	}
}
