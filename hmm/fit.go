package hmm

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"sync"
)

// Config says how to fit.
type Config struct {
	// Sweeps is the largest number of sweeps over the sequences.
	Sweeps int
	// Tol ends the fit when the bound rises by less than Tol·|bound|.
	Tol float64
	// Workers is the number of sequences done at a time; zero is one for each core. The
	// result does not depend on it.
	Workers int
	// After is the last record of a fit that was stopped, if not nil: with the parameters as
	// they were after that sweep, the fit goes on as if it had not been stopped, to the bit.
	After *Record
	// Progress is called after each sweep, when the parameters are updated, if it is not nil.
	Progress func(Record)
}

// Default is 200 sweeps to a relative rise of 1e-9.
func Default() Config { return Config{Sweeps: 200, Tol: 1e-9} }

// Record is what one sweep found.
type Record struct {
	// Sweep counts from 0.
	Sweep int
	// Bound is the objective at the parameters the sweep began with: the log-likelihood plus
	// the log-prior for a Model, the evidence lower bound for a Bayes.
	Bound float64
	// Occupancy holds the expected number of rows in each state.
	Occupancy []float64
	// Converged says whether the rise fell below the tolerance; the parameters then stay.
	Converged bool
}

// Result is how a fit ended.
type Result struct {
	// Record is that of the last sweep.
	Record
}

// chain is the part of the parameters that a fit updates beside the emission.
type chain interface {
	weights() (start, trans []float64)
	update(start, pairs []float64)
	logPrior() float64
}

// Fit improves the model in place by expectation maximisation (Baum et al. 1970; Dempster,
// Laird and Rubin 1977): the sum of ln p(x) over the sequences, plus the log-prior, never falls.
func (m *Model) Fit(ctx context.Context, seqs [][]float64, c Config) (Result, error) {
	if err := m.check(); err != nil {
		return Result{}, err
	}
	return fit(ctx, (*points)(m), m.Emit, seqs, c)
}

// points is the chain of a Model.
type points Model

func (p *points) weights() (start, trans []float64) { return p.Start, p.Trans }

func (p *points) update(start, pairs []float64) {
	k := len(p.Start)
	shares(p.Start, start, p.Pseudo)
	for i := range k {
		shares(p.Trans[i*k:(i+1)*k], pairs[i*k:(i+1)*k], p.Pseudo)
	}
}

func (p *points) logPrior() float64 {
	return logPseudo(p.Start, p.Pseudo) + logPseudo(p.Trans, p.Pseudo)
}

// fit is the loop that expectation maximisation and variational Bayes share: states given
// parameters, then parameters given states.
func fit(ctx context.Context, ch chain, e Emission, seqs [][]float64, c Config) (res Result, err error) {
	if c.Sweeps < 1 || !(c.Tol >= 0) || len(seqs) == 0 {
		return res, fmt.Errorf("hmm: fit: got %d sweeps, tolerance %g, %d sequences, want at least 1, 0 and 1", c.Sweeps, c.Tol, len(seqs))
	}
	for i, x := range seqs {
		if err := e.Check(x); err != nil {
			return res, fmt.Errorf("sequence %d: %w", i, err)
		}
	}
	if c.Workers < 1 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	all := newTotals(e, len(seqs), c.Workers)
	first, last := 0, math.Inf(-1)
	if c.After != nil {
		first, last, res.Record = c.After.Sweep+1, c.After.Bound, *c.After
	}
	for s := first; s < c.Sweeps && !res.Converged; s++ {
		if err := ctx.Err(); err != nil {
			return res, err
		}
		if err := all.expect(ch, seqs, c.Workers); err != nil {
			return res, err
		}
		t := all.sum()
		bound := t.logZ + e.LogPrior() + ch.logPrior()
		if math.IsNaN(bound) || bound < last-1e-9*math.Abs(last) {
			return res, fmt.Errorf("%w: sweep %d: got %.17g after %.17g", ErrFell, s, bound, last)
		}
		res.Record = Record{Sweep: s, Bound: bound, Occupancy: append([]float64(nil), t.rows...)}
		if res.Converged = bound-last <= c.Tol*math.Abs(bound); !res.Converged {
			if err := e.Update(t.emit); err != nil {
				return res, err
			}
			ch.update(t.start, t.pairs)
		}
		last = bound
		if c.Progress != nil {
			c.Progress(res.Record)
		}
	}
	return res, nil
}

// maxParts is the number of parts the sequences are dealt to, whatever the number of workers,
// so that sums are always taken in the same order.
const maxParts = 16

// total holds the expected statistics of one part of the sequences.
type total struct {
	logZ                     float64
	start, pairs, rows, emit []float64
	work                     *lattice
	err                      error
}

// totals are the parts.
type totals []*total

func newTotals(e Emission, seqs, workers int) totals {
	k := e.States()
	ts := make(totals, min(seqs, maxParts))
	for i := range ts {
		ts[i] = &total{start: make([]float64, k), pairs: make([]float64, k*k), rows: make([]float64, k),
			emit: make([]float64, e.Stats()), work: newLattice(e, seqs < workers)}
	}
	return ts
}

// expect fills the parts: part i has every sequence i, i+n, i+2n ….
func (ts totals) expect(ch chain, seqs [][]float64, workers int) error {
	var wait sync.WaitGroup
	gate := make(chan struct{}, workers)
	for i, t := range ts {
		wait.Go(func() {
			gate <- struct{}{}
			defer func() { <-gate }()
			t.reset()
			for s := i; s < len(seqs) && t.err == nil; s += len(ts) {
				t.add(ch, seqs[s])
			}
		})
	}
	wait.Wait()
	for _, t := range ts {
		if t.err != nil {
			return t.err
		}
	}
	return nil
}

func (t *total) reset() {
	t.logZ, t.err = 0, nil
	clear(t.start)
	clear(t.pairs)
	clear(t.rows)
	clear(t.emit)
}

// add runs both passes over a sequence and adds its statistics.
func (t *total) add(ch chain, x []float64) {
	w := t.work
	start, trans := ch.weights()
	w.load(x, start, trans)
	logZ, err := w.smooth(false)
	if err != nil {
		t.err = err
		return
	}
	t.logZ += logZ
	plus(t.start, w.b[:w.k])
	plus(t.pairs, w.pairs)
	plus(t.rows, w.row(w.b, w.t-1))
	for i := range t.rows { // every row but the last is left by a step
		t.rows[i] += sum(w.row(w.pairs, i))
	}
	w.accumulate(t.emit)
}

// sum adds all parts to the first, in order.
func (ts totals) sum() *total {
	first := ts[0]
	for _, t := range ts[1:] {
		first.logZ += t.logZ
		plus(first.start, t.start)
		plus(first.pairs, t.pairs)
		plus(first.rows, t.rows)
		plus(first.emit, t.emit)
	}
	return first
}

// plus adds b to a.
func plus(a, b []float64) {
	a = a[:len(b)]
	for i, v := range b {
		a[i] += v
	}
}
