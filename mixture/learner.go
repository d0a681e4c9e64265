package mixture

import (
	"fmt"
	"math"

	"github.com/elbo-go/elbo/internal/rng"
)

// Steps says how far a learner goes with a batch: ρ_t = (τ₀ + t)^−κ of the way to what the batch
// alone would say (Hoffman, Blei, Wang & Paisley 2013, eq. 26).
type Steps struct {
	Delay  float64 // τ₀ ≥ 0
	Forget float64 // κ in (½, 1]; 0 with a delay of 0 makes every ρ 1
}

// DefaultSteps returns τ₀ = 1, κ = .7.
func DefaultSteps() Steps { return Steps{Delay: 1, Forget: .7} }

// rate is ρ_t of step t, from 1.
func (s Steps) rate(t int) float64 { return math.Pow(s.Delay+float64(t), -s.Forget) }

// check says what is wrong with the steps.
func (s Steps) check() error {
	if !(s.Delay >= 0) || math.IsInf(s.Delay, 0) {
		return fmt.Errorf("mixture: steps: delay: got %v, want a finite number of at least 0", s.Delay)
	}
	if s.Forget == 0 && s.Delay == 0 {
		return nil
	}
	if !(s.Forget > .5 && s.Forget <= 1) {
		return fmt.Errorf("mixture: steps: forget: got %v, want more than 1/2, for otherwise the noise of the batches does not die out, and at most 1, for otherwise the steps come to a stop too early", s.Forget)
	}
	return nil
}

// Learner fits a mixture batch by batch: stochastic variational inference. The posterior is the prior
// with statistics G of all rows, of which a batch of S rows gives an estimate without bias,
//
//	G ← (1 − ρ_t) G + ρ_t · N/S · (statistics of the batch under q),
//
// a step of length ρ_t along the natural gradient of the bound. Its memory does not depend on N.
type Learner struct {
	config Config
	steps  Steps
	rows   float64 // N, or 0
	seen   float64
	t      int
	p      *prior
	q      *posterior
	g      *sums     // about the centres
	centre []float64 // K×D
}

// NewLearner starts by k-means on some rows, which also give the prior where the settings leave it to
// the data. N is the number of rows that there are; 0 means those seen so far.
func NewLearner(first Data, n int, c Config, s Steps) (*Learner, error) {
	f, err := newFitter(first, c)
	if err != nil {
		return nil, err
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	if n < 0 {
		return nil, fmt.Errorf("mixture: learner: rows: got %d, want at least 0", n)
	}
	l := &Learner{config: c, steps: s, rows: float64(n), p: f.p, q: newPosterior(c.Covariance, f.p)}
	return l, l.q.start(f.p, f.b, f.spread, rng.New(c.Seed).Named("mixture").At(0), c.Threads)
}

// Learn makes a step with a batch. Before the first the posterior is that of the start; the first
// step goes all the way, for the start knows less rows.
func (l *Learner) Learn(batch Data) error {
	if err := batch.check(); err != nil {
		return err
	}
	if batch.D != l.q.d {
		return fmt.Errorf("mixture: learner: batch: got %d columns, want %d", batch.D, l.q.d)
	}
	s := l.q.sweep(blocked(batch), l.config.Threads)
	size := float64(batch.N())
	l.seen += size
	n := l.rows
	if n == 0 {
		n = l.seen
	}
	l.t++
	s.scale(n / size)
	if rho := l.steps.rate(l.t); l.g != nil && rho < 1 {
		l.g.recentre(l.centre, l.q.mean, l.q.d)
		l.g.scale(1 - rho)
		s.scale(rho)
		s.add(l.g)
	}
	l.q.sort(s)
	l.g, l.centre = s, append(l.centre[:0], l.q.mean...)
	return l.q.update(l.p, s)
}

// Model returns the mixture as it is now. It has no bound: [Model.ELBO] gives that of rows.
func (l *Learner) Model() (*Model, error) {
	if l.g == nil {
		return nil, fmt.Errorf("mixture: learner: model: got no batch yet, want one")
	}
	m := l.q.model(l.p, l.g.count, []float64{math.Inf(-1)}, false)
	m.Bound, m.History = 0, nil
	return m, nil
}

// scale multiplies the statistics.
func (s *sums) scale(c float64) {
	if c == 1 {
		return
	}
	for _, x := range [][]float64{s.count, s.first, s.second} {
		for i := range x {
			x[i] *= c
		}
	}
}

// recentre takes statistics about some centres to others: with δ = from − to,
//
//	Σ r (x − to) = f + Nδ,  Σ r (x − to)(x − to)ᵀ = S + fδᵀ + δfᵀ + Nδδᵀ.
func (s *sums) recentre(from, to []float64, d int) {
	delta := make([]float64, d)
	for k, n := range s.count {
		f := s.first[k*d : (k+1)*d]
		for j := range d {
			delta[j] = from[k*d+j] - to[k*d+j]
		}
		for i := range d {
			for j := range i + 1 {
				s.second[(k*d+i)*d+j] += f[i]*delta[j] + delta[i]*f[j] + n*delta[i]*delta[j]
			}
		}
		for j := range d {
			f[j] += n * delta[j]
		}
	}
}
