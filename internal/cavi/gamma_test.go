package cavi

import (
	"math"
	"testing"

	"github.com/elbo-go/elbo/internal/polygamma"
)

// integrate is E_q[f(τ)] by the trapezoid rule in u = ln τ, where the integrand is smooth
// and dies at both ends.
func integrate(q Gamma, f func(tau float64) float64) (sum float64) {
	const h = 1. / 64
	lg, _ := math.Lgamma(q.Shape)
	for u := -60.; u < 12; u += h {
		tau := math.Exp(u)
		sum += h * f(tau) * math.Exp(q.Shape*(u+math.Log(q.Rate))-q.Rate*tau-lg)
	}
	return sum
}

func logDensity(q Gamma, tau float64) float64 {
	lg, _ := math.Lgamma(q.Shape)
	return q.Shape*math.Log(q.Rate) + (q.Shape-1)*math.Log(tau) - q.Rate*tau - lg
}

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*max(1, math.Abs(want))) {
		t.Errorf("%s: got %.15g, want %.15g", what, got, want)
	}
}

func TestMomentsAndDivergencesOfGammasAreTheirIntegrals(t *testing.T) {
	for _, q := range []Gamma{{1.5, .3}, {4, 11}, {30, 2}} {
		near(t, "mass", integrate(q, func(float64) float64 { return 1 }), 1, 1e-11)
		near(t, "mean", q.Mean(), integrate(q, func(x float64) float64 { return x }), 1e-11)
		near(t, "mean log", q.MeanLog(), integrate(q, math.Log), 1e-11)
		near(t, "mean inverse", q.MeanInverse(), integrate(q, func(x float64) float64 { return 1 / x }), 1e-11)
		for _, p := range []Gamma{{1, 1}, {1.5, .3}, {1e-3, 1e-3}, {8, .1}} {
			want := integrate(q, func(x float64) float64 { return logDensity(q, x) - logDensity(p, x) })
			near(t, "KL", q.KL(p), want, 1e-10)
		}
	}
}

func TestAGammaDivergesNotFromItselfAndHasNoMeanInverseBelowOne(t *testing.T) {
	for _, q := range []Gamma{{1e-3, 1e-3}, {.7, 40}, {1e5, 3}} {
		near(t, "KL(q‖q)", q.KL(q), 0, 1e-12)
	}
	if !math.IsInf(Gamma{1, 1}.MeanInverse(), 1) {
		t.Error("E[1/τ] is finite at shape 1")
	}
}

func TestGammasOfNoDensityAreRefused(t *testing.T) {
	for _, q := range []Gamma{{}, {1, 0}, {-1, 1}, {math.NaN(), 1}, {1, math.Inf(1)}} {
		if q.Check("x") == nil {
			t.Errorf("%+v is taken", q)
		}
	}
	if err := (Gamma{1, 2}).Check("x"); err != nil {
		t.Error(err)
	}
}

func TestDigammaHasItsClosedFormsAtWholesAndHalves(t *testing.T) {
	const euler = 0.57721566490153286060651209008240243
	whole, half := -euler, -euler-2*math.Ln2
	for n := 1; n <= 200; n++ {
		near(t, "ψ(n)", polygamma.Digamma(float64(n)), whole, 4e-16*math.Sqrt(float64(n)+30))
		near(t, "ψ(n−½)", polygamma.Digamma(float64(n)-.5), half, 4e-16*math.Sqrt(float64(n)+30))
		whole += 1 / float64(n)
		half += 1 / (float64(n) - .5)
	}
	// Near nought ψ(x) = −1/x − γ + π²x/6.
	near(t, "ψ(1e-9)", polygamma.Digamma(1e-9)+1e9, -euler+math.Pi*math.Pi/6*1e-9, 3e-7)
}
