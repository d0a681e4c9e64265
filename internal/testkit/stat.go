package testkit

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/stat/distuv"
)

// FalseAlarm is the probability with which FitsCDF and FitsCounts fail on a right sampler.
const FalseAlarm = 1e-5

// FitsCDF holds draws to a continuous distribution function with the test of Kolmogorov and
// Smirnov, whose statistic λ = D√n exceeds x with probability at most 2e^(−2x²).
func FitsCDF(t testing.TB, name string, draws []float64, cdf func(float64) float64) {
	t.Helper()
	xs := slices.Clone(draws)
	slices.Sort(xs)
	n, d := float64(len(xs)), 0.
	for i, x := range xs {
		f := cdf(x)
		d = math.Max(d, math.Max(float64(i+1)/n-f, f-float64(i)/n))
	}
	limit := math.Sqrt(math.Log(2/FalseAlarm) / 2)
	if lambda := d * math.Sqrt(n); !(lambda <= limit) {
		t.Errorf("%s: %d draws: Kolmogorov–Smirnov statistic: got %.3f, want at most %.3f", name, len(xs), lambda, limit)
	}
}

// FitsCounts holds counts to probabilities with the χ² test; cells should expect 5 or more.
func FitsCounts(t testing.TB, name string, counts []int, probs []float64) {
	t.Helper()
	total, chi2 := 0, 0.
	for _, c := range counts {
		total += c
	}
	for i, c := range counts {
		want := float64(total) * probs[i]
		chi2 += (float64(c) - want) * (float64(c) - want) / want
	}
	if p := (distuv.ChiSquared{K: float64(len(counts) - 1)}).Survival(chi2); !(p > FalseAlarm) {
		t.Errorf("%s: %d draws: χ² %.2f in %d cells has p = %.2g, want above %g", name, total, chi2, len(counts), p, FalseAlarm)
	}
}

// Moments returns mean, variance and the standard error of the mean.
func Moments(xs []float64) (mean, variance, stdErr float64) {
	n := float64(len(xs))
	for _, x := range xs {
		mean += x / n
	}
	for _, x := range xs {
		variance += (x - mean) * (x - mean) / (n - 1)
	}
	return mean, variance, math.Sqrt(variance / n)
}

// MeanWithin fails the test unless the mean of xs is within k standard errors of want. For a
// right sampler that happens with probability 6.3e-5 at k = 4 and 5.7e-7 at k = 5.
func MeanWithin(t testing.TB, name string, xs []float64, want, k float64) {
	t.Helper()
	if mean, _, se := Moments(xs); !(math.Abs(mean-want) <= k*se) {
		t.Errorf("%s: mean of %d: got %v ± %.2g, want %v within %v standard errors", name, len(xs), mean, se, want, k)
	}
}

// Close fails the test unless |got − want| ≤ tol·max(1, |want|); a NaN is never close.
func Close(t testing.TB, name string, got, want, tol float64) {
	t.Helper()
	if got != want && (math.IsInf(want, 0) || !(math.Abs(got-want) <= tol*math.Max(1, math.Abs(want)))) {
		t.Errorf("%s: got %v, want %v within %g", name, got, want, tol)
	}
}

// Integrate returns ∫f over [a, b] by 40-point Gauss–Legendre rules on equal panels.
func Integrate(f func(float64) float64, a, b float64, panels int) float64 {
	sum, h := 0., (b-a)/float64(panels)
	for i := range panels {
		sum += quad.Fixed(f, a+float64(i)*h, a+float64(i+1)*h, 40, quad.Legendre{}, 0)
	}
	return sum
}

// legendre returns nodes and weights of the n-point Gauss–Legendre rule on [−1, 1].
func legendre(n int) (x, weights []float64) {
	x, weights = make([]float64, n), make([]float64, n)
	quad.Legendre{}.FixedLocations(x, weights, -1, 1)
	return x, weights
}

// NormalNodes returns nodes and weights with E[f(ε)] = Σ wᵢ f(εᵢ) for ε ~ N(0, 1), exact for
// polynomials of degree below 2n (Gauss–Hermite).
func NormalNodes(n int) (eps, weights []float64) {
	eps, weights = make([]float64, n), make([]float64, n)
	quad.Hermite{}.FixedLocations(eps, weights, math.Inf(-1), math.Inf(1))
	for i := range eps {
		weights[i] /= math.Sqrt(math.Pi)
		eps[i] *= math.Sqrt2
	}
	return eps, weights
}
