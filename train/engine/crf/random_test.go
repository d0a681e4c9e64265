package crf

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/crf"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/train/engine"
)

// random draws sentences of up to four tokens and labels that mean nothing.
func random(n int, key rng.Key) (out []crf.Sequence) {
	r := key.Rand()
	for range n {
		var s crf.Sequence
		for range 1 + r.IntN(4) {
			s.Rows = append(s.Rows, []string{string(rune('a' + r.IntN(5))), string(rune('A' + r.IntN(2)))})
			s.Labels = append(s.Labels, []string{"B-X", "I-X", "O"}[r.IntN(3)])
		}
		out = append(out, s)
	}
	return out
}

// each calls f with every labelling of n tokens.
func each(labels []string, n int, f func(y []string)) {
	y := make([]string, n)
	var fill func(t int)
	fill = func(t int) {
		if t == n {
			f(y)
			return
		}
		for _, l := range labels {
			y[t] = l
			fill(t + 1)
		}
	}
	fill(0)
}

// What is predicted is the likeliest of all labellings, whose probabilities are one in sum.
func TestPredictionsAreTheLikeliestOfAllLabellings(t *testing.T) {
	key := rng.New(12)
	for trial := range 25 {
		data := random(12, key.At(uint64(trial)))
		path := file(t, "train.txt", inColumns(t, data, true))
		m := run(t, settings(path, map[string]string{"steps": "4", "l2": "0.1"})).Model.(*Model)
		got, err := m.Assign(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		at := 0
		for _, s := range data[:3] {
			best, mass := math.Inf(-1), 0.
			likeliest := ""
			each(m.Field.Labels(), len(s.Rows), func(y []string) {
				l, err := m.Field.LogProb(crf.Sequence{Rows: s.Rows, Labels: y})
				if err != nil {
					t.Fatal(err)
				}
				mass += math.Exp(l)
				if l > best+1e-12 {
					best, likeliest = l, strings.Join(y, " ")
				}
			})
			tk.Close(t, "mass", mass, 1, 1e-12)
			var said []string
			for range s.Rows {
				said = append(said, got.Rows[at][3].(string))
				at++
			}
			if strings.Join(said, " ") != likeliest {
				t.Errorf("trial %d: got %v, want %s", trial, said, likeliest)
			}
		}
	}
}

// Seeded corruptions of a good file are errors or labels for every token, never a panic.
func TestNoCorruptFilePanics(t *testing.T) {
	m := run(t, settings(generated, map[string]string{"steps": "3"})).Model.(*Model)
	good := inColumns(t, phrases(3, rng.New(6)), true)
	r := rng.New(7).Rand()
	path := filepath.Join(t.TempDir(), "new.txt")
	for range 1000 {
		b := []byte(good)
		for range 1 + r.IntN(5) {
			switch i := r.IntN(len(b)); r.IntN(3) {
			case 0:
				b[i] = byte(r.IntN(256))
			case 1:
				b = b[:i+1]
			default:
				b = append(b[:i:i], append([]byte{" \n\tx"[r.IntN(4)]}, b[i:]...)...)
			}
		}
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		if got, err := m.Assign(t.Context(), path); err == nil {
			for i, row := range got.Rows {
				if len(row) != len(got.Columns) {
					t.Fatalf("row %d: got %d cells of %d", i, len(row), len(got.Columns))
				}
			}
		}
		_, _ = m.Score(t.Context(), path)
	}
}

// Three hundred sentences of the shared task of chunking, of whose test sentences each twentieth is
// labelled: the field is far above words by themselves.
func TestSentencesOfTheSharedTaskAreChunked(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for some seconds")
	}
	train, err := crf.ReadColumns(tk.DataFile(t, "conll2000", "train.txt.gz"), true, crf.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	test, err := crf.ReadColumns(tk.DataFile(t, "conll2000", "test.txt.gz"), true, crf.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var some []crf.Sequence
	for i := 0; i < len(test); i += 20 {
		some = append(some, test[i])
	}
	c := settings(file(t, "train.txt", inColumns(t, train[:300], true)), map[string]string{"test": file(t, "test.txt", inColumns(t, some, true))})
	r := run(t, c)
	f1 := figure(t, r.Outcome, "chunk F1")
	t.Logf("F1 %.2f after %d steps", f1, len(r.History))
	if f1 < 84 {
		t.Errorf("got F1 %v, want over 84", f1)
	}
	if _, err := engine.Report(t.Context(), r); err != nil {
		t.Error(err)
	}
}
