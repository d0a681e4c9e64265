package hmm

import (
	"fmt"
	"math"
	"slices"

	"github.com/elbo-go/elbo/internal/polygamma"
)

// NormalGamma is the posterior of a diagonal Gaussian emission: for each state and value
//
//	λ ~ Gamma(a, b),  μ | λ ~ N(m, 1/(βλ)),  x ~ N(μ, 1/λ).
type NormalGamma struct {
	// M and B hold m and b of each state and value, K×D.
	M, B []float64
	// A and Beta hold a and β of each state.
	A, Beta []float64
	// M0 and B0 hold those of the prior, D values each.
	M0, B0 []float64
	// A0 and Beta0 are those of the prior.
	A0, Beta0 float64

	q *quadratic
}

// NewNormalGamma returns the prior of a number of states; its width is that of m0.
func NewNormalGamma(states int, m0 []float64, beta0, a0 float64, b0 []float64) (*NormalGamma, error) {
	d := len(m0)
	if states < 1 {
		return nil, fmt.Errorf("hmm: normal gamma: states: got %d, want at least 1", states)
	}
	e := &NormalGamma{M: make([]float64, 0, states*d), M0: m0, B0: b0, A0: a0, Beta0: beta0}
	for range states {
		e.M, e.B = append(e.M, m0...), append(e.B, b0...)
		e.A, e.Beta = append(e.A, a0), append(e.Beta, beta0)
	}
	return e, e.prepare()
}

// check says what is wrong with sizes and parameters.
func (e *NormalGamma) check() error {
	k, d := len(e.A), len(e.M0)
	if k < 1 || d < 1 || len(e.Beta) != k || len(e.M) != k*d || len(e.B) != k*d || len(e.B0) != d {
		return fmt.Errorf("hmm: normal gamma: got %d shapes, %d weights, %d means, %d rates, %d and %d of the prior, want them to agree",
			k, len(e.Beta), len(e.M), len(e.B), d, len(e.B0))
	}
	if err := checkRows(append(slices.Clone(e.M), e.M0...), 1); err != nil {
		return err
	}
	return checkPositive("normal gamma", e.A, e.Beta, e.B, e.B0, []float64{e.A0, e.Beta0})
}

// prepare checks the parameters and sets the expected log-densities.
func (e *NormalGamma) prepare() error {
	if err := e.check(); err != nil {
		return err
	}
	d := len(e.M0)
	e.q = newQuadratic(diagonal, len(e.A), d)
	copy(e.q.mean, e.M)
	for s, a := range e.A {
		for i := s * d; i < (s+1)*d; i++ {
			e.q.factor[i] = math.Sqrt(a / e.B[i])
			e.q.constant[s] += 0.5 * (polygamma.Digamma(a) - math.Log(e.B[i]) - math.Log(2*math.Pi) - 1/e.Beta[s])
		}
	}
	return nil
}

// States is K.
func (e *NormalGamma) States() int { return len(e.A) }

// Dim is D.
func (e *NormalGamma) Dim() int { return len(e.M0) }

// Check says what is wrong with a sequence.
func (e *NormalGamma) Check(x []float64) error { return e.q.check(x) }

// LogLik fills out with Σ_d ½(ψ(a) − ln b − ln 2π − 1/β − (a/b)(x − m)²).
func (e *NormalGamma) LogLik(out, x []float64) { e.q.logDensity(out, x) }

// Stats is the number of centred sums.
func (e *NormalGamma) Stats() int { return e.q.k * e.q.centred() }

// Accumulate adds the centred sums.
func (e *NormalGamma) Accumulate(stats, x, weights []float64) { e.q.accumulate(stats, x, weights) }

// Update sets β = β0 + N, m = m0 + N(x̄ − m0)/β, a = a0 + N/2 and
// b = b0 + ½S + ½β0N(x̄ − m0)²/β.
func (e *NormalGamma) Update(stats []float64) error {
	d := len(e.M0)
	for s := range e.A {
		n, shift, scatter := e.q.moments(stats, s)
		beta := e.Beta0 + n
		e.Beta[s], e.A[s] = beta, e.A0+n/2
		for j := range d {
			i := s*d + j
			gap := e.q.mean[i] + shift[j] - e.M0[j]
			e.M[i] = e.M0[j] + n*gap/beta
			e.B[i] = e.B0[j] + 0.5*scatter[j] + 0.5*e.Beta0*n/beta*gap*gap
		}
	}
	return e.prepare()
}

// LogPrior is −KL(q‖p), for each state and value
// ½(β0/β − 1 + ln(β/β0) + β0(a/b)(m − m0)²) + KL of the Gammas.
func (e *NormalGamma) LogPrior() (sum float64) {
	d := len(e.M0)
	for i, b := range e.B {
		s, j := i/d, i%d
		a, beta, gap := e.A[s], e.Beta[s], e.M[i]-e.M0[j]
		sum -= 0.5*(e.Beta0/beta-1+math.Log(beta/e.Beta0)+e.Beta0*a/b*gap*gap) + gammaKL(a, b, e.A0, e.B0[j])
	}
	return sum
}
