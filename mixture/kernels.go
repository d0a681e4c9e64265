package mixture

// combine sets y to Σ_i a_i z_i, where z_i is the i-th run of blockRows values of z.
func combine(y, z, a []float64) {
	for n, v := range z[:len(y)] {
		y[n] = a[0] * v
	}
	i := 1
	for ; i+1 < len(a); i += 2 {
		u, v, c, e := z[i*blockRows:][:len(y)], z[(i+1)*blockRows:][:len(y)], a[i], a[i+1]
		for n := range y {
			y[n] += c*u[n] + e*v[n]
		}
	}
	if i < len(a) {
		for n, v := range z[i*blockRows:][:len(y)] {
			y[n] += a[i] * v
		}
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

// dot is the inner product, in four running sums.
func dot(x, y []float64) float64 {
	var s0, s1, s2, s3 float64
	y = y[:len(x)]
	for len(x) >= 4 && len(y) >= 4 {
		s0 += x[0] * y[0]
		s1 += x[1] * y[1]
		s2 += x[2] * y[2]
		s3 += x[3] * y[3]
		x, y = x[4:], y[4:]
	}
	for n, v := range x {
		s0 += v * y[n]
	}
	return (s0 + s1) + (s2 + s3)
}

// total is the sum.
func total(x []float64) (s float64) {
	for _, v := range x {
		s += v
	}
	return s
}
