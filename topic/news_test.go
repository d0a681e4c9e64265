package topic

import (
	"os"
	"testing"

	"github.com/elbo-go/elbo/topic/corpus"
)

// news is 20 newsgroups with 2,000 terms, as published: 11,268 documents to train on, 7,505 to test.
func news(t testing.TB) (train, test *corpus.Corpus) {
	return readAll(t, corpus.NewFeat, 2000, "20news-bow", "train.feat.gz"), readAll(t, corpus.NewFeat, 2000, "20news-bow", "test.feat.gz")
}

func TestTopicsOfNewsBeatItsUnigramByBatchAndByFewerStochasticUpdates(t *testing.T) {
	if os.Getenv("ELBO_PAPER") == "" {
		t.Skip("takes minutes: set ELBO_PAPER=1")
	}
	train, test := news(t)
	batch, updates := falls(t, train, test)
	catchesUp(t, train, test, 3, 40, batch, updates)
}

// A sampler of 500 sweeps stands for the posterior itself: mean-field topics are to predict
// within 10 % of it (the collapsed engine is printed for comparison).
func TestTopicsOfNewsPredictWithinATenthOfSampledOnes(t *testing.T) {
	if os.Getenv("ELBO_PAPER") == "" {
		t.Skip("takes minutes: set ELBO_PAPER=1")
	}
	train, test := news(t)
	c := Default(50)
	m, err := Fit(t.Context(), train, c)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSampler(train, c)
	if err != nil {
		t.Fatal(err)
	}
	g, err := s.Run(t.Context(), 400, 100)
	if err != nil {
		t.Fatal(err)
	}
	c.Sweeps, c.Tolerance = 100, 1e-3
	z, err := Collapsed(t.Context(), train, c)
	if err != nil {
		t.Fatal(err)
	}
	var perplexity []float64
	for _, m := range []*Model{m, g, z} {
		got, err := m.Complete(test, c)
		if err != nil {
			t.Fatal(err)
		}
		perplexity = append(perplexity, got.Perplexity)
	}
	t.Logf("perplexity: batch %.1f, sampled %.1f, collapsed %.1f", perplexity[0], perplexity[1], perplexity[2])
	if perplexity[0] > 1.1*perplexity[1] {
		t.Errorf("got perplexity %.1f, want it within 10%% of the sampler's %.1f", perplexity[0], perplexity[1])
	}
}
