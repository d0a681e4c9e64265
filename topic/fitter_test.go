package topic

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/topic/corpus"
)

// crumbs draws documents of few words about three groups of them.
func crumbs(n int) *corpus.Corpus {
	r, c := rng.New(5).Rand(), &corpus.Corpus{Vocabulary: 12}
	for range n {
		group, counts := r.IntN(3), map[int32]int32{}
		for range 1 + r.IntN(15) {
			v := int32(4*group + r.IntN(4))
			if r.Float64() < .2 {
				v = int32(r.IntN(12))
			}
			counts[v]++
		}
		var d corpus.Document
		for _, v := range slices.Sorted(maps.Keys(counts)) {
			d.Terms, d.Counts = append(d.Terms, v), append(d.Counts, counts[v])
		}
		c.Add(d)
	}
	return c
}

// brief is a short fit.
func brief() Config {
	c := Default(3)
	c.Fresh, c.Sweeps, c.Tolerance = 3, 14, 0
	return c
}

// finished makes the sweeps that are left.
func finished(t *testing.T, f *Fitter) (*Model, []Record) {
	t.Helper()
	var all []Record
	for !f.Done() {
		r, err := f.Sweep()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return f.Model(), all
}

// text is a model as it is stored.
func text(t *testing.T, m *Model) string {
	t.Helper()
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAFitGoesOnFromEverySweepToTheSameBits(t *testing.T) {
	docs := crumbs(60)
	for _, learn := range []Learning{Fixed, Symmetric, Asymmetric, Hierarchical} {
		c := brief()
		c.LearnAlpha, c.LearnEta = learn, learn == Symmetric
		whole, err := Fit(t.Context(), docs, c)
		if err != nil {
			t.Fatal(err)
		}
		f, err := NewFitter(docs, c)
		if err != nil {
			t.Fatal(err)
		}
		for {
			s, err := f.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			b, err := json.Marshal(s) // as a file would hold it
			if err != nil {
				t.Fatal(err)
			}
			var read Snapshot
			if err := json.Unmarshal(b, &read); err != nil {
				t.Fatal(err)
			}
			g, err := Restore(docs, c, read)
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := finished(t, g); text(t, got) != text(t, whole) {
				t.Errorf("%q, from sweep %d: another model", learn, f.place.Sweep)
			}
			if f.Done() {
				break
			}
			if _, err := f.Sweep(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestRecordsGoOnWithTheFit(t *testing.T) {
	docs, c := crumbs(40), brief()
	var told []Record
	c.Progress = func(r Record) { told = append(told, r) }
	f, err := NewFitter(docs, c)
	if err != nil {
		t.Fatal(err)
	}
	for range 6 {
		if _, err := f.Sweep(); err != nil {
			t.Fatal(err)
		}
	}
	s, err := f.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	_, rest := finished(t, f)
	g, err := Restore(docs, c, s)
	if err != nil {
		t.Fatal(err)
	}
	_, again := finished(t, g)
	for i, r := range rest {
		if again[i] != r || r.Sweep != 7+i || math.IsNaN(r.Bound) {
			t.Errorf("record %d: got %+v, want %+v", i, again[i], r)
		}
	}
	if len(told) != 14+8 || !told[2].Start || told[3].Start || !math.IsNaN(told[2].Bound) {
		t.Errorf("got %d records, %+v", len(told), told[:4])
	}
	if _, err := f.Sweep(); err == nil || !strings.Contains(err.Error(), "is over after 14 sweeps") {
		t.Errorf("got %v", err)
	}
}

func TestSnapshotsThatDoNotFitAreRefused(t *testing.T) {
	docs, c := crumbs(30), brief()
	c.LearnAlpha = Asymmetric
	f, err := NewFitter(docs, c)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if _, err := f.Sweep(); err != nil {
			t.Fatal(err)
		}
	}
	good, err := f.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	for want, edit := range map[string]func(*Snapshot){
		"topic: snapshot: unexpected": func(s *Snapshot) { s.State = nil },
		"got 99 sweeps of 14":         func(s *Snapshot) { s.State = json.RawMessage(`{"sweep": 99, "alpha": 1, "eta": 1}`) },
		"α = 0":                       func(s *Snapshot) { s.State = json.RawMessage(`{"sweep": 1, "eta": 1}`) },
		"lambda: got 0 numbers":       func(s *Snapshot) { delete(s.Arrays, "lambda") },
		"gamma: got 1 numbers":        func(s *Snapshot) { s.Arrays["gamma"] = []float64{1} },
		"alphas: got 3 numbers, want": func(s *Snapshot) { s.Arrays["alphas"] = []float64{1, 0, 1} },
	} {
		s := Snapshot{good.State, maps.Clone(good.Arrays)}
		edit(&s)
		if _, err := Restore(docs, c, s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if _, err := Restore(&corpus.Corpus{Vocabulary: 3}, c, good); err == nil {
		t.Error("restored without documents")
	}
	c.Topics = 0
	if _, err := Restore(docs, c, good); err == nil {
		t.Error("restored without topics")
	}
}

func TestASamplerGoesOnWithItsTopics(t *testing.T) {
	docs, c := crumbs(30), brief()
	a, err := NewSampler(docs, c)
	if err != nil {
		t.Fatal(err)
	}
	for range 4 {
		a.Sweep()
	}
	b, err := NewSampler(docs, c)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Resume(slices.Clone(a.Topics()), 4); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		a.Sweep()
		b.Sweep()
	}
	x, y := make([]float64, 36), make([]float64, 36)
	a.Collect(x)
	b.Collect(y)
	if !slices.Equal(a.Topics(), b.Topics()) || !slices.Equal(x, y) || int(sum(x)) != docs.Tokens() {
		t.Error("the topics differ from those of a sampler that was left alone")
	}
	if err := b.Resume(a.Topics()[1:], 4); err == nil {
		t.Error("took the topics of another corpus")
	}
	bad := slices.Clone(a.Topics())
	bad[0] = 3
	if err := b.Resume(bad, 4); err == nil || !strings.Contains(err.Error(), "got topic 3, want 0 to 2") {
		t.Errorf("got %v", err)
	}
}
