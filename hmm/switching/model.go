package switching

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Model is a switching linear dynamical system of K regimes, L hidden and D observed values.
type Model struct {
	// Start holds the K probabilities of the first regime.
	Start []float64
	// Steps holds the K×K probabilities of regime j after regime i, row after row.
	Steps []float64
	// Mean is m, the L expected values of the first hidden state, and Cov is P, L×L.
	Mean *mat.VecDense
	// Cov is P, the L×L covariance of the first hidden state.
	Cov *mat.SymDense
	// Trans holds A, L×L, of each regime.
	Trans []*mat.Dense
	// TransCov holds Q, L×L, of each regime.
	TransCov []*mat.SymDense
	// Emit is C, D×L.
	Emit *mat.Dense
	// EmitCov is R, D×D.
	EmitCov *mat.SymDense
}

// size returns K, L and D.
func (m *Model) size() (k, l, d int) {
	d, l = m.Emit.Dims()
	return len(m.Start), l, d
}

// check says what is wrong with the model or the sequence; T is the number of rows.
func (m *Model) check(y []float64) (t int, err error) {
	if m.Mean == nil || m.Cov == nil || m.Emit == nil || m.EmitCov == nil || len(m.Start) == 0 {
		return 0, fmt.Errorf("switching: model: got a missing part, want all")
	}
	k, l, d := m.size()
	if len(m.Steps) != k*k || len(m.Trans) != k || len(m.TransCov) != k {
		return 0, fmt.Errorf("switching: model: got %d regimes, %d steps, %d dynamics and %d noises, want K, K×K, K and K", k, len(m.Steps), len(m.Trans), len(m.TransCov))
	}
	ok := m.Mean.Len() == l && m.Cov.SymmetricDim() == l && m.EmitCov.SymmetricDim() == d
	parts := []mat.Matrix{m.Mean, m.Cov, m.Emit, m.EmitCov}
	for i, a := range m.Trans {
		if a == nil || m.TransCov[i] == nil {
			return 0, fmt.Errorf("switching: model: regime %d: got a missing part, want all", i)
		}
		rows, cols := a.Dims()
		ok = ok && rows == l && cols == l && m.TransCov[i].SymmetricDim() == l
		parts = append(parts, a, m.TransCov[i])
	}
	if !ok {
		return 0, fmt.Errorf("switching: model: got matrices whose sizes do not agree with %d hidden and %d observed values", l, d)
	}
	for _, part := range parts {
		if s := mat.Sum(part); math.IsNaN(s) || math.IsInf(s, 0) {
			return 0, fmt.Errorf("switching: model: got a value that is not finite, want finite numbers")
		}
	}
	return m.rows(y)
}

// rows says what is wrong with a sequence; T is the number of rows.
func (m *Model) rows(y []float64) (t int, err error) {
	_, _, d := m.size()
	if len(y) == 0 || len(y)%d != 0 {
		return 0, fmt.Errorf("switching: sequence: got %d values, want a positive multiple of %d", len(y), d)
	}
	for i, v := range y {
		if math.IsInf(v, 0) {
			return 0, fmt.Errorf("switching: sequence: row %d: got %g, want a finite number, or NaN for a row that is missing", i/d, v)
		}
	}
	return len(y) / d, nil
}

// seen returns row t, and whether it is observed: a row that holds a NaN is missing.
func seen(y []float64, t, d int) (row *mat.VecDense, ok bool) {
	row = mat.NewVecDense(d, y[t*d:(t+1)*d])
	return row, !math.IsNaN(mat.Sum(row))
}

// symmetric copies the symmetric part of a square matrix.
func symmetric(a mat.Matrix) *mat.SymDense {
	n, _ := a.Dims()
	s := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			s.SetSym(i, j, (a.At(i, j)+a.At(j, i))/2)
		}
	}
	return s
}

// errNotPositive says that a covariance is not positive definite.
func errNotPositive(what string) error {
	return fmt.Errorf("switching: %s: got a matrix that is not positive definite, want one that is", what)
}

// inverse returns a⁻¹ and ln|a|.
func inverse(a mat.Symmetric, what string) (inv *mat.SymDense, logDet float64, err error) {
	var chol mat.Cholesky
	inv = mat.NewSymDense(a.SymmetricDim(), nil)
	if !chol.Factorize(a) || chol.InverseTo(inv) != nil {
		return nil, 0, errNotPositive(what)
	}
	return inv, chol.LogDet(), nil
}
