package rng

import "math"

// Source is what draws of further distributions come from: a *rand.Rand of [Key.Rand].
type Source interface {
	// Float64 is uniform on [0, 1).
	Float64() float64
	// NormFloat64 is standard normal.
	NormFloat64() float64
}

// Gamma draws from the Gamma distribution of shape a > 0 and scale 1 (Marsaglia & Tsang 2000; shapes
// below 1 by a power of a uniform).
func Gamma(r Source, a float64) float64 {
	scale := 1.
	if a < 1 {
		scale = math.Pow(1-r.Float64(), 1/a)
		a++
	}
	d := a - 1./3
	c := 1 / math.Sqrt(9*d)
	for {
		z := r.NormFloat64()
		v := 1 + c*z
		if v <= 0 {
			continue
		}
		v *= v * v
		if math.Log(1-r.Float64()) < z*z/2+d-d*v+d*math.Log(v) {
			return scale * d * v
		}
	}
}
