package topic

import (
	"context"
	"fmt"

	"github.com/elbo-go/elbo/topic/corpus"
)

// Fit is batch variational Bayes (Blei et al. 2003 with topics of their own posterior, as
// Hoffman et al. 2010, algorithm 1): sweeps of γ and φ for every document, then
// λ_vk = η + Σ_d n_dv φ_dvk. Each is a maximum in its own coordinates, so that after the start
// (Config.Fresh) the bound never falls; one that does by more than 1e-9 of its size is an error.
func Fit(ctx context.Context, docs *corpus.Corpus, c Config) (*Model, error) {
	f, err := NewFitter(docs, c)
	if err != nil {
		return nil, err
	}
	for !f.Done() {
		if err := ctx.Err(); err != nil {
			return f.Model(), err
		}
		if _, err := f.Sweep(); err != nil {
			return f.Model(), err
		}
	}
	return f.Model(), nil
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
