package statespace

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/elbo-go/elbo/internal/rng"
	"gonum.org/v1/gonum/mat"
)

// Model is a linear-Gaussian state space model of L hidden and D observed values.
type Model struct {
	// Mean is m, the L expected values of the first state.
	Mean *mat.VecDense
	// Cov is P, the L×L covariance of the first state.
	Cov *mat.SymDense
	// Trans is A, L×L.
	Trans *mat.Dense
	// TransCov is Q, L×L.
	TransCov *mat.SymDense
	// Emit is C, D×L.
	Emit *mat.Dense
	// EmitCov is R, D×D.
	EmitCov *mat.SymDense
}

// LocalLevel is a random walk seen through noise: the step's variance q, the noise's
// variance r, and a first state from N(mean, variance).
func LocalLevel(q, r, mean, variance float64) *Model {
	return &Model{
		Mean: mat.NewVecDense(1, []float64{mean}), Cov: mat.NewSymDense(1, []float64{variance}),
		Trans: mat.NewDense(1, 1, []float64{1}), TransCov: mat.NewSymDense(1, []float64{q}),
		Emit: mat.NewDense(1, 1, []float64{1}), EmitCov: mat.NewSymDense(1, []float64{r}),
	}
}

// size returns L and D.
func (m *Model) size() (l, d int) {
	d, l = m.Emit.Dims()
	return l, d
}

// check says what is wrong with the model or the sequence; T is the number of rows.
func (m *Model) check(y []float64) (t int, err error) {
	if m.Mean == nil || m.Cov == nil || m.Trans == nil || m.TransCov == nil || m.Emit == nil || m.EmitCov == nil {
		return 0, fmt.Errorf("statespace: model: got a missing part, want all six")
	}
	l, d := m.size()
	ar, ac := m.Trans.Dims()
	if m.Mean.Len() != l || m.Cov.SymmetricDim() != l || ar != l || ac != l || m.TransCov.SymmetricDim() != l || m.EmitCov.SymmetricDim() != d {
		return 0, fmt.Errorf("statespace: model: sizes: got mean %d, cov %d, trans %d×%d, trans cov %d, emit %d×%d, emit cov %d, want them to agree",
			m.Mean.Len(), m.Cov.SymmetricDim(), ar, ac, m.TransCov.SymmetricDim(), d, l, m.EmitCov.SymmetricDim())
	}
	for _, part := range []mat.Matrix{m.Mean, m.Cov, m.Trans, m.TransCov, m.Emit, m.EmitCov} {
		if s := mat.Sum(part); math.IsNaN(s) || math.IsInf(s, 0) {
			return 0, fmt.Errorf("statespace: model: got a value that is not finite, want finite numbers")
		}
	}
	if len(y) == 0 || len(y)%d != 0 {
		return 0, fmt.Errorf("statespace: sequence: got %d values, want a positive multiple of %d", len(y), d)
	}
	for i, v := range y {
		if math.IsInf(v, 0) {
			return 0, fmt.Errorf("statespace: sequence: row %d: got %g, want a finite number, or NaN for a row that is missing", i/d, v)
		}
	}
	return len(y) / d, nil
}

// Simulate draws t rows, T×D, and their states, T×L.
func (m *Model) Simulate(key rng.Key, t int) (y, z []float64, err error) {
	if m.Emit == nil {
		return nil, nil, fmt.Errorf("statespace: model: got no Emit, want one")
	}
	l, d := m.size()
	if _, err := m.check(make([]float64, d)); err != nil {
		return nil, nil, err
	}
	if t < 1 {
		return nil, nil, fmt.Errorf("statespace: simulate: got %d rows, want at least 1", t)
	}
	r := key.Named("statespace simulate").Rand()
	y, z = make([]float64, t*d), make([]float64, t*l)
	noise := make([]*mat.TriDense, 3)
	for i, cov := range []*mat.SymDense{m.Cov, m.TransCov, m.EmitCov} {
		var chol mat.Cholesky
		if !chol.Factorize(cov) {
			return nil, nil, errNotPositive([]string{"cov", "trans cov", "emit cov"}[i])
		}
		noise[i] = mat.NewTriDense(cov.SymmetricDim(), mat.Lower, nil)
		chol.LTo(noise[i])
	}
	for i := range t {
		zi, yi := mat.NewVecDense(l, z[i*l:(i+1)*l]), mat.NewVecDense(d, y[i*d:(i+1)*d])
		if i == 0 {
			zi.AddVec(m.Mean, normal(r, noise[0]))
		} else {
			zi.MulVec(m.Trans, mat.NewVecDense(l, z[(i-1)*l:i*l]))
			zi.AddVec(zi, normal(r, noise[1]))
		}
		yi.MulVec(m.Emit, zi)
		yi.AddVec(yi, normal(r, noise[2]))
	}
	return y, z, nil
}

// normal draws from N(0, LLᵀ).
func normal(r *rand.Rand, low *mat.TriDense) *mat.VecDense {
	n, _ := low.Dims()
	v := mat.NewVecDense(n, nil)
	for i := range n {
		v.SetVec(i, r.NormFloat64())
	}
	v.MulVec(low, v)
	return v
}

// errNotPositive says that a covariance is not positive definite.
func errNotPositive(what string) error {
	return fmt.Errorf("statespace: %s: got a matrix that is not positive definite, want one that is", what)
}
