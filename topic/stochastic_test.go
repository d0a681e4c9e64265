package topic

import (
	"context"
	"encoding/json"
	"io"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/topic/corpus"
)

// learner begins or fails the test.
func learner(t *testing.T, vocabulary int, c Config) *Learner {
	t.Helper()
	s, err := NewLearner(vocabulary, c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAFullBatchAtRateOneIsBatchInferenceToTheBit(t *testing.T) {
	docs := small(5, 60, 40, 30)
	c := Default(4)
	c.Sweeps, c.Tolerance, c.Fresh, c.Batch, c.Rate = 7, 0, 7, 60, 1
	want, err := Fit(t.Context(), docs, c)
	if err != nil {
		t.Fatal(err)
	}
	s := learner(t, 40, c)
	if err := s.Fit(t.Context(), docs); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.Model.Lambda, want.Lambda) {
		t.Error("got other topics than those of batch inference")
	}
}

func TestTheEstimateOfAStepIsUnbiased(t *testing.T) {
	docs := small(6, 5, 12, 20)
	c := Default(3)
	c.Rate = 1
	want := learner(t, 12, c)
	if err := want.Learn(docs, 5); err != nil {
		t.Fatal(err)
	}
	mean, batches := make([]float64, len(want.Model.Lambda)), 0.0
	for a := range 5 {
		for b := range a {
			s := learner(t, 12, c)
			if err := s.Learn(docs.Subset([]int{b, a}), 5); err != nil {
				t.Fatal(err)
			}
			for i, l := range s.Model.Lambda {
				mean[i] += l
			}
			batches++
		}
	}
	for i, l := range want.Model.Lambda {
		if math.Abs(mean[i]/batches-l) > 1e-13*l {
			t.Errorf("λ %d: got %.16g over all batches of two, want %.16g", i, mean[i]/batches, l)
		}
	}
}

func TestALearnerStoredInTheMiddleOfAPassGoesOnTheSame(t *testing.T) {
	docs := small(7, 50, 30, 25)
	for _, how := range []Learning{Fixed, Symmetric, Asymmetric, Hierarchical} {
		c := Default(4)
		c.Batch, c.Sweeps, c.LearnAlpha, c.LearnEta = 8, 3, how, how == Symmetric
		want := learner(t, 30, c)
		if err := want.Fit(t.Context(), docs); err != nil {
			t.Fatal(err)
		}
		for _, stop := range []int{1, 6, 7, 10, 12, 20} {
			ctx, cancel := context.WithCancel(t.Context())
			c.Progress = func(r Record) {
				if r.Sweep == stop {
					cancel()
				}
			}
			s := learner(t, 30, c)
			if err := s.Fit(ctx, docs); err == nil || s.Step != stop {
				t.Fatalf("got step %d and error %v, want a stop at %d", s.Step, err, stop)
			}
			b, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			var again Learner
			if err := json.Unmarshal(b, &again); err != nil {
				t.Fatal(err)
			}
			if err := again.Fit(t.Context(), docs); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(again.Model.Lambda, want.Model.Lambda) || !slices.Equal(again.Model.alphas(), want.Model.alphas()) ||
				again.Model.Eta != want.Model.Eta || again.Step != want.Step || again.Updates != want.Updates {
				t.Errorf("%q stopped at step %d: got other topics than without a stop", how, stop)
			}
		}
	}
}

// repeat streams a corpus n times.
type repeat struct {
	c  *corpus.Corpus
	at corpus.Reader
	n  int
}

func (r *repeat) Next(d *corpus.Document) error {
	err := r.at.Next(d)
	if err == io.EOF && r.n > 1 {
		r.n--
		r.at = r.c.Stream()
		return r.at.Next(d)
	}
	return err
}

func TestAStreamNeedsNoMoreMemoryWhenItIsTenTimesAsLong(t *testing.T) {
	docs := small(8, 2000, 200, 50)
	live := func(n int) float64 {
		c := Default(5)
		c.Inner, c.Batch = 2, 64
		most := uint64(0)
		c.Progress = func(r Record) {
			if r.Sweep%10 == 0 {
				var m runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
		}
		s := learner(t, 200, c)
		if err := s.FitStream(t.Context(), &repeat{docs, docs.Stream(), n}, 0); err != nil {
			t.Fatal(err)
		}
		if s.Seen != 2000*n || s.Step != (2000*n+63)/64 {
			t.Errorf("got %d documents in %d steps, want %d in batches of 64", s.Seen, s.Step, 2000*n)
		}
		return float64(most)
	}
	one, ten := live(1), live(10)
	t.Logf("live bytes at most: %.0f, of ten times the stream %.0f", one, ten)
	if ten > 1.1*one { // ten times the documents would be 3 MB more
		t.Errorf("got %.0f bytes for ten times the stream, want those of once, %.0f", ten, one)
	}
}

func TestBadConfigurationsAreRefusedWithAReason(t *testing.T) {
	docs := small(9, 3, 4, 5)
	for want, change := range map[string]func(c *Config){
		"topics":            func(c *Config) { c.Topics = 0 },
		"alpha":             func(c *Config) { c.Alpha = 1e-7 },
		"eta":               func(c *Config) { c.Eta = math.NaN() },
		"sweeps":            func(c *Config) { c.Sweeps = 0 },
		"tolerances":        func(c *Config) { c.Tolerance = -1 },
		"batch":             func(c *Config) { c.Batch = 0 },
		"rate: got 2":       func(c *Config) { c.Rate = 2 },
		"never dies out":    func(c *Config) { c.Forgetting = 0.5 },
		"κ = 1.1":           func(c *Config) { c.Forgetting = 1.1 },
		"delay: got τ₀ = 0": func(c *Config) { c.Delay = 0 },
	} {
		c := Default(2)
		change(&c)
		if _, err := NewLearner(4, c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one that says %q", err, want)
		}
	}
	s := learner(t, 2, Default(2))
	if err := s.Learn(docs, 3); err == nil || !strings.Contains(err.Error(), "vocabulary") {
		t.Errorf("got error %v, want one about the vocabulary", err)
	}
	if err := s.Learn(&corpus.Corpus{}, 3); err == nil {
		t.Error("got no error for an empty batch")
	}
	if _, err := Fit(t.Context(), &corpus.Corpus{Vocabulary: 3}, Default(2)); err == nil {
		t.Error("got no error for an empty corpus")
	}
	if _, err := NewLearner(0, Default(2)); err == nil {
		t.Error("got no error for an empty vocabulary")
	}
}

func TestStoredModelsThatAreNoneAreRefused(t *testing.T) {
	m := newModel(Default(2), 3)
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var back Model
	if err := json.Unmarshal(b, &back); err != nil || !slices.Equal(back.Lambda, m.Lambda) {
		t.Errorf("got error %v or other numbers, want the model", err)
	}
	for _, r := range [][2]string{{`"topic"`, `"other"`}, {`"Topics":2`, `"Topics":-2`}, {`"Vocabulary":3`, `"Vocabulary":4`}, {`"Alpha":0.5`, `"Alpha":0`}, {`[`, `[-1e3+`}, {`"Lambda":[`, `"Lambda":[-1,`}} {
		if err := json.Unmarshal([]byte(strings.Replace(string(b), r[0], r[1], 1)), &back); err == nil {
			t.Errorf("%s for %s: got no error", r[1], r[0])
		}
	}
	var s Learner
	for _, bad := range []string{`{}`, `[]`, `{"Config":{"Topics":2}}`} {
		if err := json.Unmarshal([]byte(bad), &s); err == nil {
			t.Errorf("%s: got no error", bad)
		}
	}
}
