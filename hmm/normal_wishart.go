package hmm

import (
	"fmt"
	"math"
	"slices"

	"github.com/elbo-go/elbo/internal/polygamma"
	"gonum.org/v1/gonum/mat"
)

// NormalWishart is the posterior of a full Gaussian emission (Bishop 2006, section 10.2):
//
//	Λ ~ Wishart(ν, V⁻¹),  μ | Λ ~ N(m, (βΛ)⁻¹),  x ~ N(μ, Λ⁻¹).
type NormalWishart struct {
	// M holds m of each state, K×D.
	M []float64
	// V holds the inverse of the scale matrix of each state, K×D×D.
	V []float64
	// Beta and Nu hold β and ν of each state.
	Beta, Nu []float64
	// M0 and V0 hold those of the prior.
	M0, V0 []float64
	// Beta0 and Nu0 are those of the prior.
	Beta0, Nu0 float64

	logDetV  []float64
	logDetV0 float64
	q        *quadratic
}

// NewNormalWishart returns the prior of a number of states; its width is that of m0.
func NewNormalWishart(states int, m0 []float64, beta0, nu0 float64, v0 []float64) (*NormalWishart, error) {
	d := len(m0)
	if states < 1 {
		return nil, fmt.Errorf("hmm: normal wishart: states: got %d, want at least 1", states)
	}
	e := &NormalWishart{M: make([]float64, 0, states*d), M0: m0, V0: v0, Beta0: beta0, Nu0: nu0}
	for range states {
		e.M, e.V = append(e.M, m0...), append(e.V, v0...)
		e.Beta, e.Nu = append(e.Beta, beta0), append(e.Nu, nu0)
	}
	return e, e.prepare()
}

// check says what is wrong with sizes and parameters.
func (e *NormalWishart) check() error {
	k, d := len(e.Nu), len(e.M0)
	if k < 1 || d < 1 || len(e.Beta) != k || len(e.M) != k*d || len(e.V) != k*d*d || len(e.V0) != d*d {
		return fmt.Errorf("hmm: normal wishart: got %d degrees, %d weights, %d means, %d and %d of V, width %d, want them to agree",
			k, len(e.Beta), len(e.M), len(e.V), len(e.V0), d)
	}
	for _, nu := range append([]float64{e.Nu0}, e.Nu...) {
		if !(nu > float64(d-1)) || math.IsInf(nu, 0) {
			return fmt.Errorf("hmm: normal wishart: ν: got %g, want more than %d", nu, d-1)
		}
	}
	if err := checkRows(slices.Concat(e.M, e.M0, e.V, e.V0), 1); err != nil {
		return err
	}
	return checkPositive("normal wishart: β", e.Beta, []float64{e.Beta0})
}

// prepare checks the parameters, factors the matrices and sets the expected log-densities.
func (e *NormalWishart) prepare() (err error) {
	if err := e.check(); err != nil {
		return err
	}
	k, d := len(e.Nu), len(e.M0)
	e.q, e.logDetV = newQuadratic(lower, k, d), make([]float64, k)
	if e.logDetV0, err = e.q.setLower(0, e.V0, 1); err != nil {
		return fmt.Errorf("%w: V of the prior", err)
	}
	copy(e.q.mean, e.M)
	for s, nu := range e.Nu {
		if e.logDetV[s], err = e.q.setLower(s, e.V[s*d*d:(s+1)*d*d], math.Sqrt(nu)); err != nil {
			return fmt.Errorf("%w: state %d", err, s)
		}
		e.q.constant[s] = 0.5 * (e.meanLogDet(s) - float64(d)*(math.Log(2*math.Pi)+1/e.Beta[s]))
	}
	return nil
}

// States is K.
func (e *NormalWishart) States() int { return len(e.Nu) }

// Dim is D.
func (e *NormalWishart) Dim() int { return len(e.M0) }

// Check says what is wrong with a sequence.
func (e *NormalWishart) Check(x []float64) error { return e.q.check(x) }

