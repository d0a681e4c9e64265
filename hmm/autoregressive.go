package hmm

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// Autoregressive emits a row given the Lags rows before it (Hamilton 1989),
//
//	x_t ~ N(W_k u_t, Σ_k),  u_t = (1, x_{t−1}, …, x_{t−Lags}).
//
// The first Lags rows of a sequence are taken as given: their density is one in every state.
type Autoregressive struct {
	// Width is D and Lags the number of rows looked back.
	Width, Lags int
	// Coef holds W, K×D×(1 + Lags·D).
	Coef []float64
	// Cov holds Σ, K×D×D.
	Cov []float64
	// Count and Scale are the prior of Σ, as in Gaussian.
	Count, Scale float64
	// Ridge adds −½ Ridge·tr(Wᵀ Σ⁻¹ W) to the logarithm of the prior.
	Ridge float64

	q *quadratic
}

// NewAutoregressive returns a checked autoregressive emission.
func NewAutoregressive(width, lags int, coef, cov []float64) (*Autoregressive, error) {
	e := &Autoregressive{Width: width, Lags: lags, Coef: coef, Cov: cov}
	return e, e.prepare()
}

// check says what is wrong with the sizes, the coefficients and the prior.
func (e *Autoregressive) check() error {
	w, n := e.Width, len(e.Cov)
	if w < 1 || w > n || n%(w*w) != 0 || e.Lags < 1 || e.Lags > len(e.Coef) || len(e.Coef) != e.States()*w*e.inputs() {
		return fmt.Errorf("hmm: autoregressive: got %d coefficients and %d covariances for %d values and %d lags, want K×D×(1 + lags·D) and K×D×D",
			len(e.Coef), n, w, e.Lags)
	}
	for _, v := range []float64{e.Count, e.Scale, e.Ridge} {
		if !(v >= 0) || math.IsInf(v, 0) {
			return fmt.Errorf("hmm: autoregressive: prior: got %g, want a finite number from 0", v)
		}
	}
	return checkRows(e.Coef, 1)
}

// inputs is the length of u.
func (e *Autoregressive) inputs() int { return 1 + e.Lags*e.Width }

// prepare checks the parameters and factors the covariances.
func (e *Autoregressive) prepare() error {
	if err := e.check(); err != nil {
		return err
	}
	d := e.Width
	q := newQuadratic(lower, e.States(), d)
	for s := range q.k {
		logDet, err := q.setLower(s, e.Cov[s*d*d:(s+1)*d*d], 1)
		if err != nil {
			return fmt.Errorf("%w: state %d", err, s)
		}
		q.constant[s] = -0.5 * (float64(d)*math.Log(2*math.Pi) + logDet)
	}
	e.q = q
	return nil
}

// States is K.
func (e *Autoregressive) States() int { return len(e.Cov) / (e.Width * e.Width) }

// Dim is D.
func (e *Autoregressive) Dim() int { return e.Width }

// Order is the number of lags.
func (e *Autoregressive) Order() int { return e.Lags }

// Check says what is wrong with a sequence.
func (e *Autoregressive) Check(x []float64) error { return e.q.check(x) }

// input fills u of row t.
func (e *Autoregressive) input(u, x []float64, t int) {
	u[0] = 1
	for l := range e.Lags {
		copy(u[1+l*e.Width:], x[(t-1-l)*e.Width:(t-l)*e.Width])
	}
}

// predict fills the K×D means of a row.
func (e *Autoregressive) predict(mean, u []float64) {
	for i := range mean {
		sum := 0.0
		for j, w := range e.Coef[i*len(u) : (i+1)*len(u)] {
			sum += w * u[j]
		}
		mean[i] = sum
	}
}

// LogLik fills out with ln N(x_t; W_k u_t, Σ_k).
func (e *Autoregressive) LogLik(out, x []float64) {
	k, d := e.q.k, e.Width
	u, mean := make([]float64, e.inputs()), make([]float64, k*d)
	clear(out[:min(len(out), e.Lags*k)])
	for t := e.Lags; t*d < len(x); t++ {
		e.input(u, x, t)
		e.predict(mean, u)
		e.q.lowerRow(out[t*k:(t+1)*k], x[t*d:(t+1)*d], mean)
	}
}

// block is the number of sums of a state: Σγ, Σγ r rᵀ, Σγ r uᵀ, Σγ u uᵀ, r = x − Wu.
func (e *Autoregressive) block() int {
	d, p := e.Width, e.inputs()
	return 1 + d*d + d*p + p*p
}

// Stats is K blocks.
func (e *Autoregressive) Stats() int { return e.States() * e.block() }

