package link

import "math"

// Lambda is λ(ξ) = (σ(ξ)−½)/(2ξ) = tanh(ξ/2)/(4ξ) of the bound of Jaakkola & Jordan 2000,
//
//	σ(a) ≥ σ(ξ) exp{(a−ξ)/2 − λ(ξ)(a²−ξ²)};
//
// λ(0) = 1/8. Below .02 the quotient would lose digits, and 1/8 − ξ²/96 + ξ⁴/960 − 17ξ⁶/161280 is
// exact to rounding.
func Lambda(xi float64) float64 {
	if x := xi * xi; x < 4e-4 {
		return 1./8 + x*(-1./96+x*(1./960-x*17/161280))
	}
	return math.Tanh(xi/2) / (4 * xi)
}

// LogSigmoid is ln σ(a).
func LogSigmoid(a float64) float64 {
	if a < 0 {
		return a - math.Log1p(math.Exp(a))
	}
	return -math.Log1p(math.Exp(-a))
}
