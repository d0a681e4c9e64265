package topic

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/topic/corpus"
)

// Learner fits topics by stochastic variational inference (Hoffman, Blei & Bach 2010; Hoffman
// et al. 2013): step t takes the natural gradient of a batch of documents,
//
//	λ ← (1−ρ_t) λ + ρ_t λ̂,  ρ_t = (τ₀ + t)^−κ,  λ̂_vk = η + (D/S) Σ_{d∈S} n_dv φ_dvk.
//
// Its exported fields are all of its state: stored as JSON in the middle of a pass and read
// back, it goes on to the same λ.
type Learner struct {
	// Config is how it learns.
	Config Config
	// Model is the posterior of the topics so far.
	Model *Model
	// Step is the number t of steps done.
	Step int
	// Pass is the number of whole passes over the corpus.
	Pass int
	// Position is the number of documents of the current pass that were used.
	Position int
	// Seen is the number of documents used in all.
	Seen int
	// Updates is the number of token updates in all.
	Updates int64
	// Seeded tells that topics have begun with documents.
	Seeded bool
	// LogTheta is the running mean of E ln θ, K of it, from which α is learned.
	LogTheta []float64 `json:",omitempty"`

	beta []float64
}

// NewLearner begins with random topics over a vocabulary.
func NewLearner(vocabulary int, c Config) (*Learner, error) {
	if err := c.checkSteps(); err != nil {
		return nil, err
	}
	m, err := NewModel(vocabulary, c)
	if err != nil {
		return nil, err
	}
	return &Learner{Config: c, Model: m}, nil
}

// UnmarshalJSON reads a stored learner and refuses what cannot go on.
func (s *Learner) UnmarshalJSON(b []byte) error {
	type fields Learner
	var f fields
	if err := json.Unmarshal(b, &f); err != nil {
		return fmt.Errorf("topic: learner: %w", err)
	}
	if err := f.Config.checkSteps(); err != nil {
		return err
	}
	if f.LogTheta != nil && len(f.LogTheta) != f.Config.Topics {
		return fmt.Errorf("topic: learner: log theta: got %d numbers, want one for each of %d topics", len(f.LogTheta), f.Config.Topics)
	}
	if f.Model == nil || f.Model.Topics != f.Config.Topics || f.Step < 0 || f.Pass < 0 || f.Position < 0 || f.Seen < 0 {
		return fmt.Errorf("topic: learner: got a model or a place that does not fit its configuration, want a stored learner")
	}
	*s = Learner(f)
	return nil
}

// seed begins topics with documents, once.
func (s *Learner) seed(docs *corpus.Corpus) error {
	if s.Seeded || s.Step > 0 {
		return nil
	}
	s.Seeded = true
	return s.Model.Seed(docs, s.Config)
}

// rate is ρ_t.
func (s *Learner) rate() float64 {
	if s.Config.Rate > 0 {
		return s.Config.Rate
	}
	return math.Pow(s.Config.Delay+float64(s.Step), -s.Config.Forgetting)
}

// Learn takes one step with a batch that stands for a corpus of size documents.
func (s *Learner) Learn(batch *corpus.Corpus, size float64) error {
	if err := s.Model.knows(batch); err != nil {
		return err
	}
	if batch.Len() == 0 || !(size > 0) {
		return fmt.Errorf("topic: batch: got %d documents for a corpus of %g, want at least one", batch.Len(), size)
	}
	if s.beta == nil {
		s.beta = make([]float64, len(s.Model.Lambda))
	}
	b := *batch
	b.Vocabulary = s.Model.Vocabulary
	l := newLocal(&b, s.Model.alphas())
	need := func(v int) bool { return l.byTerm.starts[v] < l.byTerm.starts[v+1] }
	if s.Config.LearnEta {
		need = nil
	}
	s.Model.expectations(s.beta, need, s.Config.Threads)
	if s.Config.LearnEta && s.formed() {
		s.Model.learnEta(s.beta)
	}
	l.infer(s.beta, s.Config)
	s.Model.update(l, s.beta, s.rate(), size/float64(b.Len()), s.Config.Threads)
	if s.Config.LearnAlpha != Fixed && s.formed() {
		s.learnAlpha(l, size)
	}
	s.Step++
	s.Seen += b.Len()
	s.Updates += sum(l.updates)
	if s.Config.Progress != nil {
		s.Config.Progress(Record{Sweep: s.Step, Bound: math.NaN(), Updates: s.Updates})
	}
	return nil
}

// learnAlpha keeps the mean of E ln θ at the rate of the topics and moves α to its best for
// a corpus of size documents with that mean.
func (s *Learner) learnAlpha(l *local, size float64) {
	rho, mean := s.rate(), l.logTheta()
	for k := range mean {
		mean[k] /= float64(l.docs.Len())
		if s.LogTheta != nil {
			mean[k] = (1-rho)*s.LogTheta[k] + rho*mean[k]
		}
	}
	s.LogTheta = mean
	of := make([]float64, len(mean))
	axpy(size, mean, of)
	s.Model.learnAlpha(s.Config.LearnAlpha, of, size, s.Config.Gamma)
}

// formed tells whether the concentrations are learned yet: not in the first τ₀ steps, whose
// topics still resemble their random start.
func (s *Learner) formed() bool { return float64(s.Step) >= s.Config.Delay }

// Fit goes on to Config.Sweeps passes over a corpus in memory, in an order drawn anew for each,
// after it has begun topics with documents of the corpus (Config.Seeds).
// A cancelled context stops between steps; the learner can then be stored, or called again.
func (s *Learner) Fit(ctx context.Context, docs *corpus.Corpus) error {
	if err := usable(docs); err != nil {
		return err
	}
	if err := s.seed(docs); err != nil {
		return err
	}
	for s.Pass < s.Config.Sweeps {
		order := rng.New(s.Config.Seed).Named("order").At(uint64(s.Pass)).Perm(docs.Len())
		for s.Position < len(order) {
			if err := ctx.Err(); err != nil {
				return err
			}
			to := min(s.Position+s.Config.Batch, len(order))
			chosen := slices.Sorted(slices.Values(order[s.Position:to]))
			if err := s.Learn(docs.Subset(chosen), float64(docs.Len())); err != nil {
				return err
			}
			s.Position = to
		}
		s.Pass, s.Position = s.Pass+1, 0
	}
	return nil
}

// FitStream takes each document of a stream once, in batches, with no knowledge of how many
// there are: D is size where that is above 0, else the number seen so far. It keeps one batch;
// topics begin with documents of the first.
func (s *Learner) FitStream(ctx context.Context, r corpus.Reader, size float64) error {
	batch, d := &corpus.Corpus{Vocabulary: s.Model.Vocabulary}, corpus.Document{}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := r.Next(&d)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if err == nil {
			batch.Add(d)
		}
		if batch.Len() > 0 && (err != nil || batch.Len() == s.Config.Batch) {
			n := size
			if n <= 0 {
				n = float64(s.Seen + batch.Len())
			}
			if err := s.seed(batch); err != nil {
				return err
			}
			if err := s.Learn(batch, n); err != nil {
				return err
			}
			batch.Reset()
		}
		if err != nil {
			return nil
		}
	}
}
