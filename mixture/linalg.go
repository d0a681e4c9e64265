package mixture

import (
	"math"

	"github.com/elbo-go/elbo/internal/polygamma"
)

// cholesky returns the lower L with a = L·Lᵀ, and ln|a|; ok is false unless a is positive definite.
func cholesky(a []float64, d int) (l []float64, logDet float64, ok bool) {
	l = make([]float64, d*d)
	for i := range d {
		for j := range i + 1 {
			s := a[i*d+j]
			for k := range j {
				s -= l[i*d+k] * l[j*d+k]
			}
			switch {
			case i != j:
				l[i*d+j] = s / l[j*d+j]
			case !positive(s):
				return nil, 0, false
			default:
				l[i*d+i] = math.Sqrt(s)
				logDet += math.Log(s)
			}
		}
	}
	return l, logDet, true
}

// inverted returns L⁻¹ of a lower triangular L.
func inverted(l []float64, d int) []float64 {
	a := make([]float64, d*d)
	for j := range d {
		a[j*d+j] = 1 / l[j*d+j]
		for i := j + 1; i < d; i++ {
			s := 0.
			for k := j; k < i; k++ {
				s -= l[i*d+k] * a[k*d+j]
			}
			a[i*d+j] = s / l[i*d+i]
		}
	}
	return a
}

// quadratic is ‖A·z‖² for a lower triangular A.
func quadratic(a, z []float64) (q float64) {
	d := len(z)
	for j := range d {
		y := 0.
		for i := range j + 1 {
			y += a[j*d+i] * z[i]
		}
		q += y * y
	}
	return q
}

// traceOf is tr(P·AᵀA) = Σ_ij P_ij (AᵀA)_ij for a lower triangular A.
func traceOf(p, a []float64, d int) (t float64) {
	for r := range d {
		row := a[r*d : r*d+r+1]
		for i, u := range row {
			for j, v := range row {
				t += u * v * p[i*d+j]
			}
		}
	}
	return t
}

// lnMultiGamma is ln Γ_D(x) = D(D−1)/4 ln π + Σ_i ln Γ(x + (1−i)/2), i = 1 … D.
func lnMultiGamma(x float64, d int) float64 {
	s := float64(d*(d-1)) / 4 * math.Log(math.Pi)
	for i := range d {
		s += lgamma(x - float64(i)/2)
	}
	return s
}

// digamma is ψ(x).
func digamma(x float64) float64 { return polygamma.Digamma(x) }

// lgamma is ln Γ(x) for x > 0.
func lgamma(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
}
