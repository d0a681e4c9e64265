package regress

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Weights is q(w) Π_g q(α_g): a normal with full covariance and a Gamma for each group of
// weights that share a precision.
type Weights struct {
	// Version is that of the stored form.
	Version int `json:"version"`
	// Mean is E[w]; the intercept, where there is one, is the last.
	Mean []float64 `json:"mean"`
	// Cov is the covariance of w by rows.
	Cov []float64 `json:"cov"`
	// Alpha holds q(α_g); it is empty where the precision is fixed.
	Alpha []Gamma `json:"alpha,omitempty"`
	// Group is g(j) of every weight.
	Group []int `json:"group"`
	// Fixed is the known precision of the weights, or 0.
	Fixed float64 `json:"fixed,omitempty"`
	// Intercept says that the last weight belongs to an input that is always 1.
	Intercept bool `json:"intercept"`
	// Bound is the evidence lower bound after every sweep, in nats.
	Bound []float64 `json:"bound"`
	// Converged says whether the bound stood still.
	Converged bool `json:"converged"`

	prior  Gamma
	logDet float64 // ln |Cov|
	chol   mat.Cholesky
	cov    mat.SymDense
}

// newWeights starts d weights at their prior.
func (c Config) newWeights(d int) *Weights {
	w := &Weights{Version: version, Mean: make([]float64, d), Group: make([]int, d), Fixed: c.Fixed, Intercept: c.Intercept, prior: c.Alpha}
	groups := 1
	if c.ARD {
		groups = d
		for j := range w.Group {
			w.Group[j] = j
		}
	} else if c.Intercept && d > 1 {
		groups = 2
		w.Group[d-1] = 1
	}
	if c.Fixed == 0 {
		w.Alpha = make([]Gamma, groups)
		for g := range w.Alpha {
			// Mean 1, not the prior's: a broad prior's mean of 100 would start with all
			// weights switched off.
			w.Alpha[g] = Gamma{Shape: 1, Rate: 1}
		}
	}
	return w
}

// Precision is E[α] of weight j.
func (w *Weights) Precision(j int) float64 {
	if w.Fixed > 0 {
		return w.Fixed
	}
	return w.Alpha[w.Group[j]].Mean()
}

// solve sets q(w) to the normal with the precision G + diag E[α] and the mean Cov·b.
func (w *Weights) solve(gram *mat.SymDense, b []float64) error {
	d := len(w.Mean)
	p := mat.NewSymDense(d, nil)
	p.CopySym(gram)
	for j := range d {
		p.SetSym(j, j, p.At(j, j)+w.Precision(j))
	}
	if !w.chol.Factorize(p) {
		return fmt.Errorf("regress: precision of the weights is not positive definite: are inputs of very unlike sizes?")
	}
	if err := w.chol.InverseTo(&w.cov); err != nil {
		if _, rough := err.(mat.Condition); !rough {
			return fmt.Errorf("regress: covariance of the weights: %w", err)
		}
	}
	w.logDet = -w.chol.LogDet()
	m := mat.NewVecDense(d, w.Mean)
	if err := w.chol.SolveVecTo(m, mat.NewVecDense(d, b)); err != nil {
		if _, rough := err.(mat.Condition); !rough {
			return fmt.Errorf("regress: mean of the weights: %w", err)
		}
	}
	return nil
}

// updateAlpha sets q(α_g) = Gamma(a₀ + n_g/2, b₀ + ½ Σ_g E[w_j²]).
func (w *Weights) updateAlpha() {
	if w.Fixed > 0 {
		return
	}
	for g := range w.Alpha {
		w.Alpha[g] = w.prior
	}
	for j, m := range w.Mean {
		a := &w.Alpha[w.Group[j]]
		a.Shape += .5
		a.Rate += (m*m + w.cov.At(j, j)) / 2
	}
}

// bound is E[ln p(w|α)] + H[q(w)] − Σ_g KL(q(α_g) ‖ p(α)).
func (w *Weights) bound() float64 {
	l := w.logDet / 2
	for j, m := range w.Mean {
		alpha, logAlpha := w.Fixed, math.Log(w.Fixed)
		if w.Fixed == 0 {
			q := w.Alpha[w.Group[j]]
			alpha, logAlpha = q.Mean(), q.MeanLog()
		}
		l += (1 + logAlpha - alpha*(m*m+w.cov.At(j, j))) / 2
	}
	for _, q := range w.Alpha {
		l -= q.KL(w.prior)
	}
	return l
}

// store writes the covariance out.
func (w *Weights) store() {
	d := len(w.Mean)
	w.Cov = make([]float64, d*d)
	for i := range d {
		for j := range d {
			w.Cov[i*d+j] = w.cov.At(i, j)
		}
	}
}

// Activation is the mean and the variance of wᵀx.
func (w *Weights) Activation(x []float64) (mean, variance float64, err error) {
	d := len(w.Mean)
	given := d
	if w.Intercept {
		given--
	}
	if len(x) != given || len(w.Cov) != d*d {
		return 0, 0, fmt.Errorf("regress: inputs: got %d, want %d", len(x), given)
	}
	at := func(j int) float64 {
		if j < given {
			return x[j]
		}
		return 1
	}
	for i := range d {
		row, sum := w.Cov[i*d:(i+1)*d], 0.
		for j, c := range row {
			sum += c * at(j)
		}
		mean += w.Mean[i] * at(i)
		variance += sum * at(i)
	}
	return mean, max(variance, 0), nil
}
