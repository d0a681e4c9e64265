package topic

import (
	"math"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/topic/corpus"
)

func TestScoresOfShardsAreThoseOfTheWholeToTheBit(t *testing.T) {
	m, _, test, c := trained(t)
	test.Add(corpus.Document{})
	test.Add(corpus.Document{Terms: []int32{3}, Counts: []int32{1}}) // has no odd position
	s := m.Scorer(1)
	want, tokens, err := s.Score(test, 2)
	if err != nil || len(want) != 22 || tokens[20] != 0 || tokens[21] != 0 || want[20] != 0 || want[21] != 0 {
		t.Fatalf("got scores %v of %v tokens and error %v", want, tokens, err)
	}
	var got []float64
	for d := range test.Len() {
		one, _, err := s.Score(test.Subset([]int{d}), 1)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, one...)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v one by one, want %v", got, want)
	}
	all, err := m.Complete(test, c)
	if err != nil || all.LogLik != sum(want) || all.Tokens != sum(tokens) || math.Abs(all.Perplexity/math.Exp(-sum(want)/300)-1) > 1e-12 {
		t.Errorf("got %+v and error %v, want the sum of the documents", all, err)
	}
}

func TestScoresOfUnknownWordsAreRefused(t *testing.T) {
	m, _, _, _ := trained(t)
	if _, _, err := m.Scorer(1).Score(small(1, 2, 30, 5), 1); err == nil {
		t.Error("got no error for words that the model does not know")
	}
}
