package hmm

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Emission is the density of an observation given the hidden state, for K states and rows
// of D values. Its parameters are either points, or a posterior, in which case LogLik is the
// expected log-density and LogPrior is −KL(q‖p) of the parameters.
type Emission interface {
	// States is K.
	States() int
	// Dim is D, the number of values in a row.
	Dim() int
	// Check says what is wrong with a sequence of T·D values, if anything is.
	Check(x []float64) error
	// LogLik fills out, T×K, with ln p(x_t | z_t = k).
	LogLik(out, x []float64)
	// Stats is the length of the sufficient statistics.
	Stats() int
	// Accumulate adds to the statistics those of a sequence with weights T×K.
	Accumulate(stats, x, weights []float64)
	// Update sets the parameters from the statistics of all sequences.
	Update(stats []float64) error
	// LogPrior is the logarithm of the prior at the parameters, up to a constant.
	LogPrior() float64
}

// Drawer is an Emission that can be simulated.
type Drawer interface {
	// Draw fills row with an observation of a state, given the rows before it.
	Draw(r *rand.Rand, state int, past, row []float64)
}

// ordered is an Emission whose density looks at rows before the current one.
type ordered interface {
	// Order is the number of rows it looks back.
	Order() int
}

// orderOf is the number of rows an emission looks back.
func orderOf(e Emission) int {
	if o, ok := e.(ordered); ok {
		return o.Order()
	}
	return 0
}

// checkRows says what is wrong with a sequence of finite rows of d values.
func checkRows(x []float64, d int) error {
	if len(x) == 0 || len(x)%d != 0 {
		return fmt.Errorf("hmm: sequence: got %d values, want a positive multiple of %d", len(x), d)
	}
	for i, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("hmm: sequence: row %d: value: got %g, want a finite number", i/d, v)
		}
	}
	return nil
}

// checkWhole says what is wrong with a sequence of whole numbers from 0 to below limit.
func checkWhole(x []float64, limit float64) error {
	if err := checkRows(x, 1); err != nil {
		return err
	}
	for i, v := range x {
		if v < 0 || v >= limit || v != math.Trunc(v) {
			return fmt.Errorf("hmm: sequence: row %d: value: got %g, want a whole number from 0 to below %g", i, v, limit)
		}
	}
	return nil
}

// checkDistribution says what is wrong with probabilities that should add to one.
func checkDistribution(what string, p []float64) error {
	sum := 0.0
	for _, v := range p {
		if !(v >= 0 && v <= 1+1e-9) {
			return fmt.Errorf("hmm: %s: probability: got %g, want a number from 0 to 1", what, v)
		}
		sum += v
	}
	if math.Abs(sum-1) > 1e-9 {
		return fmt.Errorf("hmm: %s: total: got %.12g, want 1 within 1e-9", what, sum)
	}
	return nil
}

// checkPositive says which of some parameters is not a positive finite number.
func checkPositive(what string, parts ...[]float64) error {
	for _, part := range parts {
		for _, v := range part {
			if !(v > 0) || math.IsInf(v, 0) {
				return fmt.Errorf("hmm: %s: got %g, want positive finite numbers", what, v)
			}
		}
	}
	return nil
}

// draw returns an index with probability in proportion to the weights.
func draw(r *rand.Rand, weights []float64) int {
	total := 0.0
	for _, w := range weights {
		total += w
	}
	u, last := r.Float64()*total, 0
	for i, w := range weights {
		if w > 0 {
			if last = i; u < w {
				return i
			}
		}
		u -= w
	}
	return last
}
