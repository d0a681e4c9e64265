// Package approx answers questions about discrete graphical models approximately: loopy belief
// propagation and max-product, tree-reweighted bounds from above, mean field from below, and
// samplers (Gibbs, likelihood weighting, annealed importance sampling). The methods share one
// signature; Methods lists them.
package approx

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/elbo-go/elbo/pgm"
)

// ErrNotConverged is the error of messages that still move after the last sweep; the result
// that comes with it is where they stood.
var ErrNotConverged = errors.New("pgm: approx: messages: got none that stand still, want convergence; try damping")

// Run is what every method of the package is: it answers about the variables that are not evidence.
type Run func(context.Context, *pgm.Graph, pgm.Evidence, Config) (*Result, error)

// Config says how long and how carefully a method works.
type Config struct {
	// Sweeps is the most sweeps over all factors; of Gibbs, the sweeps of each chain that
	// count; of annealing, the steps from the start to the model.
	Sweeps int
	// Tolerance is the largest change of a log message, or of a mean, that counts as none.
	Tolerance float64
	// Damping is the part of the old log message that is kept, from 0 to below 1.
	Damping float64
	// Schedule is the order in which messages are sent.
	Schedule Schedule
	// Trees is how many spanning trees Reweighted looks for to lower its bound; 0 leaves the
	// edges with the probabilities of a uniform one.
	Trees int
	// Seed is that of the samplers.
	Seed uint64
	// Chains is the number of Gibbs chains, at least 1.
	Chains int
	// Burn is the number of sweeps of each chain that do not count.
	Burn int
	// Draws is the number of weighted samples, or of annealing runs, at least 2.
	Draws int
	// Progress, where it is set, gets a record after every sweep, or batch of them.
	Progress func(Record)
}

// Record is what is known after a sweep.
type Record struct {
	// Sweep counts from 1; of weighting and annealing it counts finished draws.
	Sweep int
	// Change is the largest change of this sweep; of Gibbs, the largest R̂ so far, less 1.
	Change float64
	// Bound is the value of the bound of mean field, from below, or of Dual, from above.
	Bound float64
}

// Default is 2,000 sweeps to 1e-12 without damping, 4 chains after 500 sweeps, and 1,000 draws.
func Default() Config {
	return Config{Sweeps: 2000, Tolerance: 1e-12, Seed: 1, Chains: 4, Burn: 500, Draws: 1000}
}

func (c Config) check() error {
	if c.Sweeps < 1 || !(c.Tolerance > 0) || !(c.Damping >= 0 && c.Damping < 1) {
		return fmt.Errorf("pgm: approx: config: got %d sweeps, tolerance %g, damping %g, want at least 1, above 0, and from 0 to below 1",
			c.Sweeps, c.Tolerance, c.Damping)
	}
	if c.Schedule < 0 || int(c.Schedule) >= len(schedules) || c.Trees < 0 {
		return fmt.Errorf("pgm: approx: config: got schedule %d and %d trees, want a schedule below %d and trees from 0", c.Schedule, c.Trees, len(schedules))
	}
	return nil
}

// Result is an approximation of ln Z and of the marginals.
type Result struct {
	// LogZ is the value that stands for ln Z, or ln P(evidence); NaN of Gibbs, which has none.
	LogZ float64
	// Marginals are those of every variable; those of evidence are 0 and 1.
	Marginals [][]float64
	// Sweeps is how many there were; of schedules by residual, messages over messages a sweep.
	Sweeps int
	// Messages is how many messages were sent.
	Messages int
	// Change is the largest change of the last sweep, at most the tolerance at convergence.
	Change float64
	// LogZErr is the standard error of LogZ of a sampler.
	LogZErr float64
	// StdErr are the standard errors of the marginals of a sampler.
	StdErr [][]float64
	// ESS is, by variable, the number of independent draws that the samples are worth; 0 for evidence.
	ESS []float64
	// RHat is Gelman & Rubin's R̂ of split Gibbs chains by variable, the largest over its
	// states; near 1 where chains agree.
	RHat []float64
}

// settle repeats a sweep until its change is within the tolerance, and says how often.
func (c Config) settle(ctx context.Context, sweep func() (Record, error)) (last Record, err error) {
	for n := 1; ; n++ {
		if err := ctx.Err(); err != nil {
			return last, err
		}
		if last, err = sweep(); err != nil {
			return last, err
		}
		last.Sweep = n
		if c.Progress != nil {
			c.Progress(last)
		}
		if last.Change <= c.Tolerance {
			return last, nil
		}
		if n == c.Sweeps || math.IsNaN(last.Change) {
			return last, ErrNotConverged
		}
	}
}
