package switching

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// ErrFell is returned by a fit whose bound fell by more than rounding explains.
var ErrFell = errors.New("switching: the bound fell")

// Config says how to fit.
type Config struct {
	// Sweeps is the largest number of sweeps.
	Sweeps int
	// Tol ends the fit when the bound rises by less than Tol·|bound|.
	Tol float64
	// Pseudo is the count added to every step between regimes: a Dirichlet(1 + Pseudo) prior.
	Pseudo float64
	// Count and Scale are the prior −½(Count ln|Q| + Scale tr Q⁻¹) of each regime's noise and of
	// the rows' noise R, which keeps them from collapsing.
	Count, Scale float64
	// FixEmit keeps C as it is.
	FixEmit bool
	// Regimes is where q(s) begins, T×K; nil for equal shares.
	Regimes []float64
	// Progress is called after each sweep with the bound at its parameters, if not nil.
	Progress func(sweep int, bound float64)
}

// Default is 200 sweeps to a relative rise of 1e-8, one pseudo-count a step, and a prior of
// the noises worth one row.
func Default() Config { return Config{Sweeps: 200, Tol: 1e-8, Pseudo: 1, Count: 1, Scale: 1e-3} }

// Fit improves the model in place by variational expectation maximisation: q(z), q(s) and the
// parameters by turns, none of which lets the bound fall; the first state's mean and covariance
// stay. It returns the posterior at the
// parameters of the last sweep, whose Bound includes the logarithm of the prior.
func (m *Model) Fit(ctx context.Context, y []float64, c Config) (*Posterior, error) {
	n, err := m.check(y)
	if err != nil {
		return nil, err
	}
	k := len(m.Start)
	if c.Sweeps < 1 || !(c.Tol >= 0) || !(c.Pseudo >= 0) || !(c.Count >= 0) || !(c.Scale >= 0) || c.Regimes != nil && len(c.Regimes) != n*k {
		return nil, fmt.Errorf("switching: fit: got %d sweeps, tolerance %g, prior (%g, %g, %g), %d shares, want at least 1, numbers from 0, and T×K or none",
			c.Sweeps, c.Tol, c.Pseudo, c.Count, c.Scale, len(c.Regimes))
	}
	regimes, last := c.Regimes, math.Inf(-1)
	if regimes == nil {
		post, err := m.Infer(y, nil, math.Inf(1))
		if err != nil {
			return nil, err
		}
		regimes = post.Regimes
	}
	var post *Posterior
	for sweep := range c.Sweeps {
		if err := ctx.Err(); err != nil {
			return post, err
		}
		p, err := m.precisions()
		if err != nil {
			return post, err
		}
		if post, err = m.turn(p, y, regimes); err != nil {
			return nil, err
		}
		post.Bound += m.logPrior(p, c)
		if math.IsNaN(post.Bound) || post.Bound < last-1e-9*math.Abs(last) {
			return post, fmt.Errorf("%w: sweep %d: got %.17g after %.17g", ErrFell, sweep, post.Bound, last)
		}
		if c.Progress != nil {
			c.Progress(sweep, post.Bound)
		}
		if post.Bound-last <= c.Tol*math.Abs(post.Bound) || sweep == c.Sweeps-1 {
			return post, nil
		}
		last, regimes = post.Bound, post.Regimes
		if err := m.update(y, post, c); err != nil {
			return post, err
		}
	}
	return post, nil
}

// logPrior is the logarithm of the prior at the parameters, up to a constant.
func (m *Model) logPrior(p precisions, c Config) (sum float64) {
	for s, inv := range p.trans {
		sum -= 0.5 * (c.Count*p.logTrans[s] + c.Scale*mat.Trace(inv))
	}
	sum -= 0.5 * (c.Count*p.logOut + c.Scale*mat.Trace(p.emit))
	if c.Pseudo > 0 {
		for _, v := range append(append([]float64(nil), m.Start...), m.Steps...) {
			if v > 0 {
				sum += c.Pseudo * math.Log(v)
			}
		}
	}
	return sum
}

// update sets the parameters that maximise the bound, by weighted regressions of z_t on
// z_{t−1} and of y_t on z_t (Ghahramani and Hinton 2000, appendix).
func (m *Model) update(y []float64, post *Posterior, c Config) error {
	k, _, _ := m.size()
	shares(m.Start, post.Regimes[:k], c.Pseudo)
	for s := range k {
		shares(m.Steps[s*k:(s+1)*k], post.Pairs[s*k:(s+1)*k], c.Pseudo)
		if err := m.updateRegime(s, post, c); err != nil {
			return err
		}
	}
	return m.updateRows(y, post, c)
}

// shares sets probabilities to shares of counts; what is impossible stays so.
func shares(p, counts []float64, pseudo float64) {
	total := 0.0
	for i, v := range counts {
		if p[i] > 0 {
			total += v + pseudo
		}
	}
	for i, v := range counts {
		if p[i] > 0 && total > 0 {
			p[i] = (v + pseudo) / total
		}
	}
}

// updateRegime sets A_k = Σγ E z_t z_{t−1}ᵀ (Σγ E z_{t−1} z_{t−1}ᵀ)⁻¹ and Q_k.
func (m *Model) updateRegime(s int, post *Posterior, c Config) error {
	k, l, _ := m.size()
	to, cross, from, n := mat.NewDense(l, l, nil), mat.NewDense(l, l, nil), mat.NewDense(l, l, nil), 0.0
	for t := 1; t < len(post.Mean); t++ {
		g := post.Regimes[t*k+s]
		n += g
		addScaled(to, g, post.q.Second[t])
		addScaled(cross, g, post.q.Cross[t])
		addScaled(from, g, post.q.Second[t-1])
	}
	return regress(m.Trans[s], m.TransCov[s], to, cross, from, n, false, c)
}

// updateRows sets C and R from the rows that are observed.
func (m *Model) updateRows(y []float64, post *Posterior, c Config) error {
	_, l, d := m.size()
	yy, yz, zz, n := mat.NewDense(d, d, nil), mat.NewDense(d, l, nil), mat.NewDense(l, l, nil), 0.0
	for t, z := range post.Mean {
		if row, ok := seen(y, t, d); ok {
			var a, b mat.Dense
			a.Outer(1, row, row)
			b.Outer(1, row, z)
			yy.Add(yy, &a)
			yz.Add(yz, &b)
			zz.Add(zz, post.q.Second[t])
			n++
		}
	}
	return regress(m.Emit, m.EmitCov, yy, yz, zz, n, c.FixEmit, c)
}

// regress sets W = yz·zz⁻¹, unless it is to stay or there is too little to settle it, and
// S = (residual + Scale·I)/(n + Count).
func regress(w *mat.Dense, cov *mat.SymDense, yy, yz, zz *mat.Dense, n float64, stay bool, c Config) error {
	if n+c.Count < 1e-8 {
		return nil
	}
	var chol mat.Cholesky
	var solved mat.Dense
	if !stay && chol.Factorize(symmetric(zz)) && chol.Cond() < 1e12 && chol.SolveTo(&solved, yz.T()) == nil {
		w.Copy(solved.T())
	}
	res := residual(yy, yz, zz, w)
	for i := range res.SymmetricDim() {
		res.SetSym(i, i, res.At(i, i)+c.Scale)
	}
	cov.ScaleSym(1/(n+c.Count), res)
	var positive mat.Cholesky
	if !positive.Factorize(cov) {
		return errNotPositive("covariance of a noise")
	}
	return nil
}
