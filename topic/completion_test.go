package topic

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/topic/corpus"
)

func TestHalvesAreTheTokensAtEvenAndOddPositions(t *testing.T) {
	docs := small(11, 40, 9, 13)
	docs.Add(corpus.Document{})
	docs.Add(corpus.Document{Terms: []int32{8, 2, 5}, Counts: []int32{1, 4, 1}})
	even, odd := Halves(docs)
	spell := func(c *corpus.Corpus, d int) (words []int) {
		w, _ := wordy(c.Subset([]int{d}))
		return w
	}
	for d := range docs.Len() {
		var want [2][]int
		for i, w := range spell(docs, d) {
			want[i%2] = append(want[i%2], w)
		}
		if got := [2][]int{spell(even, d), spell(odd, d)}; !reflect.DeepEqual(got, want) {
			t.Errorf("document %d: got %v, want %v", d, got, want)
		}
	}
}

// trained is a model of a small corpus and another corpus to score.
func trained(t *testing.T) (m *Model, train, test *corpus.Corpus, c Config) {
	c = Default(3)
	c.Sweeps = 10
	train, test = small(12, 50, 20, 30), small(13, 20, 20, 31)
	m, err := Fit(t.Context(), train, c)
	if err != nil {
		t.Fatal(err)
	}
	return m, train, test, c
}

func TestCompletionIsThatOfItsFormula(t *testing.T) {
	m, train, test, c := trained(t)
	got, err := m.Complete(test, c)
	if err != nil {
		t.Fatal(err)
	}
	c.Inner, c.InnerTolerance = 200, 1e-4
	even, odd := Halves(test)
	want, beta := 0.0, make([]float64, len(m.Lambda))
	m.expectations(beta, nil, 1)
	words := m.Words()
	for d := range test.Len() {
		l := newLocal(even.Subset([]int{d}), m.alphas())
		l.infer(beta, c)
		spelt, _ := wordy(odd.Subset([]int{d}))
		for _, w := range spelt {
			p := 0.0
			for k := range 3 {
				p += l.gamma[k] / sum(l.gamma) * words[k*20+w]
			}
			want += math.Log(p)
		}
	}
	if math.Abs(got.LogLik-want) > 1e-12*math.Abs(want) || got.Tokens != 20*15 || math.Abs(got.Perplexity/math.Exp(-want/300)-1) > 1e-12 {
		t.Errorf("got %+v, want %.15g of 300 tokens", got, want)
	}
	unigram, err := Unigram(train, test)
	if err != nil {
		t.Fatal(err)
	}
	counts, want := make([]float64, 20), 0
	spelt, _ := wordy(train)
	for _, w := range spelt {
		counts[w]++
	}
	spelt, _ = wordy(odd)
	for _, w := range spelt {
		want += math.Log((counts[w] + 1) / (50*30 + 20))
	}
	if math.Abs(unigram.LogLik-want) > 1e-12*math.Abs(want) {
		t.Errorf("unigram: got %.15g, want %.15g", unigram.LogLik, want)
	}
}

func TestCompletionDoesNotDependOnHowMuchIsEvaluated(t *testing.T) {
	m, _, test, c := trained(t)
	one, err := m.Complete(test, c)
	if err != nil {
		t.Fatal(err)
	}
	var docs []int
	for i := range 7 * test.Len() {
		docs = append(docs, i%test.Len())
	}
	many, err := m.Complete(test.Subset(docs), c)
	if err != nil || math.Abs(many.Perplexity/one.Perplexity-1) > 1e-13 || many.Tokens != 7*one.Tokens {
		t.Errorf("got %+v and error %v for seven copies, want the perplexity of one, %+v", many, err, one)
	}
}

func TestResultsDoNotDependOnThreads(t *testing.T) {
	docs, c := small(14, 200, 300, 40), Default(6)
	c.Sweeps = 8
	var want []float64
	var bound float64
	for _, threads := range []int{1, 2, 3, 8} {
		c.Threads = threads
		var r Record
		c.Progress = func(got Record) { r = got }
		m, err := Fit(t.Context(), docs, c)
		if err != nil {
			t.Fatal(err)
		}
		if threads == 1 {
			want, bound = m.Lambda, r.Bound
		}
		if !slices.Equal(m.Lambda, want) || r.Bound != bound {
			t.Errorf("%d threads: got other numbers than one", threads)
		}
	}
}

func TestTopWordsAreTheLikeliest(t *testing.T) {
	m := &Model{Topics: 2, Vocabulary: 3, Alpha: 1, Eta: 1, Lambda: []float64{1, 5, 4, 1, 4, 9}}
	if got := m.Top(2); !reflect.DeepEqual(got, [][]int{{1, 2}, {2, 0}}) {
		t.Errorf("got %v, want [[1 2] [2 0]]", got)
	}
	if got := m.Top(9); len(got[0]) != 3 {
		t.Errorf("got %d words, want all 3", len(got[0]))
	}
}

func TestCompletionRefusesWhatItCannotScore(t *testing.T) {
	m, train, _, c := trained(t)
	short := &corpus.Corpus{}
	short.Add(corpus.Document{Terms: []int32{1}, Counts: []int32{1}})
	for want, docs := range map[string]*corpus.Corpus{"odd positions": short, "vocabulary": small(1, 2, 30, 5), "term 1": {Vocabulary: 1, Starts: []int{0, 1}, Terms: []int32{1}, Counts: []int32{1}, Labels: []int{0}}} {
		if _, err := m.Complete(docs, c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one that says %q", err, want)
		}
	}
	if _, err := Unigram(train, short); err == nil {
		t.Error("got no error for documents of one word")
	}
}
