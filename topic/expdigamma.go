package topic

import "math"

// expDigamma is exp(ψ(x)) for x > 0, to about 2e-15. For x ≥ 8 it is the asymptotic series in
// y = x − ½,
//
//	exp ψ(x) = y (1 + 1/(24 y²) − 37/(5760 y⁴) + 10313/(2903040 y⁶) − …),
//
// whose coefficients follow from ψ(y+½) = ln y − Σ B₂ₙ(½)/(2n y²ⁿ); below it is
// exp ψ(x+8) · exp(−Σ_{i<8} 1/(x+i)), since ψ(x) = ψ(x+1) − 1/x. With q = x(x+7) the sum is
//
//	(2x+7)(4q³+84q²+504q+720) / (q(q³+28q²+252q+720)).
func expDigamma(x float64) float64 {
	if x >= 8 {
		return expDigammaSeries(x)
	}
	q := x * (x + 7)
	s := (2*x + 7) * (((4*q+84)*q+504)*q + 720) / (q * (((q+28)*q+252)*q + 720))
	return expDigammaSeries(x+8) * math.Exp(-s)
}

// expDigammaSeries is the series, for x ≥ 8.
func expDigammaSeries(x float64) float64 {
	y := x - 0.5
	r := 1 / (y * y)
	return y * (1 + r*(1./24+r*(-37./5760+r*(10313./2903040+r*(-5509121./1393459200+
		r*(2709398569./367873228800+r*(-0.020734675824368137+r*0.08238185223878776)))))))
}
