// Package link holds the normal and the logistic curve, and what variational bounds and moments
// need of them.
package link

import "math"

var ln2Pi = math.Log(2 * math.Pi)

// LogNormalCDF is ln Φ(x). Below −10 the error function is near the end of its range, and
//
//	Φ(x) = φ(x)/(−x) (1 − 1/x² + 1·3/x⁴ − 1·3·5/x⁶ + …)   (Abramowitz & Stegun 26.2.12)
//
// serves, whose terms fall to 1e-17 before they rise.
func LogNormalCDF(x float64) float64 {
	switch {
	case x > 0:
		return math.Log1p(-math.Erfc(x/math.Sqrt2) / 2)
	case x > -10:
		return math.Log(math.Erfc(-x/math.Sqrt2) / 2)
	}
	return -x*x/2 - ln2Pi/2 - math.Log(-x) + math.Log(millsSeries(x))
}

// millsSeries is 1 − 1/x² + 3/x⁴ − 15/x⁶ + … for x ≤ −10.
func millsSeries(x float64) float64 {
	y, term, sum := 1/(x*x), 1., 1.
	for k := 1.; k < 80; k += 2 {
		term *= -k * y
		sum += term
		if math.Abs(term) < 1e-17 {
			break
		}
	}
	return sum
}

// InverseMills is φ(x)/Φ(x), the mean of a standard normal above −x.
func InverseMills(x float64) float64 {
	if x <= -10 {
		return -x / millsSeries(x)
	}
	return math.Exp(-x*x/2-ln2Pi/2) / (math.Erfc(-x/math.Sqrt2) / 2)
}
