package eval

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// PrincipalAngles are the angles between the subspaces of R^D spanned by the rows of a and
// by the rows of b, in radians and ascending; there are as many as the smaller dimension.
// All zero means that one subspace contains the other. The rows need not be orthonormal,
// only independent.
//
// Angles below 45° come from sines, the others from cosines, because arccos loses half of
// its digits near zero (Björck & Golub 1973).
func PrincipalAngles(a, b [][]float64) ([]float64, error) {
	qa, err := orthonormal("first", a)
	if err != nil {
		return nil, err
	}
	qb, err := orthonormal("second", b)
	if err != nil {
		return nil, err
	}
	da, ka := qa.Dims()
	db, kb := qb.Dims()
	if da != db {
		return nil, fmt.Errorf("eval: PrincipalAngles: dimensions: got vectors of %d and of %d values, want the same", da, db)
	}
	if ka < kb {
		qa, qb = qb, qa
	}
	var inner, rest mat.Dense
	inner.Mul(qa.T(), qb)
	rest.Mul(qa, &inner)
	rest.Sub(qb, &rest) // the part of b outside a
	cosines, sines := singularValues(&inner), singularValues(&rest)
	slices.Reverse(sines) // ascending, so that both run from the smallest angle
	angles := make([]float64, len(cosines))
	for i := range angles {
		if c := min(cosines[i], 1); c*c < 0.5 {
			angles[i] = math.Acos(c)
		} else {
			angles[i] = math.Asin(min(sines[i], 1))
		}
	}
	return angles, nil
}

// orthonormal returns an orthonormal basis of the span of the rows, as columns.
func orthonormal(which string, rows [][]float64) (*mat.Dense, error) {
	x, err := matrix("PrincipalAngles", rows)
	if err != nil {
		return nil, err
	}
	k, d := x.Dims()
	var svd mat.SVD
	if !svd.Factorize(x, mat.SVDThinV) {
		return nil, fmt.Errorf("eval: PrincipalAngles: singular value decomposition of the %s basis did not converge", which)
	}
	values := svd.Values(nil)
	// The customary bound on the rounding error of a zero singular value.
	tol := values[0] * float64(max(k, d)) * 0x1p-52
	if k > d || values[k-1] <= tol {
		return nil, fmt.Errorf("eval: PrincipalAngles: %s basis: got %d dependent vectors of %d values, want independent ones", which, k, d)
	}
	var v mat.Dense
	svd.VTo(&v)
	return &v, nil
}

// singularValues are the singular values of m, largest first.
func singularValues(m *mat.Dense) []float64 {
	var svd mat.SVD
	if !svd.Factorize(m, mat.SVDNone) {
		_, k := m.Dims()
		return slices.Repeat([]float64{math.NaN()}, k)
	}
	return svd.Values(nil)
}
