package conjugate

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// MeanField is the product of normals nearest to N(m, Λ⁻¹) in KL(q ‖ p): the means are m and
// the variances 1/Λ_jj (Bishop 2006, eqs. 10.12–10.15), smaller than the true ones. With
// c_jj = (Λ⁻¹)_jj the divergence is
//
//	KL(q ‖ p) = ½ (Σ_j ln Λ_jj − ln |Λ|).
type MeanField struct {
	// Variance holds 1/Λ_jj.
	Variance []float64
	// True holds the marginal variances (Λ⁻¹)_jj.
	True []float64
	// KL is KL(q ‖ p) in nats.
	KL float64
}

// NewMeanField answers for a precision matrix Λ.
func NewMeanField(precision *mat.SymDense) (*MeanField, error) {
	var c mat.Cholesky
	if !c.Factorize(precision) {
		return nil, fmt.Errorf("conjugate: mean field: got a precision that is not positive definite")
	}
	var inverse mat.SymDense
	if err := c.InverseTo(&inverse); err != nil {
		return nil, fmt.Errorf("conjugate: mean field: %w", err)
	}
	m := &MeanField{KL: -c.LogDet() / 2}
	for j := range precision.SymmetricDim() {
		l := precision.At(j, j)
		m.Variance = append(m.Variance, 1/l)
		m.True = append(m.True, inverse.At(j, j))
		m.KL += math.Log(l) / 2
	}
	return m, nil
}

// Sweep takes the means of a product of normals through one pass of coordinate ascent,
//
//	μ_j ← m_j − Λ_jj⁻¹ Σ_{i≠j} Λ_ij (μ_i − m_i)   (Bishop 2006, eq. 10.13),
//
// which is Gauss–Seidel and so ends at m for every Λ that is positive definite.
func Sweep(precision *mat.SymDense, mean, at []float64) {
	for j := range at {
		sum := 0.
		for i := range at {
			if i != j {
				sum += precision.At(i, j) * (at[i] - mean[i])
			}
		}
		at[j] = mean[j] - sum/precision.At(j, j)
	}
}
