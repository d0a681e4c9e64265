package topic

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/topic/corpus"
)

// near tells whether two lists agree to a share of their size.
func near(a, b []float64, share float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Abs(x-y) <= share*math.Abs(y) })
}

func TestSweepsOverShardsAreSweepsOverTheWhole(t *testing.T) {
	docs, c := small(31, 40, 30, 25), Default(4)
	c.Sweeps, c.Tolerance, c.Fresh = 9, 0, 3
	var records []Record
	c.Progress = func(r Record) { records = append(records, r) }
	want, err := Fit(t.Context(), docs, c)
	if err != nil {
		t.Fatal(err)
	}
	var shards []*corpus.Corpus
	for from := range 5 {
		var ids []int
		for d := from; d < docs.Len(); d += 5 {
			ids = append(ids, d)
		}
		shards = append(shards, docs.Subset(ids))
	}
	gamma := make([][]float64, len(shards))
	m, updates := newModel(c, 30), int64(0)
	if err := m.Seed(docs, c); err != nil {
		t.Fatal(err)
	}
	for sweep := 1; sweep <= c.Sweeps; sweep++ {
		e, total := m.Expect(2), Statistics{}
		for i, shard := range shards {
			if sweep <= c.Fresh {
				gamma[i] = make([]float64, 4*shard.Len())
			}
			s, err := e.Infer(shard, gamma[i], c)
			if err != nil {
				t.Fatal(err)
			}
			total.Add(s)
		}
		updates += total.Updates
		if r, got := records[sweep-1], m.Bound(total, 1); !r.Start && math.Abs(got/r.Bound-1) > 1e-11 || updates != r.Updates {
			t.Errorf("sweep %d: got bound %.15g by %d token updates, want %.15g by %d", sweep, got, updates, r.Bound, r.Updates)
		}
		if err := m.Update(total, 1, 1); err != nil {
			t.Fatal(err)
		}
		if total.Documents != 40 || total.Tokens != 1000 {
			t.Errorf("got %d documents of %d words, want 40 of 1000", total.Documents, total.Tokens)
		}
	}
	if !near(m.Lambda, want.Lambda, 1e-11) {
		t.Error("got other topics than those of the whole")
	}
}

func TestAStepFromStatisticsIsThatOfALearnerToTheBit(t *testing.T) {
	docs, c := small(32, 20, 30, 25), Default(4)
	c.Batch = 20
	s := learner(t, 30, c)
	if err := s.Learn(docs, 80); err != nil {
		t.Fatal(err)
	}
	m := newModel(c, 30)
	got, err := m.Expect(1).Infer(docs, nil, c)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(got) // as a shard would send them
	if err != nil {
		t.Fatal(err)
	}
	var back Statistics
	if err := json.Unmarshal(b, &back); err != nil || !reflect.DeepEqual(back, got) {
		t.Fatalf("got error %v or other statistics after a journey", err)
	}
	if err := m.Update(back, math.Pow(c.Delay, -c.Forgetting), 4); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(m.Lambda, s.Model.Lambda) {
		t.Error("got other topics than those of the learner")
	}
}

func TestStatisticsAddUpInAnyOrder(t *testing.T) {
	e := newModel(Default(3), 12).Expect(1)
	var forth, back Statistics
	shards := []*corpus.Corpus{small(33, 3, 5, 7), small(34, 2, 12, 4), {Vocabulary: 12}, small(35, 1, 12, 1)}
	for i := range shards {
		for total, at := range map[*Statistics]int{&forth: i, &back: len(shards) - 1 - i} {
			s, err := e.Infer(shards[at], nil, Default(3))
			if err != nil {
				t.Fatal(err)
			}
			total.Add(s)
		}
	}
	if !slices.Equal(forth.Terms, back.Terms) || !slices.IsSorted(forth.Terms) || !near(forth.Counts, back.Counts, 1e-13) {
		t.Errorf("got %v and %v", forth, back)
	}
	if got := sum(forth.Counts); math.Abs(got-30) > 1e-12 || forth.Tokens != 30 || forth.Documents != 6 {
		t.Errorf("got %g expected tokens of %d in %d documents, want 30 in 6", got, forth.Tokens, forth.Documents)
	}
}

func TestShardsThatDoNotFitAreRefused(t *testing.T) {
	m, c, docs := newModel(Default(2), 5), Default(2), small(36, 3, 5, 4)
	for want, infer := range map[string]func() error{
		"want no more":  func() error { _, err := m.Expect(1).Infer(small(1, 2, 9, 40), nil, c); return err },
		"γ of 5":        func() error { _, err := m.Expect(1).Infer(docs, make([]float64, 5), c); return err },
		"inner":         func() error { _, err := m.Expect(1).Infer(docs, nil, Config{}); return err },
		"agree":         func() error { _, err := m.Expect(1).Infer(&corpus.Corpus{Starts: []int{0, 2}}, nil, c); return err },
		"2 topics each": func() error { return m.Update(Statistics{Terms: []int32{1}, Counts: []float64{1}}, 1, 1) },
		"rising order":  func() error { return m.Update(Statistics{Terms: []int32{1, 1}, Counts: make([]float64, 4)}, 1, 1) },
		"ids below 5":   func() error { return m.Update(Statistics{Terms: []int32{5}, Counts: make([]float64, 2)}, 1, 1) },
		"none below 0":  func() error { return m.Update(Statistics{Terms: []int32{1}, Counts: []float64{1, math.NaN()}}, 1, 1) },
		"rate 0":        func() error { return m.Update(Statistics{}, 0, 1) },
		"scale -1":      func() error { return m.Update(Statistics{}, 1, -1) },
		"alpha [1 0]": func() error {
			_, err := (&Expectation{Topics: 2, Vocabulary: 5, Alpha: []float64{1, 0}, Beta: make([]float64, 10)}).Infer(docs, nil, c)
			return err
		},
		"of a model with 50": func() error {
			_, err := (&Expectation{Topics: 2, Vocabulary: 50, Alpha: []float64{1, 1}}).Infer(docs, nil, c)
			return err
		},
	} {
		if err := infer(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one that says %q", err, want)
		}
	}
}
