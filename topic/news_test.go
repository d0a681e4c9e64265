package topic

import (
	"testing"

	"github.com/elbo-go/elbo/topic/corpus"
)

// news is 20 newsgroups with 2,000 terms, as published: 11,268 documents to train on, 7,505 to test.
func news(t testing.TB) (train, test *corpus.Corpus) {
	return readAll(t, corpus.NewFeat, 2000, "20news-bow", "train.feat.gz"), readAll(t, corpus.NewFeat, 2000, "20news-bow", "test.feat.gz")
}

func TestTopicsOfNewsBeatItsUnigramByBatchAndByFewerStochasticUpdates(t *testing.T) {
	if testing.Short() {
		t.Skip("half a minute")
	}
	train, test := news(t)
	unigram, err := Unigram(train, test)
	if err != nil {
		t.Fatal(err)
	}
	score := func(m *Model, c Config) float64 {
		got, err := m.Complete(test, c)
		if err != nil {
			t.Fatal(err)
		}
		return got.Perplexity
	}
	last := unigram.Perplexity
	var updates int64
	for _, k := range []int{5, 50} {
		c := Default(k)
		c.Tolerance = 1e-4
		c.Progress = func(r Record) { updates = r.Updates }
		m, err := Fit(t.Context(), train, c)
		if err != nil {
			t.Fatal(err)
		}
		got := score(m, c)
		t.Logf("K=%d: perplexity %.1f, unigram %.1f, token updates %d", k, got, unigram.Perplexity, updates)
		if got >= last || k == 50 && got > 0.75*unigram.Perplexity {
			t.Errorf("K=%d: got perplexity %.1f after %.1f, want it to fall to 25%% below the unigram's %.1f", k, got, last, unigram.Perplexity)
		}
		last = got
	}
	c := Default(50)
	c.Sweeps, c.Inner, c.Forgetting = 3, 20, 0.85 // chosen on a tenth of the training documents
	s, err := NewLearner(2000, c)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Fit(t.Context(), train); err != nil {
		t.Fatal(err)
	}
	got := score(s.Model, c)
	t.Logf("stochastic: perplexity %.1f, token updates %d, %.0f%% of batch", got, s.Updates, 100*float64(s.Updates)/float64(updates))
	if got > 1.03*last || float64(s.Updates) > 0.4*float64(updates) {
		t.Errorf("got perplexity %.1f by %d token updates, want within 3%% of %.1f in 40%% of %d", got, s.Updates, last, updates)
	}
}
