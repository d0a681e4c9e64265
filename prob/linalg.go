package prob

import "math"

// cholesky returns the lower triangular L with LLᵀ = a, n×n row-major; ok is false if a is not
// positive definite.
func cholesky(a []float64, n int) (l []float64, ok bool) {
	l = make([]float64, n*n)
	for i := range n {
		for j := range i + 1 {
			v := a[i*n+j]
			for k := range j {
				v -= l[i*n+k] * l[j*n+k]
			}
			if i != j {
				l[i*n+j] = v / l[j*n+j]
				continue
			}
			if !(v > 0) || math.IsInf(v, 0) {
				return nil, false
			}
			l[i*n+i] = math.Sqrt(v)
		}
	}
	return l, true
}

// inverseFactor returns the lower triangular F with FFᵀ = h⁻¹ for a positive definite h: that of
// the inverse itself, so that it is a Cholesky factor.
func inverseFactor(h []float64, n int) (f []float64, ok bool) {
	l, ok := cholesky(h, n)
	if !ok {
		return nil, false
	}
	inv := make([]float64, n*n) // h⁻¹, column by column
	x := make([]float64, n)
	for c := range n {
		for i := range n { // L x = e_c
			v := 0.
			if i == c {
				v = 1
			}
			for k := range i {
				v -= l[i*n+k] * x[k]
			}
			x[i] = v / l[i*n+i]
		}
		for i := n - 1; i >= 0; i-- { // Lᵀ x = x
			v := x[i]
			for k := i + 1; k < n; k++ {
				v -= l[k*n+i] * x[k]
			}
			x[i] = v / l[i*n+i]
		}
		for i := range n {
			inv[i*n+c] = x[i]
		}
	}
	return cholesky(inv, n)
}

// dot is Σ aᵢbᵢ.
func dot(a, b []float64) float64 {
	sum := 0.
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}

// finite tells whether all numbers are finite.
func finite(xs ...float64) bool {
	for _, x := range xs {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}
