package hmm

import (
	"fmt"
	"math"

	"github.com/elbo-go/elbo/internal/cavi"
	"github.com/elbo-go/elbo/internal/polygamma"
)

// GammaRate is the posterior of a Poisson emission: λ_k ~ Gamma(a_k, b_k), b the rate.
type GammaRate struct {
	// A and B are the shapes and the rates of the states.
	A, B []float64
	// A0 and B0 are those of the prior.
	A0, B0 float64
}

// NewGammaRate returns the prior of a number of states.
func NewGammaRate(states int, a0, b0 float64) (*GammaRate, error) {
	if states < 1 {
		return nil, fmt.Errorf("hmm: gamma rate: states: got %d, want at least 1", states)
	}
	e := &GammaRate{A: make([]float64, states), B: make([]float64, states), A0: a0, B0: b0}
	if err := e.Update(make([]float64, 2*states)); err != nil {
		return nil, err
	}
	return e, e.prepare()
}

// prepare checks the parameters.
func (e *GammaRate) prepare() error {
	if len(e.A) == 0 || len(e.A) != len(e.B) {
		return fmt.Errorf("hmm: gamma rate: got %d shapes and %d rates, want as many of both", len(e.A), len(e.B))
	}
	return checkPositive("gamma rate", e.A, e.B, []float64{e.A0, e.B0})
}

// States is K.
func (e *GammaRate) States() int { return len(e.A) }

// Dim is 1.
func (e *GammaRate) Dim() int { return 1 }

// Check says what is wrong with a sequence.
func (e *GammaRate) Check(x []float64) error { return checkWhole(x, maxCount) }

// LogLik fills out with x E[ln λ_k] − E[λ_k] − ln x!.
func (e *GammaRate) LogLik(out, x []float64) {
	log, mean := make([]float64, len(e.A)), make([]float64, len(e.A))
	for j, a := range e.A {
		log[j], mean[j] = polygamma.Digamma(a)-math.Log(e.B[j]), a/e.B[j]
	}
	countDensity(out, x, log, mean)
}

// Stats is 2K.
func (e *GammaRate) Stats() int { return 2 * len(e.A) }

// Accumulate adds weights and weighted counts.
func (e *GammaRate) Accumulate(stats, x, weights []float64) { countSums(stats, x, weights) }

// Update sets a = a0 + Σγx and b = b0 + Σγ.
func (e *GammaRate) Update(stats []float64) error {
	k := len(e.A)
	for j := range k {
		e.A[j], e.B[j] = e.A0+stats[k+j], e.B0+stats[j]
	}
	return nil
}

// LogPrior is −Σ_k KL(q‖p).
func (e *GammaRate) LogPrior() (sum float64) {
	for j, a := range e.A {
		sum -= gammaKL(a, e.B[j], e.A0, e.B0)
	}
	return sum
}

// gammaKL is KL(Gamma(a,b)‖Gamma(a0,b0)), b the rates.
func gammaKL(a, b, a0, b0 float64) float64 {
	return cavi.Gamma{Shape: a, Rate: b}.KL(cavi.Gamma{Shape: a0, Rate: b0})
}
