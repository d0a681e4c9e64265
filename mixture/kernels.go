package mixture

import "gonum.org/v1/gonum/blas/blas64"

// combine sets y to Σ_i a_i z_i, where z_i is the i-th run of blockRows values of z.
func combine(y, z, a []float64) {
	for n, v := range z[:len(y)] {
		y[n] = a[0] * v
	}
	lines := blas64.Implementation()
	for i := 1; i < len(a); i++ {
		lines.Daxpy(len(y), a[i], z[i*blockRows:], 1, y, 1)
	}
}

// addScaledSquares adds (c·x)² to q.
func addScaledSquares(q, x []float64, c float64) {
	c *= c
	for n, v := range x[:len(q)] {
		q[n] += c * v * v
	}
}

// multiply sets y to the products of x and z and returns their sum.
func multiply(y, x, z []float64) (s float64) {
	x, z = x[:len(y)], z[:len(y)]
	for n := range y {
		y[n] = x[n] * z[n]
		s += y[n]
	}
	return s
}

// dot is the inner product, two numbers an instruction where gonum has such a loop.
func dot(x, y []float64) float64 { return blas64.Implementation().Ddot(len(x), x, 1, y, 1) }

// total is the sum.
func total(x []float64) (s float64) {
	for _, v := range x {
		s += v
	}
	return s
}
