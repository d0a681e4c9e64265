package bnn

import "math"

// CRPS returns the continuous ranked probability score ∫(F(t) − 1{t ≥ y})² dt of a number, in
// its units; less is better. Of an equal mixture of normal distributions it is (Grimit et al.
// 2006, eq. 3)
//
//	(1/K) Σ_k A(y − μ_k, σ_k²) − (1/2K²) Σ_j Σ_k A(μ_j − μ_k, σ_j² + σ_k²),
//	A(m, s²) = 2s φ(m/s) + m (2Φ(m/s) − 1).
//
// It is NaN for a class.
func (p Prediction) CRPS(y float64) float64 {
	k := float64(len(p.locs))
	if k == 0 {
		return math.NaN()
	}
	near, spread := 0., 0.
	for i, m := range p.locs {
		near += meanAbs(y-m, p.sds[i])
		for j := range i { // the pairs j < i, each of which counts twice
			spread += 2 * meanAbs(m-p.locs[j], math.Hypot(p.sds[i], p.sds[j]))
		}
		spread += meanAbs(0, math.Sqrt2*p.sds[i])
	}
	return near/k - spread/(2*k*k)
}

// meanAbs is E|m + sε| with ε ~ N(0, 1).
func meanAbs(m, s float64) float64 {
	if s == 0 {
		return math.Abs(m)
	}
	z := m / s
	return s*math.Sqrt(2/math.Pi)*math.Exp(-z*z/2) + m*math.Erf(z/math.Sqrt2)
}
