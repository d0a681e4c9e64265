package rng

import (
	"math"
	"testing"
)

// Gamma(a, 1) has mean a and E x² = a(a + 1) with variance a(a+1)(4a+6); the means of n draws are within
// 5 deviations, and the logarithm has the mean ψ(a), here by its difference of ln Γ.
func TestGammaHasItsMoments(t *testing.T) {
	const n = 100000
	r := New(9).Rand()
	for _, a := range []float64{.05, .3, 1, 2, 3.5, 40} {
		sum, squares, logs := 0., 0., 0.
		for range n {
			v := Gamma(r, a)
			if !(v >= 0) || math.IsInf(v, 0) {
				t.Fatalf("a = %v: got %v", a, v)
			}
			sum += v / n
			squares += v * v / n
			logs += math.Log(max(v, 1e-300)) / n
		}
		if math.Abs(sum-a) > 5*math.Sqrt(a/n) {
			t.Errorf("a = %v: mean %v", a, sum)
		}
		if want := a * (a + 1); math.Abs(squares-want) > 5*math.Sqrt(a*(a+1)*(4*a+6)/n) {
			t.Errorf("a = %v: mean square %v, want %v", a, squares, want)
		}
		lgamma := func(x float64) float64 { y, _ := math.Lgamma(x); return y }
		const h = 1e-5
		psi := (lgamma(a*(1+h)) - lgamma(a*(1-h))) / (2 * a * h)
		trigamma := (lgamma(a*(1+1e-3)) - 2*lgamma(a) + lgamma(a*(1-1e-3))) / (a * a * 1e-6)
		if math.Abs(logs-psi) > 5*math.Sqrt(trigamma/n) {
			t.Errorf("a = %v: mean logarithm %v, want %v", a, logs, psi)
		}
	}
}

func TestEqualKeysDrawTheSame(t *testing.T) {
	a, b := New(3).Rand(), New(3).Rand()
	for range 100 {
		if Gamma(a, .4) != Gamma(b, .4) {
			t.Fatal("draws differ")
		}
	}
}
