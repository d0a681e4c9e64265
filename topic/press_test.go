package topic

import (
	"math"
	"testing"
	"time"

	"github.com/elbo-go/elbo/topic/corpus"
)

// falls fits 5, 20 and 50 topics and wants their perplexity to fall to 25 % below the unigram's.
// It returns that of 50 and the token updates of batch inference.
func falls(t *testing.T, train, test *corpus.Corpus) (last float64, updates int64) {
	t.Helper()
	unigram, err := Unigram(train, test)
	if err != nil {
		t.Fatal(err)
	}
	last = unigram.Perplexity
	for _, k := range []int{5, 20, 50} {
		c := Default(k)
		begin := time.Now()
		var r Record
		rises(t, &c)
		check := c.Progress
		c.Progress = func(got Record) { check(got); r = got }
		m, err := Fit(t.Context(), train, c)
		if err != nil {
			t.Fatal(err)
		}
		took := time.Since(begin)
		got, err := m.Complete(test, c)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("K=%d: perplexity %.1f, unigram %.1f (%.1f%% below), bound %.6g, sweeps %d, token updates %d, %.2f s",
			k, got.Perplexity, unigram.Perplexity, 100*(1-got.Perplexity/unigram.Perplexity), r.Bound, r.Sweep, r.Updates, took.Seconds())
		if got.Perplexity >= last || k == 50 && got.Perplexity > 0.75*unigram.Perplexity {
			t.Errorf("K=%d: got perplexity %.1f after %.1f of fewer topics, want it to fall to 25%% below the unigram's %.1f", k, got.Perplexity, last, unigram.Perplexity)
		}
		last, updates = got.Perplexity, r.Updates
		share(t, m, test, got)
	}
	return last, updates
}

// share wants a share of the documents to score what they score among all of them.
func share(t *testing.T, m *Model, test *corpus.Corpus, all Completion) {
	t.Helper()
	logLik, tokens := 0.0, 0
	for part := range 4 {
		var ids []int
		for d := part; d < test.Len(); d += 4 {
			ids = append(ids, d)
		}
		got, err := m.Complete(test.Subset(ids), Config{})
		if err != nil {
			t.Fatal(err)
		}
		logLik, tokens = logLik+got.LogLik, tokens+got.Tokens
	}
	if tokens != all.Tokens || math.Abs(logLik/all.LogLik-1) > 1e-12 {
		t.Errorf("got log likelihood %.15g of %d tokens in four parts, want %.15g of %d", logLik, tokens, all.LogLik, all.Tokens)
	}
}

// catchesUp fits 50 topics by passes of stochastic inference and wants them within 3 % of batch
// inference by 40 % of its token updates.
func catchesUp(t *testing.T, train, test *corpus.Corpus, passes int, delay, batch float64, updates int64) {
	t.Helper()
	c := Default(50)
	c.Sweeps, c.Delay = passes, delay // chosen on a tenth of the training documents
	s := learner(t, train.Vocabulary, c)
	if err := s.Fit(t.Context(), train); err != nil {
		t.Fatal(err)
	}
	got, err := s.Model.Complete(test, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d passes: perplexity %.1f (%+.1f%% of batch's), token updates %d (%.0f%%)",
		passes, got.Perplexity, 100*(got.Perplexity/batch-1), s.Updates, 100*float64(s.Updates)/float64(updates))
	if got.Perplexity > 1.03*batch || float64(s.Updates) > 0.4*float64(updates) {
		t.Errorf("got perplexity %.1f by %d token updates, want within 3%% of %.1f in 40%% of %d", got.Perplexity, s.Updates, batch, updates)
	}
}

func TestTopicsOfThePressBeatItsUnigramByBatchAndByFewerStochasticUpdates(t *testing.T) {
	if testing.Short() {
		t.Skip("half a minute")
	}
	train, test := press(t)
	batch, updates := falls(t, train, test)
	catchesUp(t, train, test, 8, 4, batch, updates)
}
