package topic

import (
	"context"
	"fmt"
	"math"

	"github.com/elbo-go/elbo/topic/corpus"
)

// Fit is batch variational Bayes (Blei et al. 2003 with topics of their own posterior, as
// Hoffman et al. 2010, algorithm 1): sweeps of γ and φ for every document, then
// λ_vk = η + Σ_d n_dv φ_dvk. Each is a maximum in its own coordinates, so that after the start
// (Config.Fresh) the bound never falls; one that does by more than 1e-9 of its size is an error.
func Fit(ctx context.Context, docs *corpus.Corpus, c Config) (*Model, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if err := usable(docs); err != nil {
		return nil, err
	}
	m := newModel(c, docs.Vocabulary)
	if err := m.Seed(docs, c); err != nil {
		return nil, err
	}
	return m, m.fit(ctx, docs, c)
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

// fit runs the sweeps from the model's λ.
func (m *Model) fit(ctx context.Context, docs *corpus.Corpus, c Config) error {
	l := newLocal(docs, m.alphas())
	beta := make([]float64, len(m.Lambda))
	last := math.Inf(-1)
	for sweep := 1; sweep <= c.Sweeps; sweep++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		m.expectations(beta, nil, c.Threads)
		r := Record{Sweep: sweep, Start: sweep <= c.Fresh, Bound: math.NaN()}
		if r.Start {
			l.restart()
		} else if c.LearnEta {
			m.learnEta(beta)
		}
		l.infer(beta, c)
		done := false
		if !r.Start && (sweep-c.Fresh)%c.BoundEvery == 0 || sweep == c.Sweeps {
			r.Bound = m.topicBound(beta, c.Threads) + sum(l.bound)
			if c.LearnAlpha == Hierarchical {
				r.Bound += sharesPrior(l.alpha, c.Gamma)
			}
			if fell := last - r.Bound; math.IsNaN(r.Bound) || fell > 1e-9*math.Abs(last) {
				return fmt.Errorf("topic: bound: sweep %d: got %.12g after %.12g, want it never to fall", sweep, r.Bound, last)
			}
			done = r.Bound-last < c.Tolerance*math.Abs(r.Bound)
			last = r.Bound
		}
		m.update(l, beta, 1, 1, c.Threads)
		if !r.Start && c.LearnAlpha != Fixed {
			m.learnAlpha(c.LearnAlpha, l.logTheta(), float64(docs.Len()), c.Gamma)
			l.alpha = m.alphas()
		}
		if c.Progress != nil {
			r.Updates = sum(l.updates)
			c.Progress(r)
		}
		if done {
			break
		}
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
