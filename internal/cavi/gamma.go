package cavi

import (
	"fmt"
	"math"

	"github.com/elbo-go/elbo/internal/polygamma"
)

// Gamma is the density of a precision τ,
//
//	p(τ) = bᵃ τᵃ⁻¹ e^{−bτ} / Γ(a)   (Bishop 2006, eq. B.26)
type Gamma struct {
	// Shape is a.
	Shape float64 `json:"shape"`
	// Rate is b.
	Rate float64 `json:"rate"`
}

// Check says whether both parameters are positive and finite; what names the factor.
func (q Gamma) Check(what string) error {
	for _, v := range []float64{q.Shape, q.Rate} {
		if !(v > 0) || math.IsInf(v, 1) {
			return fmt.Errorf("%s: got shape %g and rate %g, want both positive and finite", what, q.Shape, q.Rate)
		}
	}
	return nil
}

// Mean is E[τ] = a/b.
func (q Gamma) Mean() float64 { return q.Shape / q.Rate }

// MeanLog is E[ln τ] = ψ(a) − ln b.
func (q Gamma) MeanLog() float64 { return polygamma.Digamma(q.Shape) - math.Log(q.Rate) }

// MeanInverse is E[1/τ] = b/(a−1), infinite for a ≤ 1.
func (q Gamma) MeanInverse() float64 {
	if q.Shape <= 1 {
		return math.Inf(1)
	}
	return q.Rate / (q.Shape - 1)
}

// KL is KL(q ‖ p) = (a−a₀)ψ(a) − ln Γ(a) + ln Γ(a₀) + a₀ ln(b/b₀) + a(b₀−b)/b.
func (q Gamma) KL(p Gamma) float64 {
	la, _ := math.Lgamma(q.Shape)
	la0, _ := math.Lgamma(p.Shape)
	return (q.Shape-p.Shape)*polygamma.Digamma(q.Shape) - la + la0 +
		p.Shape*math.Log(q.Rate/p.Rate) + q.Shape*(p.Rate-q.Rate)/q.Rate
}
