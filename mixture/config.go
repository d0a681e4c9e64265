package mixture

import (
	"fmt"
	"math"
	"slices"
)

// Covariance is the shape of the precision matrices.
type Covariance string

// The shapes of the precision matrices Λ_k.
const (
	Full      Covariance = "full"      // each component has its own matrix: Λ_k ~ W(W₀, ν₀)
	Tied      Covariance = "tied"      // all components share one matrix: Λ ~ W(W₀, ν₀)
	Diagonal  Covariance = "diag"      // a precision a column: τ_kd ~ Gamma(ν₀/2, (W₀⁻¹)_dd/2)
	Spherical Covariance = "spherical" // one precision a component: τ_k ~ Gamma(ν₀/2, tr(W₀⁻¹)/2D)
)

// Weights is the prior of the mixing weights π.
type Weights string

// The priors of the mixing weights.
const (
	Dirichlet Weights = "dirichlet" // π ~ Dir(α₀, …, α₀)
	Sticks    Weights = "sticks"    // π_k = v_k ∏_{j<k} (1 − v_j), v_k ~ Beta(1, α₀), v_K = 1 (Blei & Jordan 2006)
)

// Config says what is fitted and how.
type Config struct {
	Components int        // K, or the truncation of the sticks
	Covariance Covariance // shape of the precision matrices
	Weights    Weights    // prior of the mixing weights

	Alpha float64   // α₀: concentration of the weights
	Beta  float64   // β₀: rows that the prior mean counts for
	Nu    float64   // ν₀ > D − 1 for Full and Tied, > 0 otherwise; 0 means D
	Mean  []float64 // m₀, D; nil means the column means of the data
	Scale []float64 // W₀⁻¹, D×D; nil means the covariance of the data (divided by N)

	Restarts  int     // starts by k-means++, of which the fit with the highest bound is kept
	Sweeps    int     // most sweeps of a start
	Tolerance float64 // a start ends when the bound gains less than Tolerance·|bound|
	Seed      uint64  // of the starts
	Threads   int     // rows are shared out to so many goroutines; 0 means one a processor

	Progress func(Record) // called after each sweep, if not nil
}

// Record tells of one sweep.
type Record struct {
	Start int     // from 0
	Sweep int     // from 1
	Bound float64 // the evidence lower bound before the sweep's update, nats over all rows
}

// Default returns the settings that suit standardised data.
func Default() Config {
	return Config{Components: 10, Covariance: Full, Weights: Dirichlet, Alpha: 1e-3, Beta: 1,
		Restarts: 10, Sweeps: 2000, Tolerance: 1e-9, Seed: 1}
}

// Check says what is wrong with the settings for rows of d columns.
func (c Config) Check(d int) error {
	switch {
	case c.Components < 1 || c.Components > 1<<16:
		return fmt.Errorf("mixture: components: got %d, want 1 to 65536", c.Components)
	case !slices.Contains([]Covariance{Full, Tied, Diagonal, Spherical}, c.Covariance):
		return fmt.Errorf("mixture: covariance: got %q, want full, tied, diag or spherical", c.Covariance)
	case c.Weights != Dirichlet && c.Weights != Sticks:
		return fmt.Errorf("mixture: weights: got %q, want dirichlet or sticks", c.Weights)
	case c.Restarts < 1 || c.Sweeps < 1:
		return fmt.Errorf("mixture: restarts and sweeps: got %d and %d, want at least 1", c.Restarts, c.Sweeps)
	case !(c.Tolerance >= 0):
		return fmt.Errorf("mixture: tolerance: got %v, want at least 0", c.Tolerance)
	case c.Mean != nil && len(c.Mean) != d:
		return fmt.Errorf("mixture: prior mean: got %d values, want %d", len(c.Mean), d)
	case c.Scale != nil && len(c.Scale) != d*d:
		return fmt.Errorf("mixture: prior scale: got %d values, want %d×%d", len(c.Scale), d, d)
	}
	if bad := firstBad(c.Mean); bad >= 0 {
		return fmt.Errorf("mixture: prior mean: value %d: got %v, want a finite number", bad, c.Mean[bad])
	}
	if !positive(c.Alpha) || !positive(c.Beta) {
		return fmt.Errorf("mixture: alpha and beta: got %v and %v, want positive numbers", c.Alpha, c.Beta)
	}
	low := 0.
	if c.Covariance == Full || c.Covariance == Tied {
		low = float64(d - 1)
	}
	if c.Nu != 0 && !(c.Nu > low && !math.IsInf(c.Nu, 0)) {
		return fmt.Errorf("mixture: nu: got %v, want more than %v", c.Nu, low)
	}
	return nil
}

// positive reports whether x is a positive finite number.
func positive(x float64) bool { return x > 0 && !math.IsInf(x, 0) }

// firstBad is the index of the first value that is no finite number, or −1.
func firstBad(xs []float64) int {
	return slices.IndexFunc(xs, func(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) })
}
