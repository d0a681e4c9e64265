package expfam

import (
	"math"

	"github.com/elbo-go/elbo/internal/polygamma"
)

// Gamma is Gamma(a, b) of shape and rate: u = (ln x, x), η = (a − 1, −b), A = ln Γ(a) − a ln b.
type Gamma struct{}

// Name implements Family.
func (Gamma) Name() string { return "gamma" }

// Len implements Family.
func (Gamma) Len() int { return 2 }

// Natural is η of a shape and a rate.
func (Gamma) Natural(shape, rate float64) []float64 { return []float64{shape - 1, -rate} }

// Expect implements Family.
func (f Gamma) Expect(u, eta []float64) (float64, error) {
	if err := sized(f, eta); err != nil {
		return 0, err
	}
	a, b := eta[0]+1, -eta[1]
	if !(a > 0 && b > 0) {
		return 0, bad(f, "got shape %v and rate %v, want positive ones", a, b)
	}
	if u != nil {
		put(u, polygamma.Digamma(a)-math.Log(b), a/b)
	}
	return lgamma(a) - a*math.Log(b), nil
}

// Stats implements Family.
func (f Gamma) Stats(u, x []float64) error {
	if len(x) != 1 || !(x[0] > 0) {
		return value(f, x, "one positive number")
	}
	put(u, math.Log(x[0]), x[0])
	return nil
}

// lgamma is ln Γ(x) for x > 0.
func lgamma(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
}
