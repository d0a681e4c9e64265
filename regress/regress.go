// Package regress holds Bayesian regression by variational inference: linear with a Gamma
// noise precision, logistic by the bound of Jaakkola & Jordan, probit by augmentation. The
// weights of all three are w_j ~ N(0, 1/α_g(j)) with α_g ~ Gamma(a₀, b₀): one α for all
// weights, or one for each, which switches off inputs of no use (automatic relevance
// determination, MacKay 1994, Tipping 2001).
package regress

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/internal/cavi"
)

// Gamma is the density of a precision.
type Gamma = cavi.Gamma

// FallError is the error of a sweep that lowered the bound.
type FallError = cavi.FallError

var log2Pi = math.Log(2 * math.Pi)

// Config is how a regression is fitted.
type Config struct {
	// ARD gives every weight a precision of its own.
	ARD bool
	// Intercept adds a weight of an input that is always 1; its precision is its own.
	Intercept bool
	// Alpha is the prior of the precisions of the weights.
	Alpha Gamma
	// Fixed, where positive, is the known precision of all weights, which then have no prior.
	Fixed float64
	// Noise is the prior of the noise precision; only linear regression has it.
	Noise Gamma
	// Sweeps is the most sweeps; 0 means 2000.
	Sweeps int
	// Tolerance ends the climb when a sweep raises the bound L by less than Tolerance·|L|;
	// 0 means 1e-10.
	Tolerance float64
	// Progress, where set, hears of every sweep, counted from 1.
	Progress func(sweep int, bound float64)
}

// Default has broad priors and an intercept.
func Default() Config {
	broad := Gamma{Shape: 1e-2, Rate: 1e-4}
	return Config{Intercept: true, Alpha: broad, Noise: broad}
}

func (c Config) loop() cavi.Loop {
	return cavi.Loop{Sweeps: c.Sweeps, Tolerance: c.Tolerance, Progress: c.Progress}
}

// check refuses settings and data that have no posterior.
func (c Config) check(x *mat.Dense, y []float64) error {
	if x == nil || x.IsEmpty() {
		return fmt.Errorf("regress: inputs: got none")
	}
	n, d := x.Dims()
	if len(y) != n {
		return fmt.Errorf("regress: targets: got %d, want %d as there are rows of inputs", len(y), n)
	}
	for i, v := range y {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("regress: target %d: got %g, want a finite number", i, v)
		}
	}
	for i := range n {
		for j, v := range x.RawRowView(i) {
			// A square of more than this leaves the range of float64 in the Gram matrix.
			if !(math.Abs(v) < 1e100) {
				return fmt.Errorf("regress: input %d of row %d: got %g, want a number within ±1e100 (of %d columns)", j, i, v, d)
			}
		}
	}
	if math.IsNaN(c.Fixed) || math.IsInf(c.Fixed, 0) || c.Fixed < 0 {
		return fmt.Errorf("regress: fixed precision: got %g, want a positive one, or 0 for none", c.Fixed)
	}
	if c.Fixed > 0 {
		return nil
	}
	return c.Alpha.Check("regress: prior of the weights' precision")
}

// design is x with its column of ones, if it has one.
func (c Config) design(x *mat.Dense) *mat.Dense {
	if !c.Intercept {
		return x
	}
	n, d := x.Dims()
	out := mat.NewDense(n, d+1, nil)
	for i := range n {
		row := out.RawRowView(i)
		copy(row, x.RawRowView(i))
		row[d] = 1
	}
	return out
}

// signs are +1 for a label 1 and −1 for a label 0.
func signs(labels []float64) ([]float64, error) {
	out := make([]float64, len(labels))
	for i, t := range labels {
		if t != 0 && t != 1 {
			return nil, fmt.Errorf("regress: label %d: got %g, want 0 or 1", i, t)
		}
		out[i] = 2*t - 1
	}
	return out, nil
}
