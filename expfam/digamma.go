package expfam

import "math"

// Digamma is ψ(x) = d ln Γ(x)/dx for x > 0, to a few units in the last place beside the root: ψ(x) = ψ(x + 1) − 1/x up
// to 10, and from there the asymptotic series ln x − 1/(2x) − Σ B_2k/(2k x^2k) (Abramowitz &
// Stegun 1964, eqs 6.3.5 and 6.3.18).
func Digamma(x float64) float64 {
	s := 0.
	for ; x < 10; x++ {
		s -= 1 / x
	}
	r := 1 / (x * x)
	series := r * (1./12 - r*(1./120-r*(1./252-r*(1./240-r*(1./132-r*(691./32760-r/12))))))
	return s + math.Log(x) - .5/x - series
}
