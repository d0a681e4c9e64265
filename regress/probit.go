package regress

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Probit is Bayesian probit regression by augmentation (Albert & Chib 1993): t = 1 where
// z > 0, z ~ N(wᵀx, 1), so that p(t=1|x,w) = Φ(wᵀx).
type Probit struct {
	// Weights is q(w) Π q(α_g).
	Weights
}

// FitProbit climbs the bound of q(w) Π q(α_g) Π q(z_n) for labels of 0 and 1 (Girolami &
// Rogers 2006); with s_n = ±1 and η_n = mᵀx_n,
//
//	V = (diag⟨α⟩ + XᵀX)⁻¹,  m = V Xᵀ⟨z⟩,  ⟨z_n⟩ = η_n + s_n φ(η_n)/Φ(s_nη_n)
//	L = Σ ln Φ(s_nη_n) − ½ tr XᵀXV + (terms of w and α)
func FitProbit(ctx context.Context, x *mat.Dense, labels []float64, cfg Config) (*Probit, error) {
	if err := cfg.check(x, labels); err != nil {
		return nil, err
	}
	s, err := signs(labels)
	if err != nil {
		return nil, err
	}
	x = cfg.design(x)
	n, d := x.Dims()
	m := &Probit{Weights: *cfg.newWeights(d)}
	var gram mat.SymDense
	gram.SymOuterK(1, x.T())
	z, eta, b := make([]float64, n), make([]float64, n), make([]float64, d)
	for i := range z {
		z[i] = s[i] * inverseMills(0)
	}
	m.Bound, m.Converged, err = cfg.loop().Climb(ctx, func() (float64, error) {
		mat.NewVecDense(d, b).MulVec(x.T(), mat.NewVecDense(n, z))
		if err := m.solve(&gram, b); err != nil {
			return 0, err
		}
		m.updateAlpha()
		mat.NewVecDense(n, eta).MulVec(x, mat.NewVecDense(d, m.Mean))
		l := m.bound() - traceOf(&gram, &m.cov)/2
		for i, e := range eta {
			z[i] = e + s[i]*inverseMills(s[i]*e)
			l += LogNormalCDF(s[i] * e)
		}
		return l, nil
	})
	if err != nil {
		return nil, fmt.Errorf("regress: probit: %w", err)
	}
	m.store()
	return m, nil
}

// Predict is p(t=1|x) = E[Φ(a)] = Φ(μ/√(1+v)) for a = wᵀx ~ N(μ, v) under q(w), with the
// variance of Φ(a) under q(w).
func (m *Probit) Predict(x []float64) (p, variance float64, err error) {
	mean, v, err := m.Activation(x)
	if err != nil {
		return 0, 0, err
	}
	p = math.Exp(LogNormalCDF(mean / math.Sqrt(1+v)))
	return p, max(probitSquare(mean, v)-p*p, 0), nil
}

// probitSquare is E[Φ(a)²], the mass of both of two normals of unit variance and correlation
// ρ = v/(1+v) below h = μ/√(1+v):
//
//	Φ(h)² + (1/2π) ∫₀^arcsin ρ exp(−h²/(1+sin θ)) dθ   (Drezner & Wesolowsky 1990)
func probitSquare(mean, v float64) float64 {
	h := mean / math.Sqrt(1+v)
	p := math.Exp(LogNormalCDF(h))
	// Simpson's rule on 64 panels: the integrand is smooth, for sin θ ≥ 0.
	const panels = 64
	step := math.Asin(v/(1+v)) / panels
	sum := 0.
	for i := range panels + 1 {
		w := 2.
		switch {
		case i == 0 || i == panels:
			w = 1
		case i%2 == 1:
			w = 4
		}
		sum += w * math.Exp(-h*h/(1+math.Sin(float64(i)*step)))
	}
	return p*p + sum*step/3/(2*math.Pi)
}
