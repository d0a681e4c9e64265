package topic

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/topic/corpus"
)

func TestASweepOfCollapsedInferenceIsItsFormulaTokenByToken(t *testing.T) {
	docs, c := small(51, 6, 8, 1), Default(3)
	docs.Add(corpus.Document{Terms: []int32{2, 5}, Counts: []int32{1, 1}}) // all counts are 1: entries are tokens
	s := newCollapsed(docs, c)
	words, where := wordy(docs)
	want := append([]float64(nil), s.phi...)
	for i, w := range words {
		next, all := make([]float64, 3), 0.0
		for k := range next {
			inDoc, ofWord, total := 0.0, 0.0, 0.0
			for j, v := range words {
				if j == i {
					continue
				}
				if where[j] == where[i] {
					inDoc += want[j*3+k]
				}
				if v == w {
					ofWord += want[j*3+k]
				}
				total += want[j*3+k]
			}
			next[k] = (inDoc + c.Alpha) * (ofWord + c.Eta) / (total + 8*c.Eta)
			all += next[k]
		}
		for k := range next {
			want[i*3+k] = next[k] / all
		}
	}
	s.sweep()
	if !near(s.phi, want, 1e-12) {
		t.Errorf("got φ %v, want %v", s.phi, want)
	}
}

func TestCountsOfCollapsedInferenceAreTheSumsOfItsResponsibilities(t *testing.T) {
	docs, c := small(52, 20, 12, 30), Default(4)
	s := newCollapsed(docs, c)
	last := math.Inf(1)
	for range 30 {
		change := s.sweep()
		if change > last*1.5 {
			t.Errorf("got a change of %g after %g", change, last)
		}
		last = change
	}
	inDoc, ofWord := make([]float64, len(s.inDoc)), make([]float64, len(s.ofWord))
	for d := range docs.Len() {
		for i := docs.Starts[d]; i < docs.Starts[d+1]; i++ {
			for k, p := range s.phi[i*4 : (i+1)*4] {
				inDoc[d*4+k] += p * float64(docs.Counts[i])
				ofWord[int(docs.Terms[i])*4+k] += p * float64(docs.Counts[i])
			}
		}
	}
	for i, n := range inDoc {
		if math.Abs(n-s.inDoc[i]) > 1e-10 {
			t.Errorf("document count %d: got %g, want %g", i, s.inDoc[i], n)
		}
	}
	for i, n := range ofWord {
		if math.Abs(n-s.ofWord[i]) > 1e-10 {
			t.Errorf("word count %d: got %g, want %g", i, s.ofWord[i], n)
		}
	}
}

func TestCollapsedInferenceIsRefusedWithAReason(t *testing.T) {
	docs, c := small(53, 3, 4, 5), Default(2)
	if _, err := Collapsed(t.Context(), &corpus.Corpus{}, c); err == nil {
		t.Error("got no error for an empty corpus")
	}
	if _, err := Collapsed(t.Context(), docs, Config{}); err == nil {
		t.Error("got no error for no topics")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Collapsed(ctx, docs, c); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want that of the context", err)
	}
	big := &corpus.Corpus{Vocabulary: 1, Starts: make([]int, 20001), Labels: make([]int, 20000)}
	for d := range 20000 {
		big.Starts[d+1] = d + 1
		big.Terms, big.Counts = append(big.Terms, 0), append(big.Counts, 1)
	}
	c.Topics = 1 << 16
	if _, err := Collapsed(t.Context(), big, c); err == nil || !strings.Contains(err.Error(), "20000 entries") {
		t.Errorf("got error %v, want one about memory", err)
	}
}
