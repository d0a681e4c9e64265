package polygamma

import (
	"math"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

// euler is −ψ(1).
const euler = 0.57721566490153286060651209008240243

func TestDigammaOfWholesAndHalvesIsASum(t *testing.T) {
	// ψ(n) = −γ + Σ_{k<n} 1/k and ψ(n + ½) = −γ − 2 ln 2 + Σ_{k≤n} 2/(2k − 1).
	whole, half := -euler, -euler-2*math.Ln2
	for n := 1.; n < 200; n++ {
		tk.Close(t, "ψ(n)", Digamma(n), whole, 4e-15)
		tk.Close(t, "ψ(n − ½)", Digamma(n-.5), half, 4e-15)
		whole += 1 / n
		half += 2 / (2*n - 1)
	}
}

func TestDigammaObeysItsEquations(t *testing.T) {
	for x := 1e-3; x < 1e6; x *= 1.7 {
		tk.Close(t, "ψ(x + 1) − ψ(x)", Digamma(x+1)-Digamma(x), 1/x, 1e-14)
		// ψ(2x) = ½ψ(x) + ½ψ(x + ½) + ln 2.
		tk.Close(t, "ψ(2x)", Digamma(2*x), .5*(Digamma(x)+Digamma(x+.5))+math.Ln2, 1e-14)
		if x < 1 {
			// ψ(1 − x) − ψ(x) = π cot πx.
			tk.Close(t, "ψ(1 − x) − ψ(x)", Digamma(1-x)-Digamma(x), math.Pi/math.Tan(math.Pi*x), 1e-13)
		}
	}
}

func TestDigammaIsTheSlopeOfLnGamma(t *testing.T) {
	for _, x := range []float64{.01, .3, 1, 2.7, 9.99, 10.01, 50, 1e3} {
		h := 1e-3 * x
		slope := (8*(lgamma(x+h)-lgamma(x-h)) - (lgamma(x+2*h) - lgamma(x-2*h))) / (12 * h)
		tk.Close(t, "ψ(x)", Digamma(x), slope, 1e-9)
	}
}

func TestDigammaAtTheEndsOfItsRange(t *testing.T) {
	tk.Close(t, "tiny", Digamma(1e-300), -1e300, 1e-15)
	tk.Close(t, "huge", Digamma(1e300), math.Log(1e300), 1e-15)
	if v := Digamma(math.Inf(1)); !math.IsInf(v, 1) {
		t.Errorf("ψ(∞): got %v", v)
	}
	if v := Digamma(math.NaN()); !math.IsNaN(v) {
		t.Errorf("ψ(NaN): got %v", v)
	}
}

func lgamma(x float64) float64 { v, _ := math.Lgamma(x); return v }
