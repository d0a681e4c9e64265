package hmm

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Kind is the form of the covariances of a Gaussian emission.
type Kind string

// The forms of covariance.
const (
	Full      Kind = "full"      // a matrix for each state
	Diagonal  Kind = "diagonal"  // D variances for each state
	Tied      Kind = "tied"      // one matrix for all states
	Spherical Kind = "spherical" // one variance for each state
)

// Gaussian emits rows from N(μ_k, Σ_k).
type Gaussian struct {
	// Kind is the form of Σ.
	Kind Kind
	// Width is D.
	Width int
	// Mean holds the K×D means.
	Mean []float64
	// Cov holds Σ: K×D×D if full, K×D if diagonal, D×D if tied, K if spherical.
	Cov []float64
	// Count and Scale are the prior ln p(Σ) = −½(Count ln|Σ| + Scale tr Σ⁻¹) + const of each
	// matrix, which keeps every variance above Scale/(N + Count). Zero is maximum likelihood.
	Count, Scale float64

	q *quadratic
}

// NewGaussian returns a checked Gaussian emission of rows of width values.
func NewGaussian(kind Kind, width int, mean, cov []float64) (*Gaussian, error) {
	e := &Gaussian{Kind: kind, Width: width, Mean: mean, Cov: cov}
	return e, e.prepare()
}

// check says what is wrong with the sizes and the means.
func (e *Gaussian) check() error {
	width, n := e.Width, len(e.Mean)
	if width < 1 || n == 0 || n%width != 0 {
		return fmt.Errorf("hmm: gaussian: means: got %d values of width %d, want a positive multiple", n, width)
	}
	want, ok := map[Kind]int{Full: n * width, Diagonal: n, Tied: width * width, Spherical: n / width}[e.Kind]
	if !ok || len(e.Cov) != want {
		return fmt.Errorf("hmm: gaussian: covariance: got %d values of kind %q, want %d of full, diagonal, tied or spherical", len(e.Cov), e.Kind, want)
	}
	if !(e.Count >= 0) || !(e.Scale >= 0) || math.IsInf(e.Count+e.Scale, 0) {
		return fmt.Errorf("hmm: gaussian: prior: got (%g, %g), want finite numbers from 0", e.Count, e.Scale)
	}
	return checkRows(e.Mean, width)
}

// prepare checks the parameters and factors the covariances.
func (e *Gaussian) prepare() error {
	if err := e.check(); err != nil {
		return err
	}
	k, d := e.States(), e.Width
	s := lower
	if e.Kind == Diagonal || e.Kind == Spherical {
		s = diagonal
	}
	q := newQuadratic(s, k, d)
	copy(q.mean, e.Mean)
	for i := range k {
		logDet := 0.0
		if s == diagonal {
			for j := range d {
				v := e.variance(i, j)
				if !(v > 1e-300) || math.IsInf(v, 0) {
					return fmt.Errorf("%w: state %d: variance: got %g", ErrCollapsed, i, v)
				}
				q.factor[i*d+j] = 1 / math.Sqrt(v)
				logDet += math.Log(v)
			}
		} else {
			var err error
			if logDet, err = q.setLower(i, e.matrix(i), 1); err != nil {
				return fmt.Errorf("%w: state %d", err, i)
			}
		}
		q.constant[i] = -0.5 * (float64(d)*math.Log(2*math.Pi) + logDet)
	}
	e.q = q
	return nil
}

// variance is that of value j in a state, of a diagonal or spherical emission.
func (e *Gaussian) variance(state, j int) float64 {
	if e.Kind == Spherical {
		return e.Cov[state]
	}
	return e.Cov[state*e.Width+j]
}

// matrix is the covariance of a state, of a full or tied emission.
func (e *Gaussian) matrix(state int) []float64 {
	if e.Kind == Tied {
		return e.Cov
	}
	n := e.Width * e.Width
	return e.Cov[state*n : (state+1)*n]
}

// States is K.
func (e *Gaussian) States() int { return len(e.Mean) / e.Width }

// Dim is D.
func (e *Gaussian) Dim() int { return e.Width }

// Check says what is wrong with a sequence.
func (e *Gaussian) Check(x []float64) error { return e.q.check(x) }

// LogLik fills out with ln N(x_t; μ_k, Σ_k).
func (e *Gaussian) LogLik(out, x []float64) { e.q.logDensity(out, x) }

// Stats is the number of centred sums.
func (e *Gaussian) Stats() int { return e.q.k * e.q.centred() }

// Accumulate adds the centred sums.
func (e *Gaussian) Accumulate(stats, x, weights []float64) { e.q.accumulate(stats, x, weights) }

// Update sets means and covariances: Σ = (S + Scale·I)/(N + Count), S the scatter.
func (e *Gaussian) Update(stats []float64) error {
	k, d := e.States(), e.Width
	pooled, all := make([]float64, d*d), 0.0
	for s := range k {
		n, shift, scatter := e.q.moments(stats, s)
		plus(e.Mean[s*d:(s+1)*d], shift)
		all += n
		switch e.Kind {
		case Tied:
			plus(pooled, scatter)
		case Spherical:
			sum := 0.0
			for _, v := range scatter {
				sum += v
			}
			e.shrink(e.Cov[s:s+1], []float64{sum / float64(d)}, n, 1)
		case Diagonal:
			e.shrink(e.Cov[s*d:(s+1)*d], scatter, n, 1)
		case Full:
			e.shrink(e.matrix(s), scatter, n, d+1)
		}
	}
	if e.Kind == Tied {
		e.shrink(e.Cov, pooled, all, d+1)
	}
	return e.prepare()
}

// shrink sets cov to (scatter + Scale on every stride-th value)/(n + Count); without data or
// prior it stays.
func (e *Gaussian) shrink(cov, scatter []float64, n float64, stride int) {
	if n+e.Count <= 0 {
		return
	}
	for i, v := range scatter {
		if i%stride == 0 {
			v += e.Scale
		}
		cov[i] = v / (n + e.Count)
	}
}

// LogPrior is the prior of the covariances.
func (e *Gaussian) LogPrior() float64 {
	if e.Count == 0 && e.Scale == 0 {
		return 0
	}
	states, sum := e.States(), 0.0
	if e.Kind == Tied {
		states = 1
	}
	for s := range states {
		logDet := -2*e.q.constant[s] - float64(e.Width)*math.Log(2*math.Pi)
		trace := 0.0
		for _, f := range e.q.factor[s*e.q.perState : (s+1)*e.q.perState] {
			trace += f * f
		}
		sum -= 0.5 * (e.Count*logDet + e.Scale*trace)
	}
	return sum
}

// Draw draws a row.
func (e *Gaussian) Draw(r *rand.Rand, state int, _, row []float64) {
	copy(row, e.Mean[state*e.Width:])
	e.noise(r, state, row)
}

// noise adds a draw from N(0, Σ_k).
func (e *Gaussian) noise(r *rand.Rand, state int, row []float64) {
	if e.q.shape == diagonal {
		for j := range row {
			row[j] += math.Sqrt(e.variance(state, j)) * r.NormFloat64()
		}
		return
	}
	l, err := lowerOf(e.matrix(state), e.Width)
	if err != nil { // prepare has factored it
		panic(err)
	}
	for j := range row {
		z := r.NormFloat64()
		for i := j; i < len(row); i++ {
			row[i] += l.At(i, j) * z
		}
	}
}
