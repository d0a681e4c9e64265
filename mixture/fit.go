package mixture

import (
	"context"
	"fmt"
	"math"

	"github.com/elbo-go/elbo/internal/rng"
)

// Fit fits a mixture to the rows of x from several starts and returns the fit with the highest
// bound. A bound that falls by more than 1e-9·|bound| is an error.
func Fit(ctx context.Context, x Data, c Config) (*Model, error) {
	f, err := NewFitter(x, c)
	if err != nil {
		return nil, err
	}
	for !f.Done() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if _, err := f.Sweep(); err != nil {
			return nil, err
		}
	}
	return f.Model()
}

// Fitter is a fit under way, sweep by sweep. Its [Snapshot] goes on to the same bits.
type Fitter struct {
	config Config
	p      *prior
	b      *blocks
	spread []float64 // D: weights of the columns in starts
	start  int       // of the sweeps that are made, from 0
	now    climb
	best   *climb // of the starts that are over
}

// climb is where the sweeps of one start stand.
type climb struct {
	q         *posterior
	count     []float64 // N_k of the last sweep
	history   []float64 // the bound of each sweep
	converged bool
}

// bound is the bound of the last sweep, −∞ before the first.
func (c *climb) bound() float64 {
	if len(c.history) == 0 {
		return math.Inf(-1)
	}
	return c.history[len(c.history)-1]
}

// NewFitter prepares a fit and makes its first start.
func NewFitter(x Data, c Config) (*Fitter, error) {
	f, err := newFitter(x, c)
	if err != nil {
		return nil, err
	}
	return f, f.begin()
}

// newFitter checks data and settings.
func newFitter(x Data, c Config) (*Fitter, error) {
	if err := x.check(); err != nil {
		return nil, err
	}
	if err := c.Check(x.D); err != nil {
		return nil, err
	}
	p, err := newPrior(c, x)
	if err != nil {
		return nil, err
	}
	return &Fitter{config: c, p: p, b: blocked(x), spread: x.spread()}, nil
}

// begin makes a start.
func (f *Fitter) begin() error {
	f.now = climb{q: newPosterior(f.config.Covariance, f.p)}
	return f.now.q.start(f.p, f.b, f.spread, rng.New(f.config.Seed).Named("mixture").At(uint64(f.start)), f.config.Threads)
}

// Done tells whether every start is over.
func (f *Fitter) Done() bool { return f.start >= f.config.Restarts }

// Sweep makes a sweep. A start ends when the bound gains less than the tolerance; the next sweep
// is then the first of the next start.
func (f *Fitter) Sweep() (Record, error) {
	if f.Done() {
		return Record{}, fmt.Errorf("mixture: sweep: got a fit whose %d starts are over", f.config.Restarts)
	}
	now, c := &f.now, f.config
	s, before := now.q.sweep(f.b, c.Threads), now.bound()
	bound := s.logs - now.q.kl(f.p)
	now.count, now.history = s.count, append(now.history, bound)
	r := Record{f.start, len(now.history), bound}
	if c.Progress != nil {
		c.Progress(r)
	}
	if !(bound >= before-1e-9*math.Abs(before)) || math.IsInf(bound, 0) {
		return r, fmt.Errorf("mixture: start %d, sweep %d: bound: got %v after %v, want one that does not fall", r.Start, r.Sweep, bound, before)
	}
	now.converged = bound-before <= c.Tolerance*math.Abs(bound)
	if now.converged || r.Sweep >= c.Sweeps {
		return r, f.next()
	}
	now.q.sort(s)
	return r, now.q.update(f.p, s)
}

// next ends a start.
func (f *Fitter) next() error {
	if over := f.now; f.best == nil || over.bound() > f.best.bound() {
		f.best = &over
	}
	if f.start++; f.Done() {
		return nil
	}
	return f.begin()
}

// Model returns the fit with the highest bound; there is one when the fitter is done.
func (f *Fitter) Model() (*Model, error) {
	if !f.Done() {
		return nil, fmt.Errorf("mixture: model: got a fit after %d of %d starts, want it done", f.start, f.config.Restarts)
	}
	b := f.best
	return b.q.model(f.p, b.count, b.history, b.converged), nil
}

// sort brings sticks into the order of the highest bound; other weights have none.
func (q *posterior) sort(s *sums) {
	if q.w.kind != Sticks {
		return
	}
	at, d := stickOrder(s.count, q.w.alpha), q.d
	s.count, s.first = permuted(s.count, at, 1), permuted(s.first, at, d)
	s.second, q.mean = permuted(s.second, at, d*d), permuted(q.mean, at, d)
}

// permuted returns runs of the given size in another order.
func permuted(x []float64, at []int, size int) []float64 {
	out := make([]float64, 0, len(x))
	for _, k := range at {
		out = append(out, x[k*size:(k+1)*size]...)
	}
	return out
}
