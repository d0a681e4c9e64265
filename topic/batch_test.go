package topic

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestABatchFitStoredBetweenSweepsGoesOnTheSame(t *testing.T) {
	docs := small(61, 40, 25, 20)
	for _, how := range []Learning{Fixed, Asymmetric, Hierarchical} {
		c := Default(4)
		c.Sweeps, c.Fresh, c.Tolerance, c.LearnAlpha, c.LearnEta = 14, 5, 0, how, how == Asymmetric
		want, err := NewSweeper(docs, c)
		if err != nil {
			t.Fatal(err)
		}
		if err := want.Fit(t.Context(), docs); err != nil {
			t.Fatal(err)
		}
		for _, stop := range []int{1, 4, 5, 6, 13} {
			ctx, cancel := context.WithCancel(t.Context())
			c.Progress = func(r Record) {
				if r.Sweep == stop {
					cancel()
				}
			}
			s, err := NewSweeper(docs, c)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Fit(ctx, docs); err == nil || s.Sweep != stop {
				t.Fatalf("got sweep %d and error %v, want a stop at %d", s.Sweep, err, stop)
			}
			b, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			var again Sweeper
			if err := json.Unmarshal(b, &again); err != nil {
				t.Fatal(err)
			}
			if err := again.Fit(t.Context(), docs); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(again.Model.Lambda, want.Model.Lambda) || !slices.Equal(again.Gamma, want.Gamma) ||
				!slices.Equal(again.Bounds, want.Bounds) || again.Updates != want.Updates {
				t.Errorf("%q stopped after sweep %d: got other topics, bounds or counts than without a stop", how, stop)
			}
		}
	}
}

func TestAFitThatIsDoneStaysSo(t *testing.T) {
	docs, c := small(62, 30, 15, 20), Default(3)
	c.Fresh, c.Tolerance = 2, 1e-3
	s, err := NewSweeper(docs, c)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Fit(t.Context(), docs); err != nil || !s.Done || s.Sweep == c.Sweeps {
		t.Fatalf("got sweep %d, done %v and error %v, want an end before sweep %d", s.Sweep, s.Done, err, c.Sweeps)
	}
	lambda := slices.Clone(s.Model.Lambda)
	if err := s.Fit(t.Context(), docs); err != nil || !slices.Equal(lambda, s.Model.Lambda) {
		t.Errorf("got other topics or error %v from a fit that was done", err)
	}
}

func TestStoredFitsThatCannotGoOnAreRefused(t *testing.T) {
	docs, c := small(63, 4, 5, 6), Default(2)
	c.Sweeps, c.Fresh, c.Tolerance = 3, 1, 0
	s, err := NewSweeper(docs, c)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Fit(t.Context(), docs); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back Sweeper
	for _, r := range [][2]string{{`"Gamma":[`, `"Gamma":[-1,`}, {`"Sweep":3`, `"Sweep":-3`}, {`"Config":{"Topics":2`, `"Config":{"Topics":3`},
		{`"Updates":`, `"Updates":-`}, {`"Config":{"Topics":2`, `"Config":{"Topics":0`}} {
		text := strings.Replace(string(b), r[0], r[1], 1)
		if err := json.Unmarshal([]byte(text), &back); err == nil || text == string(b) {
			t.Errorf("%s for %s: got no error", r[1], r[0])
		}
	}
	for _, bad := range []string{"{}", "[]", "{"} {
		if err := json.Unmarshal([]byte(bad), &back); err == nil {
			t.Errorf("%s: got no error", bad)
		}
	}
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if err := back.Fit(t.Context(), small(64, 5, 5, 6)); err == nil || !strings.Contains(err.Error(), "began with") {
		t.Errorf("got error %v, want one about another corpus", err)
	}
	back.Sweep, back.Bounds = 1, []float64{0}
	if err := back.Fit(t.Context(), docs); err == nil || !strings.Contains(err.Error(), "never to fall") {
		t.Errorf("got error %v, want one about a bound that falls", err)
	}
}
