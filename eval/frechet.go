package eval

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Frechet is the squared Fréchet distance of two normal distributions (Dowson & Landau 1982,
// eq. 4),
//
//	d² = ‖μ₁ − μ₂‖² + tr(Σ₁ + Σ₂ − 2(Σ₁^½ Σ₂ Σ₁^½)^½),
//
// which is also their squared 2-Wasserstein distance. Covariances may be singular. Of features of
// images it is what papers call FID, whose value depends on the features: name them with it.
func Frechet(mean1 []float64, cov1 mat.Symmetric, mean2 []float64, cov2 mat.Symmetric) (float64, error) {
	n := len(mean1)
	if n == 0 || len(mean2) != n || cov1.SymmetricDim() != n || cov2.SymmetricDim() != n {
		return 0, fmt.Errorf("eval: Frechet: got means of %d and %d, covariances of %d and %d dimensions, want as many and at least one",
			n, len(mean2), cov1.SymmetricDim(), cov2.SymmetricDim())
	}
	root, _, err := symmetricRoot(cov1)
	if err != nil {
		return 0, err
	}
	if _, _, err := symmetricRoot(cov2); err != nil {
		return 0, err
	}
	var product mat.Dense
	product.Mul(root, cov2)
	product.Mul(&product, root)
	inner := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			inner.SetSym(i, j, (product.At(i, j)+product.At(j, i))/2)
		}
	}
	_, trace, err := symmetricRoot(inner)
	if err != nil {
		return 0, err
	}
	d := mat.Trace(cov1) + mat.Trace(cov2) - 2*trace
	for i, m := range mean1 {
		d += (m - mean2[i]) * (m - mean2[i])
	}
	return math.Max(d, 0), nil // equal distributions may leave a rounding below 0
}

// symmetricRoot returns S^½ of a positive semi-definite matrix and its trace. Eigenvalues that
// rounding has made negative count as 0.
func symmetricRoot(s mat.Symmetric) (root *mat.Dense, trace float64, err error) {
	n := s.SymmetricDim()
	var eig mat.EigenSym
	if ok := eig.Factorize(s, true); !ok {
		return nil, 0, fmt.Errorf("eval: Frechet: covariance: got one without eigenvalues, want finite numbers")
	}
	values := eig.Values(nil)
	var vectors mat.Dense
	eig.VectorsTo(&vectors)
	scaled := mat.NewDense(n, n, nil)
	for j, v := range values {
		if !(v >= -1e-9*math.Max(1, values[n-1])) || math.IsInf(v, 0) {
			return nil, 0, fmt.Errorf("eval: Frechet: covariance: got an eigenvalue %v, want none below 0", v)
		}
		r := math.Sqrt(math.Max(v, 0))
		trace += r
		for i := range n {
			scaled.Set(i, j, vectors.At(i, j)*r)
		}
	}
	root = mat.NewDense(n, n, nil)
	root.Mul(scaled, vectors.T())
	return root, trace, nil
}
