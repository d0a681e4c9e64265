package expfam

import "math"

// ln2Pi is ln 2π.
var ln2Pi = math.Log(2 * math.Pi)

// Normal is N(μ, τ⁻¹): u = (x, x²), η = (τμ, −τ/2), A = −η₁²/(4η₂) − ½ ln(−2η₂) + ½ ln 2π.
type Normal struct{}

// Name implements Family.
func (Normal) Name() string { return "normal" }

// Len implements Family.
func (Normal) Len() int { return 2 }

// Natural is η of a mean and a precision.
func (Normal) Natural(mean, precision float64) []float64 {
	return []float64{precision * mean, -precision / 2}
}

// Expect implements Family.
func (f Normal) Expect(u, eta []float64) (float64, error) {
	if err := sized(f, eta); err != nil {
		return 0, err
	}
	tau := -2 * eta[1]
	if !(tau > 0) {
		return 0, bad(f, "got precision %v, want a positive one", tau)
	}
	mean := eta[0] / tau
	put(u, mean, mean*mean+1/tau)
	return .5 * (mean*eta[0] - math.Log(tau) + ln2Pi), nil
}

// Stats implements Family.
func (f Normal) Stats(u, x []float64) error {
	if len(x) != 1 {
		return value(f, x, "one number")
	}
	put(u, x[0], x[0]*x[0])
	return nil
}
