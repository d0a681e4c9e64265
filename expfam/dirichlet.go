package expfam

import (
	"math"

	"github.com/elbo-go/elbo/internal/polygamma"
)

// Dirichlet is Dir(α) of K shares: u = ln x, η = α − 1, A = Σ ln Γ(α_k) − ln Γ(Σ α_k).
type Dirichlet struct {
	K int // number of shares
}

// Name implements Family.
func (Dirichlet) Name() string { return "dirichlet" }

// Len implements Family.
func (f Dirichlet) Len() int { return f.K }

// Natural is η of concentrations.
func (Dirichlet) Natural(alpha []float64) []float64 {
	eta := make([]float64, len(alpha))
	for k, a := range alpha {
		eta[k] = a - 1
	}
	return eta
}

// Expect implements Family.
func (f Dirichlet) Expect(u, eta []float64) (float64, error) {
	if err := sized(f, eta); err != nil {
		return 0, err
	}
	sum, a := 0., 0.
	for k, e := range eta {
		if !(e > -1) {
			return 0, bad(f, "concentration %d: got %v, want a positive one", k, e+1)
		}
		sum += e + 1
		a += lgamma(e + 1)
	}
	if u != nil {
		all := polygamma.Digamma(sum)
		for k, e := range eta {
			u[k] = polygamma.Digamma(e+1) - all
		}
	}
	return a - lgamma(sum), nil
}

// Stats implements Family.
func (f Dirichlet) Stats(u, x []float64) error {
	sum := 0.
	for _, v := range x {
		if !(v > 0) {
			return value(f, x, "positive shares")
		}
		sum += v
	}
	if len(x) != f.K || math.Abs(sum-1) > 1e-9 {
		return value(f, x, "shares that sum to 1")
	}
	for k, v := range x {
		u[k] = math.Log(v)
	}
	return nil
}

// Beta is Beta(a, b): u = (ln x, ln(1 − x)), η = (a − 1, b − 1); the first share of a Dirichlet
// distribution of two.
type Beta struct{}

// Name implements Family.
func (Beta) Name() string { return "beta" }

// Len implements Family.
func (Beta) Len() int { return 2 }

// Natural is η of Beta(a, b).
func (Beta) Natural(a, b float64) []float64 { return []float64{a - 1, b - 1} }

// Expect implements Family.
func (f Beta) Expect(u, eta []float64) (float64, error) {
	if err := sized(f, eta); err != nil {
		return 0, err
	}
	if !(eta[0] > -1 && eta[1] > -1) {
		return 0, bad(f, "got a %v and b %v, want positive ones", eta[0]+1, eta[1]+1)
	}
	return Dirichlet{2}.Expect(u, eta)
}

// Stats implements Family.
func (f Beta) Stats(u, x []float64) error {
	if len(x) != 1 || !(x[0] > 0 && x[0] < 1) {
		return value(f, x, "one number between 0 and 1")
	}
	put(u, math.Log(x[0]), math.Log1p(-x[0]))
	return nil
}
