package eval

import (
	"fmt"
	"math"
	"slices"
)

// CRPSNormal is the continuous ranked probability score ∫(F(t) − 1{t ≥ y})² dt of the normal
// distribution with mean μ and standard deviation σ at y; less is better, in the units of y. With
// z = (y − μ)/σ it is (Gneiting & Raftery 2007, eq. 5 and below)
//
//	σ [z(2Φ(z) − 1) + 2φ(z) − 1/√π].
func CRPSNormal(mu, sigma, y float64) float64 {
	if sigma == 0 {
		return math.Abs(y - mu)
	}
	z := (y - mu) / sigma
	phi := math.Exp(-z*z/2) / math.Sqrt(2*math.Pi)
	return sigma * (z*math.Erf(z/math.Sqrt2) + 2*phi - 1/math.Sqrt(math.Pi))
}

// CRPSSample is the score of the distribution that puts equal weight on n draws,
//
//	(1/n) Σ|xᵢ − y| − (1/2n²) ΣΣ|xᵢ − xⱼ|.
//
// As an estimate for the distribution that the draws come from, the second term is too small by
// (n−1)/n; fair makes its divisor 2n(n−1) and so the estimate unbiased (Ferro 2014).
func CRPSSample(draws []float64, y float64, fair bool) (float64, error) {
	n := len(draws)
	if least := 1 + b2i(fair); n < least {
		return 0, fmt.Errorf("eval: CRPSSample: draws: got %d, want at least %d", n, least)
	}
	if i := slices.IndexFunc(draws, math.IsNaN); i >= 0 || math.IsNaN(y) {
		return 0, fmt.Errorf("eval: CRPSSample: draw %d or target: got NaN, want a number", i)
	}
	sorted := slices.Clone(draws)
	slices.Sort(sorted)
	near, spread := 0., 0.
	for i, x := range sorted {
		near += math.Abs(x - y)
		// ΣΣ|xᵢ − xⱼ| = 2 Σ (2i − n + 1) x₍ᵢ₎, i from 0
		spread += 2 * float64(2*i-n+1) * x
	}
	pairs := float64(n) * float64(n)
	if fair {
		pairs = float64(n) * float64(n-1)
	}
	return near/float64(n) - spread/(2*pairs), nil
}
