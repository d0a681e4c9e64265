package topic

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
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

func TestDocumentsOfAStreamAreDrawnLikeThoseInMemory(t *testing.T) {
	docs, c := small(44, 500, 40, 20), Default(7)
	used := map[int]int{}
	for c.Seed = range uint64(300) {
		m, stream := newModel(c, 40), newModel(c, 40)
		if err := m.Seed(docs, c); err != nil {
			t.Fatal(err)
		}
		if err := stream.SeedFrom(docs.Stream(), c); err != nil || !slices.Equal(m.Lambda, stream.Lambda) {
			t.Fatalf("seed %d: got other topics or error %v", c.Seed, err)
		}
		won, err := lottery(docs.Stream(), 7, rng.New(c.Seed).Named("seeds").Rand())
		if err != nil || len(won) != 7 {
			t.Fatalf("got %d documents and error %v, want 7", len(won), err)
		}
		for _, x := range won {
			for d := range docs.Len() {
				if slices.Equal(docs.Doc(d).Terms, x.Terms) && slices.Equal(docs.Doc(d).Counts, x.Counts) {
					used[d/100]++
				}
			}
		}
	}
	for part := range 5 { // of 2100 draws 420 each, 18 the standard deviation
		if math.Abs(float64(used[part]-420)) > 5*18.3 {
			t.Errorf("got %d draws of part %d, want 420", used[part], part)
		}
	}
	if err := newModel(c, 5).SeedFrom(docs.Stream(), c); err == nil {
		t.Error("got no error for words that the model does not know")
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
