package regress

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"
)

// Linear is Bayesian linear regression (Bishop 2006, section 10.3, with the noise unknown),
//
//	y_n ~ N(wᵀx_n, 1/τ),  w_j ~ N(0, 1/α_g(j)),  τ ~ Gamma(c₀, d₀),  q(w) Π q(α_g) q(τ).
type Linear struct {
	// Weights is q(w) Π q(α_g).
	Weights
	// Noise is q(τ).
	Noise Gamma `json:"noise"`
}

// FitLinear climbs the bound, whose updates are, with ⟨·⟩ for means under q,
//
//	q(w) = N(m, V),  V = (diag⟨α⟩ + ⟨τ⟩XᵀX)⁻¹,  m = ⟨τ⟩V Xᵀy
//	q(τ) = Gamma(c₀ + N/2, d₀ + ½(‖y − Xm‖² + tr XᵀXV))
//
// A sweep costs O(D³), whatever the number of rows: these are replaced by the D+1 rows of the
// triangle R of [X y] = QR, which has the same inner products without the rounding of XᵀX.
func FitLinear(ctx context.Context, x *mat.Dense, y []float64, cfg Config) (*Linear, error) {
	if err := cfg.check(x, y); err != nil {
		return nil, err
	}
	if err := cfg.Noise.Check("regress: prior of the noise precision"); err != nil {
		return nil, err
	}
	n := float64(len(y))
	x, y = triangle(cfg.design(x), y)
	_, d := x.Dims()
	var gram mat.SymDense
	gram.SymOuterK(1, x.T())
	xy := make([]float64, d)
	mat.NewVecDense(d, xy).MulVec(x.T(), mat.NewVecDense(len(y), y))
	m := &Linear{Weights: *cfg.newWeights(d), Noise: firstNoise(y, n)}
	scaled, b := mat.NewSymDense(d, nil), make([]float64, d)
	var err error
	m.Bound, m.Converged, err = cfg.loop().Climb(ctx, func() (float64, error) {
		tau := m.Noise.Mean()
		scaled.ScaleSym(tau, &gram)
		for j := range b {
			b[j] = tau * xy[j]
		}
		if err := m.solve(scaled, b); err != nil {
			return 0, err
		}
		m.updateAlpha()
		e := residual(x, y, m.Mean) + traceOf(&gram, &m.cov)
		m.Noise = Gamma{Shape: cfg.Noise.Shape + n/2, Rate: cfg.Noise.Rate + e/2}
		return n/2*(m.Noise.MeanLog()-log2Pi) - m.Noise.Mean()*e/2 + m.bound() - m.Noise.KL(cfg.Noise), nil
	})
	if err != nil {
		return nil, fmt.Errorf("regress: linear: %w", err)
	}
	m.store()
	return m, nil
}

// firstNoise starts the precision of the noise at that of targets without inputs.
func firstNoise(y []float64, n float64) Gamma {
	sum := 0.
	for _, v := range y {
		sum += v * v
	}
	if sum == 0 {
		return Gamma{Shape: 1, Rate: 1}
	}
	return Gamma{Shape: n / 2, Rate: sum / 2}
}

// triangle is R of [X y] = QR by its columns, or X and y themselves where they are no taller.
func triangle(x *mat.Dense, y []float64) (*mat.Dense, []float64) {
	n, d := x.Dims()
	if n <= d+1 {
		return x, y
	}
	all := mat.NewDense(n, d+1, nil)
	for i := range n {
		copy(all.RawRowView(i), x.RawRowView(i))
		all.Set(i, d, y[i])
	}
	var qr mat.QR
	qr.Factorize(all)
	var r mat.Dense
	qr.RTo(&r)
	top := r.Slice(0, d+1, 0, d+1).(*mat.Dense)
	return mat.DenseCopyOf(top.Slice(0, d+1, 0, d)), mat.Col(nil, d, top)
}

// residual is ‖y − Xm‖².
func residual(x *mat.Dense, y, m []float64) (sum float64) {
	for i, v := range y {
		for j, xj := range x.RawRowView(i) {
			v -= xj * m[j]
		}
		sum += v * v
	}
	return sum
}

// traceOf is tr AB of symmetric matrices.
func traceOf(a, b *mat.SymDense) (sum float64) {
	d := a.SymmetricDim()
	for i := range d {
		sum += a.At(i, i) * b.At(i, i)
		for j := range i {
			sum += 2 * a.At(i, j) * b.At(i, j)
		}
	}
	return sum
}

// Predict is the mean and the variance E[1/τ] + xᵀVx of a new target, infinite where q(τ) has
// no E[1/τ].
func (m *Linear) Predict(x []float64) (mean, variance float64, err error) {
	mean, variance, err = m.Activation(x)
	return mean, variance + m.Noise.MeanInverse(), err
}
