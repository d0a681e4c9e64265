package statespace

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// ErrFell is returned by a fit whose log-likelihood fell by more than rounding explains.
var ErrFell = errors.New("statespace: the log-likelihood fell")

// Config says how to fit.
type Config struct {
	// Sweeps is the largest number of sweeps over the sequences.
	Sweeps int
	// Tol ends the fit when the log-likelihood rises by less than Tol·|log-likelihood|.
	Tol float64
	// FixTrans keeps A as it is.
	FixTrans bool
	// FixEmit keeps C as it is.
	FixEmit bool
	// FixFirst keeps the mean and the covariance of the first state as they are.
	FixFirst bool
	// Progress is called after each sweep, with the log-likelihood at its begin, if not nil.
	Progress func(sweep int, logLik float64)
}

// Default is 100 sweeps to a relative rise of 1e-9, with everything free.
func Default() Config { return Config{Sweeps: 100, Tol: 1e-9} }

// moments are the expected sums that the update needs, over all rows of all sequences.
type moments struct {
	seqs, rows, steps float64
	first, firstSq    *mat.Dense // Σ E z_1, Σ E z_1 z_1ᵀ
	from, to, cross   *mat.Dense // Σ E z_{t−1} z_{t−1}ᵀ, Σ E z_t z_tᵀ, Σ E z_t z_{t−1}ᵀ over steps
	seen, mixed, obs  *mat.Dense // Σ E z zᵀ, Σ y E zᵀ, Σ y yᵀ over rows that are observed
}

func newMoments(l, d int) *moments {
	sq := func() *mat.Dense { return mat.NewDense(l, l, nil) }
	return &moments{first: mat.NewDense(l, 1, nil), firstSq: sq(), from: sq(), to: sq(), cross: sq(), seen: sq(),
		mixed: mat.NewDense(d, l, nil), obs: mat.NewDense(d, d, nil)}
}

// plusOuter adds cov + a bᵀ to sum; cov may be nil.
func plusOuter(sum *mat.Dense, cov mat.Matrix, a, b mat.Vector) {
	var ab mat.Dense
	ab.Outer(1, a, b)
	sum.Add(sum, &ab)
	if cov != nil {
		sum.Add(sum, cov)
	}
}

// add adds the moments of a smoothed sequence.
func (s *moments) add(b *Beliefs, y []float64) {
	d := len(y) / len(b.Smoothed)
	s.seqs++
	s.first.Add(s.first, b.Smoothed[0])
	plusOuter(s.firstSq, b.SmoothedCov[0], b.Smoothed[0], b.Smoothed[0])
	for t, z := range b.Smoothed {
		if t > 0 {
			s.steps++
			plusOuter(s.from, b.SmoothedCov[t-1], b.Smoothed[t-1], b.Smoothed[t-1])
			plusOuter(s.to, b.SmoothedCov[t], z, z)
			plusOuter(s.cross, b.Cross[t-1], z, b.Smoothed[t-1])
		}
		row := mat.NewVecDense(d, y[t*d:(t+1)*d])
		if math.IsNaN(mat.Sum(row)) {
			continue
		}
		s.rows++
		plusOuter(s.seen, b.SmoothedCov[t], z, z)
		plusOuter(s.mixed, nil, row, z)
		plusOuter(s.obs, nil, row, row)
	}
}

// residual is (yy − W·yzᵀ − yz·Wᵀ + W·zz·Wᵀ)/n, the mean of (y − Wz)(y − Wz)ᵀ.
func residual(yy, yz, zz *mat.Dense, w mat.Matrix, n float64) *mat.SymDense {
	var a, b, c mat.Dense
	a.Mul(w, yz.T())
	b.Mul(w, zz)
	c.Mul(&b, w.T())
	c.Add(&c, yy)
	c.Sub(&c, &a)
	c.Sub(&c, a.T())
	s := symmetric(&c)
	s.ScaleSym(1/n, s)
	return s
}

// regress returns yz·zz⁻¹.
func regress(yz, zz *mat.Dense) (*mat.Dense, error) {
	var chol mat.Cholesky
	var w mat.Dense
	if !chol.Factorize(symmetric(zz)) || chol.SolveTo(&w, yz.T()) != nil {
		return nil, errNotPositive("second moment of the states")
	}
	return mat.DenseCopyOf(w.T()), nil
}

// update sets the parameters from the moments (Ghahramani and Hinton 1996, eqs. 14–24).
func (m *Model) update(s *moments, c Config) (err error) {
	if !c.FixFirst {
		m.Mean.ScaleVec(1/s.seqs, s.first.ColView(0))
		var sq, mm mat.Dense
		sq.Scale(1/s.seqs, s.firstSq)
		mm.Outer(1, m.Mean, m.Mean)
		sq.Sub(&sq, &mm)
		m.Cov = symmetric(&sq)
	}
	if s.steps > 0 {
		if !c.FixTrans {
			if m.Trans, err = regress(s.cross, s.from); err != nil {
				return err
			}
		}
		m.TransCov = residual(s.to, s.cross, s.from, m.Trans, s.steps)
	}
	if s.rows > 0 {
		if !c.FixEmit {
			if m.Emit, err = regress(s.mixed, s.seen); err != nil {
				return err
			}
		}
		m.EmitCov = residual(s.obs, s.mixed, s.seen, m.Emit, s.rows)
	}
	return nil
}

// Fit improves the model in place by expectation maximisation and returns the log-likelihood
// at the begin of the last sweep.
func (m *Model) Fit(ctx context.Context, seqs [][]float64, c Config) (logLik float64, err error) {
	if c.Sweeps < 1 || !(c.Tol >= 0) || len(seqs) == 0 {
		return 0, fmt.Errorf("statespace: fit: got %d sweeps, tolerance %g, %d sequences, want at least 1, 0 and 1", c.Sweeps, c.Tol, len(seqs))
	}
	last := math.Inf(-1)
	for sweep := range c.Sweeps {
		if err := ctx.Err(); err != nil {
			return last, err
		}
		logLik = 0
		var s *moments
		for i, y := range seqs {
			b, err := m.Smooth(y)
			if err != nil {
				return last, fmt.Errorf("sequence %d: %w", i, err)
			}
			if s == nil {
				s = newMoments(m.size())
			}
			logLik += b.LogLik
			s.add(b, y)
		}
		if math.IsNaN(logLik) || logLik < last-1e-9*math.Abs(last) {
			return last, fmt.Errorf("%w: sweep %d: got %.17g after %.17g", ErrFell, sweep, logLik, last)
		}
		if c.Progress != nil {
			c.Progress(sweep, logLik)
		}
		if logLik-last <= c.Tol*math.Abs(logLik) {
			return logLik, nil
		}
		last = logLik
		if err := m.update(s, c); err != nil {
			return last, err
		}
	}
	return last, nil
}
