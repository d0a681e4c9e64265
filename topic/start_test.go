package topic

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/topic/corpus"
)

func TestEachTopicBeginsWithADocumentOfItsOwn(t *testing.T) {
	docs, c := small(41, 9, 30, 20), Default(9)
	docs.Add(corpus.Document{}) // has no words to begin with
	c.Seeds = 0.3
	m, noise := newModel(c, 30), newModel(c, 30)
	if err := m.Seed(docs, c); err != nil {
		t.Fatal(err)
	}
	used := make([]int, 9)
	for k := range 9 {
		for d := range 9 {
			x, want := docs.Doc(d), make([]float64, 30)
			for i, v := range x.Terms {
				want[v] = 0.3 * 30 * float64(x.Counts[i]) / 20
			}
			same := true
			for v := range want {
				same = same && math.Abs(m.Lambda[v*9+k]-noise.Lambda[v*9+k]-want[v]) < 1e-12
			}
			if same {
				used[d]++
			}
		}
	}
	if !slices.Equal(used, slices.Repeat([]int{1}, 9)) {
		t.Errorf("got documents used %v times, want each once", used)
	}
}

func TestMoreTopicsThanDocumentsShareThem(t *testing.T) {
	docs, c := small(42, 2, 10, 5), Default(5)
	m := newModel(c, 10)
	if err := m.Seed(docs, c); err != nil {
		t.Fatal(err)
	}
	if got, want := sum(m.Lambda)-sum(newModel(c, 10).Lambda), c.Seeds*50; math.Abs(got-want) > 1e-12 {
		t.Errorf("got %g tokens of documents, want %g", got, want)
	}
}

func TestModelsThatCannotBeginAreRefused(t *testing.T) {
	c := Default(2)
	for want, begin := range map[string]func() error{
		"vocabulary": func() error { _, err := NewModel(0, c); return err },
		"topics":     func() error { _, err := NewModel(3, Config{}); return err },
		"weight":     func() error { c := c; c.Seeds = -1; _, err := NewModel(3, c); return err },
		"the 3 of":   func() error { return newModel(c, 3).Seed(small(1, 2, 9, 30), c) },
		`"flat"`:     func() error { c := c; c.LearnAlpha = "flat"; _, err := NewModel(3, c); return err },
	} {
		if err := begin(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one that says %q", err, want)
		}
	}
}

func TestALearnerStoredBeforeItsFirstStepIsNotSeededTwice(t *testing.T) {
	docs, c := small(43, 20, 15, 10), Default(3)
	c.Batch, c.Sweeps = 5, 1
	s, want := learner(t, 15, c), learner(t, 15, c)
	if err := s.seed(docs); err != nil {
		t.Fatal(err)
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
	if err := want.Fit(t.Context(), docs); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(again.Model.Lambda, want.Model.Lambda) {
		t.Error("got other topics than without a stop")
	}
}
