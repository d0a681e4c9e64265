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
	if err := x.check(); err != nil {
		return nil, err
	}
	if err := c.check(x.D); err != nil {
		return nil, err
	}
	p, err := newPrior(c, x)
	if err != nil {
		return nil, err
	}
	b, spread := blocked(x), x.spread()
	var best *Model
	for r := range c.Restarts {
		q := newPosterior(c.Covariance, p)
		if err := q.start(p, b, spread, rng.New(c.Seed).Named("mixture").At(uint64(r)), c.Threads); err != nil {
			return nil, err
		}
		m, err := q.climb(ctx, p, b, c, r)
		if err != nil {
			return nil, err
		}
		if best == nil || m.Bound > best.Bound {
			best = m
		}
	}
	return best, nil
}

// climb sweeps until the bound gains less than the tolerance.
func (q *posterior) climb(ctx context.Context, p *prior, b *blocks, c Config, start int) (*Model, error) {
	var history []float64
	before := math.Inf(-1)
	for sweep := 1; ; sweep++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s := q.sweep(b, c.Threads)
		bound := s.logs - q.kl(p)
		if c.Progress != nil {
			c.Progress(Record{start, sweep, bound})
		}
		history = append(history, bound)
		if !(bound >= before-1e-9*math.Abs(before)) || math.IsInf(bound, 0) {
			return nil, fmt.Errorf("mixture: start %d, sweep %d: bound: got %v after %v, want one that does not fall", start, sweep, bound, before)
		}
		done := bound-before <= c.Tolerance*math.Abs(bound)
		if done || sweep >= c.Sweeps {
			return q.model(p, s, history, done), nil
		}
		before = bound
		q.sort(s)
		if err := q.update(p, s); err != nil {
			return nil, err
		}
	}
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
