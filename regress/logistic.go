package regress

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/internal/link"
)

// Logistic is Bayesian logistic regression, p(t=1|x,w) = σ(wᵀx), by the bound of Jaakkola &
// Jordan 2000,
//
//	σ(a) ≥ σ(ξ) exp{(a−ξ)/2 − λ(ξ)(a²−ξ²)},  λ(ξ) = (σ(ξ)−½)/(2ξ).
type Logistic struct {
	// Weights is q(w) Π q(α_g).
	Weights
}

// Lambda is λ(ξ), with its limit 1/8 at nought.
func Lambda(xi float64) float64 { return link.Lambda(xi) }

// logSigmoid is ln σ(a).
func logSigmoid(a float64) float64 { return link.LogSigmoid(a) }

// FitLogistic climbs the bound (Bishop 2006, section 10.6),
//
//	q(w) = N(m, V),  V⁻¹ = diag⟨α⟩ + 2Σ λ(ξ_n)x_nx_nᵀ,  m = V Σ (t_n−½)x_n
//	ξ_n² = x_nᵀ(V + mmᵀ)x_n
//
// for labels of 0 and 1. It starts from ξ = 1.
func FitLogistic(ctx context.Context, x *mat.Dense, labels []float64, cfg Config) (*Logistic, error) {
	if err := cfg.check(x, labels); err != nil {
		return nil, err
	}
	s, err := signs(labels)
	if err != nil {
		return nil, err
	}
	x = cfg.design(x)
	n, d := x.Dims()
	b := make([]float64, d)
	for i, si := range s {
		for j, v := range x.RawRowView(i) {
			b[j] += si / 2 * v
		}
	}
	m := &Logistic{Weights: *cfg.newWeights(d)}
	xi := make([]float64, n)
	for i := range xi {
		xi[i] = 1
	}
	rows := newRows(x)
	m.Bound, m.Converged, err = cfg.loop().Climb(ctx, func() (float64, error) {
		if err := m.solve(rows.gram(func(i int) float64 { return 2 * Lambda(xi[i]) }), b); err != nil {
			return 0, err
		}
		m.updateAlpha()
		mean, variance := rows.activations(&m.Weights)
		l := m.bound()
		for i, a := range mean {
			// At the new ξ the term in λ is nought.
			xi[i] = math.Sqrt(a*a + variance[i])
			l += logSigmoid(xi[i]) + (s[i]*a-xi[i])/2
		}
		return l, nil
	})
	if err != nil {
		return nil, fmt.Errorf("regress: logistic: %w", err)
	}
	m.store()
	return m, nil
}

// Predict is p(t=1|x) = E[σ(a)] for a = wᵀx under q(w), with its variance under q(w).
func (m *Logistic) Predict(x []float64) (p, variance float64, err error) {
	mean, v, err := m.Activation(x)
	if err != nil {
		return 0, 0, err
	}
	p, square := sigmoidMoments(mean, math.Sqrt(v))
	return p, max(square-p*p, 0), nil
}

// sigmoidMoments are E[σ(a)] and E[σ(a)²] for a ~ N(m, s²) by the trapezoid rule, which
// converges geometrically on a strip without poles. For s ≤ 1 it runs over the normal; above,
// by parts, over the derivatives σ' and 2σσ' against Φ((m−u)/s), which is the smooth one then.
func sigmoidMoments(m, s float64) (first, second float64) {
	const h = .25
	if s <= 1 {
		for z := -9.; z <= 9; z += h {
			p := sigmoid(m + s*z)
			w := h * math.Exp(-z*z/2) / math.Sqrt(2*math.Pi)
			first += w * p
			second += w * p * p
		}
		return first, second
	}
	for u := -40.; u <= 40; u += h {
		p := sigmoid(u)
		w := h * p * sigmoid(-u) * math.Exp(LogNormalCDF((m-u)/s))
		first += w
		second += w * 2 * p
	}
	return first, second
}

func sigmoid(a float64) float64 { return 1 / (1 + math.Exp(-a)) }
