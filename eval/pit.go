package eval

import (
	"fmt"
	"math"
	"slices"
)

// PIT describes the values u = F(y) of predictive distribution functions at the targets, which
// are uniform where the predictions are right (Dawid 1984; Gneiting, Balabdaoui & Raftery 2007).
// Piles at both ends say that predictions are too narrow, a hump that they are too wide, a slope
// that they are off to one side.
type PIT struct {
	Counts    []int   // of u by bin of equal width on [0, 1]
	Mean      float64 // ½ if right
	Variance  float64 // 1/12 if right
	Statistic float64 // D of Kolmogorov and Smirnov, the largest distance of the values from uniform
	PValue    float64 // of D or a larger one, for uniform values
}

// PITHistogram gathers values u in bins.
func PITHistogram(u []float64, bins int) (p PIT, err error) {
	if len(u) == 0 || bins < 1 {
		return p, fmt.Errorf("eval: PITHistogram: got %d values and %d bins, want at least one of each", len(u), bins)
	}
	p.Counts = make([]int, bins)
	n := float64(len(u))
	for i, v := range u {
		if !(v >= 0 && v <= 1) {
			return p, fmt.Errorf("eval: PITHistogram: value %d: got %v, want one in [0, 1]", i, v)
		}
		p.Counts[min(bins-1, int(v*float64(bins)))]++
		p.Mean += v / n
	}
	sorted := slices.Clone(u)
	slices.Sort(sorted)
	for i, v := range sorted {
		p.Variance += (v - p.Mean) * (v - p.Mean) / n
		p.Statistic = math.Max(p.Statistic, math.Max(float64(i+1)/n-v, v-float64(i)/n))
	}
	p.PValue = kolmogorov(p.Statistic, n)
	return p, nil
}

// kolmogorov is P(D ≥ d) for n uniform values, by the limit distribution with the correction of
// Stephens 1970, λ = d(√n + .12 + .11/√n), 2 Σ (−1)^(k−1) e^(−2k²λ²).
func kolmogorov(d, n float64) float64 {
	lambda := d * (math.Sqrt(n) + .12 + .11/math.Sqrt(n))
	if lambda < .2 {
		return 1 // the series has not converged by k = 100; P > 1 − 1e-12
	}
	sum := 0.
	for k, sign := 1., 1.; k <= 100; k, sign = k+1, -sign {
		sum += sign * math.Exp(-2*k*k*lambda*lambda)
	}
	return math.Min(1, math.Max(0, 2*sum))
}