// LogLik fills out with ½(E ln|Λ| − D ln 2π − D/β − ν(x − m)ᵀV⁻¹(x − m)).
func (e *NormalWishart) LogLik(out, x []float64) { e.q.logDensity(out, x) }

// Stats is the number of centred sums.
func (e *NormalWishart) Stats() int { return e.q.k * e.q.centred() }

// Accumulate adds the centred sums.
func (e *NormalWishart) Accumulate(stats, x, weights []float64) { e.q.accumulate(stats, x, weights) }

// Update sets β = β0 + N, ν = ν0 + N, m = m0 + N(x̄ − m0)/β and
// V = V0 + S + (β0N/β)(x̄ − m0)(x̄ − m0)ᵀ (Bishop 2006, eqs. 10.60–10.63).
func (e *NormalWishart) Update(stats []float64) error {
	d := len(e.M0)
	for s := range e.Nu {
		n, gap, scatter := e.q.moments(stats, s)
		beta, v := e.Beta0+n, e.V[s*d*d:(s+1)*d*d]
		e.Beta[s], e.Nu[s] = beta, e.Nu0+n
		for j := range d {
			gap[j] += e.q.mean[s*d+j] - e.M0[j]
			e.M[s*d+j] = e.M0[j] + n*gap[j]/beta
		}
		for i := range d {
			for j := range d {
				v[i*d+j] = e.V0[i*d+j] + scatter[i*d+j] + e.Beta0*n/beta*gap[i]*gap[j]
			}
		}
	}
	return e.prepare()
}

// meanLogDet is E ln|Λ| = Σ_i ψ((ν + 1 − i)/2) + D ln 2 − ln|V| (Bishop 2006, eq. 10.65).
func (e *NormalWishart) meanLogDet(s int) float64 {
	sum := float64(len(e.M0))*math.Ln2 - e.logDetV[s]
	for i := range e.M0 {
		sum += polygamma.Digamma((e.Nu[s] - float64(i)) / 2)
	}
	return sum
}

// wishartLogB is ln B(V⁻¹, ν), the normaliser of the Wishart less the D(D−1)/4·ln π that
// does not depend on its parameters (Bishop 2006, eq. B.79).
func wishartLogB(logDetV, nu float64, d int) float64 {
	sum := 0.5*nu*logDetV - 0.5*nu*float64(d)*math.Ln2
	for i := range d {
		sum -= lgamma((nu - float64(i)) / 2)
	}
	return sum
}

// LogPrior is −KL(q‖p): of the means
// ½(D(β0/β − 1 + ln(β/β0)) + β0ν(m − m0)ᵀV⁻¹(m − m0)), and of the Wisharts
// ln B − ln B0 + ½(ν − ν0)E ln|Λ| − ½ν(D − tr V0V⁻¹).
func (e *NormalWishart) LogPrior() (sum float64) {
	d := len(e.M0)
	for s, nu := range e.Nu {
		var chol mat.Cholesky
		chol.Factorize(mat.NewSymDense(d, append([]float64(nil), e.V[s*d*d:(s+1)*d*d]...)))
		var scaled mat.Dense
		var white mat.VecDense
		gap := mat.NewVecDense(d, nil)
		gap.SubVec(mat.NewVecDense(d, e.M[s*d:(s+1)*d]), mat.NewVecDense(d, e.M0))
		if chol.SolveTo(&scaled, mat.NewDense(d, d, e.V0)) != nil || chol.SolveVecTo(&white, gap) != nil {
			return math.NaN() // the fit reports a bound that is not a number
		}
		beta, w := e.Beta[s], float64(d)
		sum -= 0.5 * (w*(e.Beta0/beta-1+math.Log(beta/e.Beta0)) + e.Beta0*nu*mat.Dot(gap, &white))
		sum -= wishartLogB(e.logDetV[s], nu, d) - wishartLogB(e.logDetV0, e.Nu0, d) +
			0.5*(nu-e.Nu0)*e.meanLogDet(s) - 0.5*nu*(w-mat.Trace(&scaled))
	}
	return sum
}
