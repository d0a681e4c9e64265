package hmm

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"

	"github.com/elbo-go/elbo/internal/rng"
)

// Stochastic says how to fit a posterior from mini-batches of sequences.
type Stochastic struct {
	// Batch is the number S of sequences in a step.
	Batch int
	// Steps is the number of steps in all.
	Steps int
	// Delay is τ and Forget κ of the step sizes ρ_t = (t + τ)^(−κ), t = 0, 1, ….
	Delay, Forget float64
	// Fixed is a step size for all steps, if not 0; 1 with a batch of all sequences is
	// variational Bayes.
	Fixed float64
	// Done is the number of steps done before: with the posterior as it was then, the fit goes
	// on as if it had not been stopped, to the bit.
	Done int
	// Key draws the batches.
	Key rng.Key
	// Workers is as in Config.
	Workers int
	// Progress is called after each step, if not nil.
	Progress func(Step)
}

// Step is what one step of a stochastic fit found.
type Step struct {
	// Number counts from 0.
	Number int
	// Rho is the step size.
	Rho float64
	// Bound is the evidence lower bound at the posterior the step began with, as its batch
	// estimates it: (N/S) Σ ln Z̃ less the divergences. It is unbiased, and rises and falls.
	Bound float64
}

// DefaultStochastic is 200 steps of 16 sequences with τ = 1 and κ = 0.7.
func DefaultStochastic() Stochastic {
	return Stochastic{Batch: 16, Steps: 200, Delay: 1, Forget: 0.7}
}

// check says what is wrong with the settings.
func (c Stochastic) check(seqs int) error {
	if c.Batch < 1 || c.Steps < 0 || c.Done < 0 || seqs < 1 {
		return fmt.Errorf("hmm: stochastic fit: got batch %d, %d steps, %d done, %d sequences, want at least 1, 0, 0 and 1", c.Batch, c.Steps, c.Done, seqs)
	}
	if c.Fixed != 0 {
		if !(c.Fixed > 0 && c.Fixed <= 1) {
			return fmt.Errorf("hmm: stochastic fit: step size: got %g, want above 0 up to 1", c.Fixed)
		}
		return nil
	}
	if !(c.Forget > 0.5 && c.Forget <= 1) {
		return fmt.Errorf("hmm: stochastic fit: κ: got %g, want above 0.5 up to 1: else Σρ² does not converge or Σρ does, and the fit does not settle", c.Forget)
	}
	if !(c.Delay >= 1) || math.IsInf(c.Delay, 0) {
		return fmt.Errorf("hmm: stochastic fit: τ: got %g, want a finite number from 1", c.Delay)
	}
	return nil
}

// rho is the size of a step.
func (c Stochastic) rho(step int) float64 {
	if c.Fixed != 0 {
		return c.Fixed
	}
	return math.Pow(float64(step)+c.Delay, -c.Forget)
}

// batch lists the sequences of a step: each pass over n sequences deals them anew, and what a
// pass leaves over is a smaller batch. Within a batch they keep their order.
func (c Stochastic) batch(step, n int) []int {
	each := (n + c.Batch - 1) / c.Batch
	order := c.Key.Named("hmm stochastic").At(uint64(step / each)).Rand().Perm(n)
	from := step % each * c.Batch
	part := order[from:min(from+c.Batch, n)]
	slices.Sort(part)
	return part
}

// FitStochastic improves the posterior in place by stochastic variational inference (Hoffman
// et al. 2013; for chains, Johnson and Willsky 2014): in natural parameters
//
//	λ ← (1 − ρ_t) λ + ρ_t (prior + (N/S) Σ statistics of the batch).
func (b *Bayes) FitStochastic(ctx context.Context, seqs [][]float64, c Stochastic) error {
	if err := b.check(); err != nil {
		return err
	}
	e, ok := b.Emit.(natural)
	if !ok {
		return fmt.Errorf("hmm: stochastic fit: emission: got %T, want one with a posterior", b.Emit)
	}
	if err := c.check(len(seqs)); err != nil {
		return err
	}
	for i, x := range seqs {
		if err := e.Check(x); err != nil {
			return fmt.Errorf("sequence %d: %w", i, err)
		}
	}
	if c.Workers < 1 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	all := newTotals(e, min(c.Batch, len(seqs)), c.Workers)
	for step := c.Done; step < c.Steps; step++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		var part [][]float64
		for _, i := range c.batch(step, len(seqs)) {
			part = append(part, seqs[i])
		}
		if err := all.expect(b, part, c.Workers); err != nil {
			return err
		}
		bound, err := b.blend(e, all.sum(), float64(len(seqs))/float64(len(part)), c.rho(step))
		if err != nil {
			return err
		}
		if c.Progress != nil {
			c.Progress(Step{Number: step, Rho: c.rho(step), Bound: bound})
		}
	}
	return nil
}

// blend takes one step with statistics that stand for more sequences, and returns the bound
// before it.
func (b *Bayes) blend(e natural, t *total, more, rho float64) (bound float64, err error) {
	bound = more*t.logZ + e.LogPrior() + b.logPrior()
	for _, part := range [][]float64{t.start, t.pairs, t.emit} {
		for i := range part {
			part[i] *= more
		}
	}
	eta, start, trans := e.natural(), slices.Clone(b.Start), slices.Clone(b.Trans)
	if err := e.Update(t.emit); err != nil {
		return bound, err
	}
	b.update(t.start, t.pairs)
	if rho == 1 { // nothing of the old is left, and no digit is lost on the way there and back
		return bound, nil
	}
	mix := func(to, old []float64) {
		for i, v := range old {
			to[i] = (1-rho)*v + rho*to[i]
		}
	}
	next := e.natural()
	mix(next, eta)
	mix(b.Start, start)
	mix(b.Trans, trans)
	b.expect()
	return bound, e.setNatural(next)
}
