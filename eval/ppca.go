package eval

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// ProbabilisticPCA is the best negative log-likelihood per example, in nats, that a linear
// Gaussian model x = W z + μ + ε, z ∈ R^q, ε ~ N(0, σ² I), can reach on data whose
// covariance has the given d eigenvalues, and the σ² that reaches it
// (Tipping & Bishop 1999, eq. 8):
//
//	NLL = ½ [d ln 2π + Σ_{i≤q} ln λ_i + (d−q) ln σ² + d],  σ² = mean of λ_{q+1} … λ_d.
//
// The order of the eigenvalues does not matter. On data from such a model a linear VAE
// with q latent dimensions has this as its exact optimum.
func ProbabilisticPCA(eigenvalues []float64, q int) (nll, sigma2 float64, err error) {
	d := len(eigenvalues)
	if q < 0 || q >= d {
		return 0, 0, fmt.Errorf("eval: ProbabilisticPCA: latent dimensions: got %d, want 0 to %d for %d eigenvalues", q, d-1, d)
	}
	for i, v := range eigenvalues {
		if !(v >= 0) || math.IsInf(v, 0) {
			return 0, 0, fmt.Errorf("eval: ProbabilisticPCA: eigenvalue %d: got %v, want a finite number of at least 0", i, v)
		}
	}
	falling := slices.Clone(eigenvalues)
	slices.SortFunc(falling, func(a, b float64) int { return cmp.Compare(b, a) })
	for _, v := range falling[q:] {
		sigma2 += v / float64(d-q)
	}
	if sigma2 == 0 {
		return 0, 0, fmt.Errorf("eval: ProbabilisticPCA: discarded eigenvalues: got %d zeros, want a positive sum (the likelihood is unbounded)", d-q)
	}
	nll = float64(d)*(1+math.Log(2*math.Pi)) + float64(d-q)*math.Log(sigma2)
	for _, v := range falling[:q] {
		nll += math.Log(v)
	}
	return nll / 2, sigma2, nil
}
