package switching

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// addScaled adds f·b to a.
func addScaled(a *mat.Dense, f float64, b mat.Matrix) {
	var s mat.Dense
	s.Scale(f, b)
	a.Add(a, &s)
}

// trace is tr(AB) of matrices of one size, B symmetric or A given transposed.
func trace(a, b mat.Matrix) (sum float64) {
	n, m := a.Dims()
	for i := range n {
		for j := range m {
			sum += a.At(i, j) * b.At(i, j)
		}
	}
	return sum
}

// residual is yy − W·yzᵀ − yz·Wᵀ + W·zz·Wᵀ, the expectation of (y − Wz)(y − Wz)ᵀ.
func residual(yy, yz, zz, w mat.Matrix) *mat.SymDense {
	var a, b, c mat.Dense
	a.Mul(w, yz.T())
	b.Mul(w, zz)
	c.Mul(&b, w.T())
	c.Add(&c, yy)
	c.Sub(&c, &a)
	c.Sub(&c, a.T())
	return symmetric(&c)
}

// logNormal is E ln N(y; Wz, S) for the expected residual, given S⁻¹ and ln|S|.
func logNormal(res, inv *mat.SymDense, logDet float64) float64 {
	d := float64(res.SymmetricDim())
	return -0.5 * (d*math.Log(2*math.Pi) + logDet + trace(inv, res))
}
