package expfam

import (
	"math"

	"github.com/elbo-go/elbo/internal/polygamma"
)

// NormalGamma is τ ~ Gamma(a, b), μ | τ ~ N(m, (λτ)⁻¹) of x = (μ, τ):
//
//	u = (τμ, τμ², τ, ln τ),  η = (λm, −λ/2, −b − λm²/2, a − ½),
//	A = ln Γ(a) − a ln b − ½ ln λ + ½ ln 2π.
type NormalGamma struct{}

// Name implements Family.
func (NormalGamma) Name() string { return "normal-gamma" }

// Len implements Family.
func (NormalGamma) Len() int { return 4 }

// Natural is η of m, λ, a and b.
func (NormalGamma) Natural(m, lambda, a, b float64) []float64 {
	return []float64{lambda * m, -lambda / 2, -b - lambda*m*m/2, a - .5}
}

// Expect implements Family.
func (f NormalGamma) Expect(u, eta []float64) (float64, error) {
	if err := sized(f, eta); err != nil {
		return 0, err
	}
	lambda, a := -2*eta[1], eta[3]+.5
	m := eta[0] / lambda
	b := -eta[2] - m*eta[0]/2
	if !(lambda > 0 && a > 0 && b > 0) {
		return 0, bad(f, "got lambda %v, shape %v and rate %v, want positive ones", lambda, a, b)
	}
	if u != nil {
		tau := a / b
		put(u, tau*m, tau*m*m+1/lambda, tau, polygamma.Digamma(a)-math.Log(b))
	}
	return lgamma(a) - a*math.Log(b) + .5*(ln2Pi-math.Log(lambda)), nil
}

// Stats implements Family.
func (f NormalGamma) Stats(u, x []float64) error {
	if len(x) != 2 || !(x[1] > 0) {
		return value(f, x, "a mean and a positive precision")
	}
	put(u, x[1]*x[0], x[1]*x[0]*x[0], x[1], math.Log(x[1]))
	return nil
}
