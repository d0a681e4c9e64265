package statespace

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Beliefs are Gaussian beliefs about the states of a sequence.
type Beliefs struct {
	// LogLik is ln p(y).
	LogLik float64
	// Filtered holds the means of z_t given y_1 … y_t, and FilteredCov their covariances.
	Filtered []*mat.VecDense
	// FilteredCov holds the covariances of z_t given y_1 … y_t.
	FilteredCov []*mat.SymDense
	// Smoothed holds the means of z_t given the whole sequence; nil from Filter.
	Smoothed []*mat.VecDense
	// SmoothedCov holds the covariances of z_t given the whole sequence.
	SmoothedCov []*mat.SymDense
	// Cross holds the covariances of z_{t+1} and z_t given the whole sequence, T−1 of them.
	Cross []*mat.Dense

	predicted    []*mat.VecDense
	predictedCov []*mat.SymDense
}

// Filter runs the filter (Kalman 1960): prediction m⁻ = A m, P⁻ = A P Aᵀ + Q, then
//
//	S = C P⁻ Cᵀ + R,  K = P⁻ Cᵀ S⁻¹,  m = m⁻ + K(y − C m⁻),  P = (I − KC) P⁻ (I − KC)ᵀ + K R Kᵀ,
//
// the last in the form of Joseph, which stays positive definite. A row that holds a NaN is
// missing and only predicted.
func (m *Model) Filter(y []float64) (*Beliefs, error) {
	rows, err := m.check(y)
	if err != nil {
		return nil, err
	}
	_, d := m.size()
	b := &Beliefs{}
	mean, cov := mat.VecDenseCopyOf(m.Mean), symmetric(m.Cov)
	for t := range rows {
		if t > 0 {
			mean, cov = m.predict(mean, cov)
		}
		b.predicted, b.predictedCov = append(b.predicted, mean), append(b.predictedCov, cov)
		var logp float64
		if mean, cov, logp, err = m.correct(mean, cov, y[t*d:(t+1)*d]); err != nil {
			return nil, err
		}
		b.LogLik += logp
		b.Filtered, b.FilteredCov = append(b.Filtered, mean), append(b.FilteredCov, cov)
	}
	return b, nil
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

// sandwich is A P Aᵀ + Q.
func sandwich(a mat.Matrix, p, q mat.Symmetric) *mat.SymDense {
	var ap, apa mat.Dense
	ap.Mul(a, p)
	apa.Mul(&ap, a.T())
	s := symmetric(&apa)
	s.AddSym(s, q)
	return s
}

func (m *Model) predict(mean *mat.VecDense, cov *mat.SymDense) (*mat.VecDense, *mat.SymDense) {
	var next mat.VecDense
	next.MulVec(m.Trans, mean)
	return &next, sandwich(m.Trans, cov, m.TransCov)
}

// correct takes a row into account and returns ln p(row | rows before it).
func (m *Model) correct(mean *mat.VecDense, cov *mat.SymDense, row []float64) (*mat.VecDense, *mat.SymDense, float64, error) {
	for _, v := range row {
		if math.IsNaN(v) {
			return mean, cov, 0, nil
		}
	}
	l, d := m.size()
	var chol mat.Cholesky
	if !chol.Factorize(sandwich(m.Emit, cov, m.EmitCov)) {
		return nil, nil, 0, errNotPositive("covariance of the next row")
	}
	var miss, white, gained mat.VecDense
	miss.MulVec(m.Emit, mean)
	miss.SubVec(mat.NewVecDense(d, row), &miss)
	if err := chol.SolveVecTo(&white, &miss); err != nil {
		return nil, nil, 0, errNotPositive("covariance of the next row")
	}
	logp := -0.5 * (float64(d)*math.Log(2*math.Pi) + chol.LogDet() + mat.Dot(&miss, &white))
	var cp, gainT, keep mat.Dense
	cp.Mul(m.Emit, cov)
	if err := chol.SolveTo(&gainT, &cp); err != nil {
		return nil, nil, 0, errNotPositive("covariance of the next row")
	}
	gain := gainT.T()
	gained.MulVec(gain, &miss)
	gained.AddVec(mean, &gained)
	keep.Mul(gain, m.Emit)
	keep.Scale(-1, &keep)
	for i := range l {
		keep.Set(i, i, keep.At(i, i)+1)
	}
	return &gained, sandwich(&keep, cov, sandwich(gain, m.EmitCov, mat.NewSymDense(l, nil))), logp, nil
}

// Smooth runs filter and smoother (Rauch, Tung and Striebel 1965),
//
//	G = P_t Aᵀ (P⁻_{t+1})⁻¹,  m̂_t = m_t + G(m̂_{t+1} − m⁻_{t+1}),
//	P̂_t = P_t + G(P̂_{t+1} − P⁻_{t+1})Gᵀ,  cov(z_{t+1}, z_t | y) = P̂_{t+1} Gᵀ.
func (m *Model) Smooth(y []float64) (*Beliefs, error) {
	b, err := m.Filter(y)
	if err != nil {
		return nil, err
	}
	n := len(b.Filtered)
	b.Smoothed, b.SmoothedCov, b.Cross = make([]*mat.VecDense, n), make([]*mat.SymDense, n), make([]*mat.Dense, n-1)
	b.Smoothed[n-1], b.SmoothedCov[n-1] = b.Filtered[n-1], b.FilteredCov[n-1]
	for t := n - 2; t >= 0; t-- {
		var chol mat.Cholesky
		var ap, gainT, cross mat.Dense
		ap.Mul(m.Trans, b.FilteredCov[t])
		if !chol.Factorize(b.predictedCov[t+1]) || chol.SolveTo(&gainT, &ap) != nil {
			return nil, errNotPositive("covariance of the next state")
		}
		var move mat.VecDense
		move.SubVec(b.Smoothed[t+1], b.predicted[t+1])
		move.MulVec(gainT.T(), &move)
		move.AddVec(b.Filtered[t], &move)
		var change mat.Dense
		change.Sub(b.SmoothedCov[t+1], b.predictedCov[t+1])
		cross.Mul(b.SmoothedCov[t+1], &gainT)
		b.Smoothed[t], b.SmoothedCov[t] = &move, sandwich(gainT.T(), symmetric(&change), b.FilteredCov[t])
		b.Cross[t] = &cross
	}
	return b, nil
}