// Accumulate adds the sums of residuals and inputs.
func (e *Autoregressive) Accumulate(stats, x, weights []float64) {
	k, d, p, n := e.States(), e.Width, e.inputs(), e.block()
	u, mean, res := make([]float64, p), make([]float64, k*d), make([]float64, d)
	for t := e.Lags; t*d < len(x); t++ {
		e.input(u, x, t)
		e.predict(mean, u)
		for s, g := range weights[t*k : (t+1)*k] {
			if g == 0 {
				continue
			}
			for i := range res {
				res[i] = x[t*d+i] - mean[s*d+i]
			}
			sums := stats[s*n : (s+1)*n]
			sums[0] += g
			outer(sums[1:], g, res, res)
			outer(sums[1+d*d:], g, res, u)
			outer(sums[1+d*d+d*p:], g, u, u)
		}
	}
}

// outer adds g·a bᵀ.
func outer(sum []float64, g float64, a, b []float64) {
	for i, v := range a {
		gv, row := g*v, sum[i*len(b):(i+1)*len(b)]
		for j, w := range b {
			row[j] += gv * w
		}
	}
}

// Update sets W by weighted least squares and Σ = (S + Scale·I + Ridge·W Wᵀ)/(N + Count), S
// the scatter about the new predictions. A state with too few rows to settle W keeps it.
func (e *Autoregressive) Update(stats []float64) error {
	for s := range e.States() {
		e.regress(stats[s*e.block():(s+1)*e.block()], s)
	}
	return e.prepare()
}

// regress updates one state. With residuals r about the present W, the step Δ solves
// Δ(Σγuuᵀ + Ridge·I) = Σγruᵀ − Ridge·W, and takes Δ(Σγruᵀ − Ridge·W)ᵀ off the scatter.
func (e *Autoregressive) regress(sums []float64, s int) {
	d, p := e.Width, e.inputs()
	if sums[0]+e.Count < 1e-290 {
		return
	}
	w := mat.NewDense(d, p, e.Coef[s*d*p:(s+1)*d*p])
	scatter, ru, uu := mat.NewDense(d, d, sums[1:1+d*d]), mat.NewDense(d, p, sums[1+d*d:1+d*d+d*p]), mat.NewSymDense(p, sums[1+d*d+d*p:])
	var pull, ww, delta, gain mat.Dense
	pull.Scale(e.Ridge, w)
	ru.Sub(ru, &pull)
	ww.Mul(&pull, w.T())
	scatter.Add(scatter, &ww)
	for i := range p {
		uu.SetSym(i, i, uu.At(i, i)+e.Ridge)
	}
	var chol mat.Cholesky
	if chol.Factorize(uu) && chol.Cond() < 1e12 && chol.SolveTo(&delta, ru.T()) == nil {
		gain.Mul(delta.T(), ru.T())
		scatter.Sub(scatter, &gain)
		w.Add(w, delta.T())
	}
	cov := e.Cov[s*d*d : (s+1)*d*d]
	for i := range d {
		for j := range d {
			cov[i*d+j] = (scatter.At(i, j) + scatter.At(j, i)) / 2 / (sums[0] + e.Count)
		}
		cov[i*d+i] += e.Scale / (sums[0] + e.Count)
	}
}

// LogPrior is the prior of coefficients and covariances.
func (e *Autoregressive) LogPrior() (sum float64) {
	d, p := e.Width, e.inputs()
	for s := range e.States() {
		logDet := -2*e.q.constant[s] - float64(d)*math.Log(2*math.Pi)
		trace, white := 0.0, 0.0
		f := e.q.factor[s*e.q.perState:]
		for i := range d {
			row := f[:i+1]
			f = f[i+1:]
			for _, v := range row {
				trace += v * v
			}
			for j := range p {
				z := 0.0
				for l, v := range row {
					z += v * e.Coef[(s*d+l)*p+j]
				}
				white += z * z
			}
		}
		sum -= 0.5 * (e.Count*logDet + e.Scale*trace + e.Ridge*white)
	}
	return sum
}

// Draw draws a row; rows before the first count as zero.
func (e *Autoregressive) Draw(r *rand.Rand, state int, past, row []float64) {
	d, u := e.Width, make([]float64, e.inputs())
	padded := append(make([]float64, e.Lags*d), past[max(0, len(past)-e.Lags*d):]...)
	e.input(u, padded, len(padded)/d)
	mean := make([]float64, e.States()*d)
	e.predict(mean, u)
	noise := Gaussian{Kind: Full, Width: d, Cov: e.Cov, q: e.q}
	copy(row, mean[state*d:(state+1)*d])
	noise.noise(r, state, row)
}
