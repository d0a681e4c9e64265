package topic

import (
	"testing"
	"time"
)

func TestTopicsOfThePressBeatItsUnigram(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds")
	}
	train, test := press(t)
	unigram, err := Unigram(train, test)
	if err != nil {
		t.Fatal(err)
	}
	last := unigram.Perplexity
	for _, k := range []int{5, 20, 50} {
		c := Default(k)
		begin := time.Now()
		var r Record
		c.Progress = func(got Record) {
			if !got.Start && got.Sweep > c.Fresh+1 && got.Bound < r.Bound {
				t.Errorf("K=%d, sweep %d: got bound %.10g after %.10g, want it never to fall", k, got.Sweep, got.Bound, r.Bound)
			}
			r = got
		}
		m, err := Fit(t.Context(), train, c)
		if err != nil {
			t.Fatal(err)
		}
		took := time.Since(begin)
		got, err := m.Complete(test, c)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("K=%d: perplexity %.1f, unigram %.1f, bound %.6g, sweeps %d, token updates %d, %.2f s", k, got.Perplexity, unigram.Perplexity, r.Bound, r.Sweep, r.Updates, took.Seconds())
		if got.Perplexity >= last || k == 50 && got.Perplexity > 0.75*unigram.Perplexity {
			t.Errorf("K=%d: got perplexity %.1f after %.1f of fewer topics, want it to fall to 25%% below the unigram's %.1f", k, got.Perplexity, last, unigram.Perplexity)
		}
		last = got.Perplexity
	}
}
