package topic

import (
	"context"
	"encoding/json"
	"fmt"
	"math"

	"github.com/elbo-go/elbo/topic/corpus"
)

// Fit is batch variational Bayes (Blei et al. 2003 with topics of their own posterior, as
// Hoffman et al. 2010, algorithm 1): sweeps of γ and φ for every document, then
// λ_vk = η + Σ_d n_dv φ_dvk. Each is a maximum in its own coordinates, so that after the start
// (Config.Fresh) the bound never falls; one that does by more than 1e-9 of its size is an error.
func Fit(ctx context.Context, docs *corpus.Corpus, c Config) (*Model, error) {
	s, err := NewSweeper(docs, c)
	if err != nil {
		return nil, err
	}
	return s.Model, s.Fit(ctx, docs)
}

// Sweeper is a batch fit that can be stopped: its exported fields are all of its state, and
// stored as JSON between two sweeps and read back it goes on to the same λ.
type Sweeper struct {
	// Config is how it sweeps.
	Config Config
	// Model is the posterior of the topics so far.
	Model *Model
	// Sweep is the number of sweeps done.
	Sweep int
	// Gamma is γ of every document, D×K.
	Gamma []float64
	// Updates is the number of token updates in all.
	Updates int64
	// Bounds are the evidence lower bounds so far, in nats, of the sweeps that have one.
	Bounds []float64
	// Done tells that the bound has stopped growing by Config.Tolerance.
	Done bool
}

// NewSweeper begins with topics of documents and noise.
func NewSweeper(docs *corpus.Corpus, c Config) (*Sweeper, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if err := usable(docs); err != nil {
		return nil, err
	}
	m := newModel(c, docs.Vocabulary)
	return &Sweeper{Config: c, Model: m}, m.Seed(docs, c)
}

// UnmarshalJSON reads a stored fit and refuses what cannot go on.
func (s *Sweeper) UnmarshalJSON(b []byte) error {
	type fields Sweeper
	var f fields
	if err := json.Unmarshal(b, &f); err != nil {
		return fmt.Errorf("topic: sweeper: %w", err)
	}
	if err := f.Config.check(); err != nil {
		return err
	}
	if f.Model == nil || f.Model.Topics != f.Config.Topics || f.Sweep < 0 || f.Updates < 0 || f.Sweep > 0 && len(f.Gamma) == 0 {
		return fmt.Errorf("topic: sweeper: got a model or a place that does not fit its configuration, want a stored fit")
	}
	for i, g := range f.Gamma {
		if !(g > 0) || math.IsInf(g, 1) {
			return fmt.Errorf("topic: sweeper: gamma %d: got %g, want it above 0", i, g)
		}
	}
	*s = Sweeper(f)
	return nil
}

// Fit goes on to Config.Sweeps sweeps of the corpus that it began with. A cancelled context
// stops between sweeps.
func (s *Sweeper) Fit(ctx context.Context, docs *corpus.Corpus) error {
	if err := usable(docs); err != nil {
		return err
	}
	if s.Model.Vocabulary != docs.Vocabulary || s.Gamma != nil && len(s.Gamma) != docs.Len()*s.Model.Topics {
		return fmt.Errorf("topic: sweeper: got %d documents of %d words, want the corpus it began with", docs.Len(), docs.Vocabulary)
	}
	l := newLocal(docs, s.Model.alphas())
	if s.Gamma != nil {
		copy(l.gamma, s.Gamma)
	}
	s.Gamma = l.gamma
	beta, before := make([]float64, len(s.Model.Lambda)), s.Updates
	for s.Sweep < s.Config.Sweeps && !s.Done {
		if err := ctx.Err(); err != nil {
			return err
		}
		r, err := s.sweep(l, beta)
		if err != nil {
			return err
		}
		if s.Done && s.Config.LearnAlpha == Hierarchical {
			s.Done = !s.prune(l, beta)
		}
		s.Updates = before + sum(l.updates)
		if r.Updates = s.Updates; s.Config.Progress != nil {
			s.Config.Progress(r)
		}
	}
	return nil
}

// sweep updates every document and then the topics and what is learned of their priors.
func (s *Sweeper) sweep(l *local, beta []float64) (Record, error) {
	s.Sweep++
	m, c := s.Model, s.Config
	m.expectations(beta, nil, c.Threads)
	r := Record{Sweep: s.Sweep, Start: s.Sweep <= c.Fresh, Bound: math.NaN()}
	if r.Start {
		l.restart()
	} else if c.LearnEta {
		m.learnEta(beta)
	}
	l.infer(beta, c)
	if !r.Start && (s.Sweep-c.Fresh)%c.BoundEvery == 0 || s.Sweep == c.Sweeps {
		r.Bound = s.bound(l, beta)
		if err := s.climb(r); err != nil {
			return r, err
		}
	}
	s.rise(l, beta, !r.Start)
	return r, nil
}

// bound is the evidence lower bound of the topics that beta is of, and of their documents.
func (s *Sweeper) bound(l *local, beta []float64) float64 {
	b := s.Model.topicBound(beta, s.Config.Threads) + sum(l.bound)
	if s.Config.LearnAlpha == Hierarchical {
		b += sharesPrior(l.alpha, s.Config.Gamma)
	}
	return b
}

// rise updates the topics, and α where it is learned.
func (s *Sweeper) rise(l *local, beta []float64, learn bool) {
	m, c := s.Model, s.Config
	m.update(l, beta, 1, 1, c.Threads)
	if learn && c.LearnAlpha != Fixed {
		m.learnAlpha(c.LearnAlpha, l.logTheta(), float64(l.docs.Len()), c.Gamma)
		l.alpha = m.alphas()
	}
}

// climb compares a bound with the last.
func (s *Sweeper) climb(r Record) error {
	last := math.Inf(-1)
	if n := len(s.Bounds); n > 0 {
		last = s.Bounds[n-1]
	}
	if fell := last - r.Bound; math.IsNaN(r.Bound) || fell > 1e-9*math.Abs(last) {
		return fmt.Errorf("topic: bound: sweep %d: got %.12g after %.12g, want it never to fall", r.Sweep, r.Bound, last)
	}
	s.Done = r.Bound-last < s.Config.Tolerance*math.Abs(r.Bound)
	s.Bounds = append(s.Bounds, r.Bound)
	return nil
}

// usable refuses a corpus without words.
func usable(docs *corpus.Corpus) error {
	if err := docs.Check(); err != nil {
		return err
	}
	if len(docs.Terms) == 0 {
		return fmt.Errorf("topic: corpus: got %d documents without a word, want at least one word", docs.Len())
	}
	return nil
}

// sum adds in order.
func sum[T int | int64 | float64](x []T) (s T) {
	for _, v := range x {
		s += v
	}
	return s
}
