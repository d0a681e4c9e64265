package crf

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/crf"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/train/engine"
	"github.com/elbo-go/elbo/train/rundir"
)

func TestTheDrawnPhrasesAreLabelled(t *testing.T) {
	r := run(t, settings(generated, nil))
	if f1, acc := figure(t, r.Outcome, "chunk F1"), figure(t, r.Outcome, "accuracy"); f1 < 95 || acc < 97 {
		t.Errorf("got F1 %v and accuracy %v, want over 95 and 97", f1, acc)
	}
	if r.Info.Train != 400 || r.Info.Test != 100 || len(r.Outcome.Warnings) != 0 {
		t.Errorf("got %+v with warnings %+v", r.Info, r.Outcome.Warnings)
	}
	// A token by itself is not enough.
	apart := run(t, settings(generated, map[string]string{"independent": "true"}))
	if figure(t, apart.Outcome, "chunk F1") >= figure(t, r.Outcome, "chunk F1") {
		t.Error("transitions are of no use")
	}
	for i := 1; i < len(r.History); i++ {
		if *r.History[i].Bound < *r.History[i-1].Bound || r.History[i].Sweep != i+1 {
			t.Errorf("record %d: got %+v after %+v", i, r.History[i], r.History[i-1])
		}
	}
	names, err := engine.Report(t.Context(), r)
	if err != nil || !slices.Equal(names, []string{"sweeps.png", "confusion.png", "types.png", "transitions.png"}) {
		t.Errorf("got %v, %v", names, err)
	}
}

// Each sentence's share of the objective is its score: the penalised log-likelihood is the sum of
// scores less λ₂/2 ‖w‖², with λ₂ near 0.
func TestTheObjectiveIsTheSumOfScores(t *testing.T) {
	data := phrases(30, rng.New(3))
	path := file(t, "train.txt", inColumns(t, data, true))
	r := run(t, settings(path, map[string]string{"l2": "1e-9", "steps": "8"}))
	s, err := r.Model.(*Model).Score(t.Context(), path)
	if err != nil || len(s.Log) != 30 || s.Item != "sentence" {
		t.Fatalf("got %+v, %v", s, err)
	}
	sum := 0.
	for _, l := range s.Log {
		if l > 0 {
			t.Errorf("got the log probability %v", l)
		}
		sum += l
	}
	tk.Close(t, "objective", figure(t, r.Outcome, "penalised log-likelihood"), sum, 1e-6)
	// The probabilities of all labellings of a sentence are one in sum.
	m := r.Model.(*Model)
	short := []crf.Sequence{{Rows: [][]string{{"dog", "NN"}, {"run", "VB"}}}}
	labels, mass := m.Field.Labels(), 0.
	for _, a := range labels {
		for _, b := range labels {
			short[0].Labels = []string{a, b}
			s, err := m.Score(t.Context(), file(t, "s.txt", inColumns(t, short, true)))
			if err != nil {
				t.Fatal(err)
			}
			mass += math.Exp(s.Log[0])
		}
	}
	tk.Close(t, "mass", mass, 1, 1e-12)
}

func TestSentencesOfAFileAreLabelled(t *testing.T) {
	train, test := phrases(200, rng.New(3)), phrases(40, rng.New(4))
	path := file(t, "train.txt", inColumns(t, train, true))
	gold := file(t, "test.txt", inColumns(t, test, true))
	r := run(t, settings(path, map[string]string{"test": gold}))
	m := r.Model.(*Model)
	got, err := m.Assign(t.Context(), gold)
	if err != nil || !slices.Equal(got.Columns, []string{"c1", "c2", "label", "predicted"}) || len(got.Ends) != 39 || len(got.Notes) != 1 {
		t.Fatalf("got %v, %d ends, notes %q, %v", got.Columns, len(got.Ends), got.Notes, err)
	}
	if want := fmt.Sprintf("chunk F1 %.2f %%", figure(t, r.Outcome, "chunk F1")); !strings.HasPrefix(got.Notes[0], want) {
		t.Errorf("got %q, want %q", got.Notes[0], want)
	}
	right := 0
	for _, row := range got.Rows {
		if row[2] == row[3] {
			right++
		}
	}
	tk.Close(t, "accuracy", 100*float64(right)/float64(len(got.Rows)), figure(t, r.Outcome, "accuracy"), 1e-12)
	blind, err := m.Assign(t.Context(), file(t, "new.txt", inColumns(t, test, false)))
	if err != nil || !slices.Equal(blind.Columns, []string{"c1", "c2", "predicted"}) || blind.Notes != nil {
		t.Fatalf("got %v, %v", blind.Columns, err)
	}
	for i, row := range blind.Rows {
		if row[2] != got.Rows[i][3] {
			t.Fatalf("token %d: labels change what is predicted", i)
		}
	}
	var text strings.Builder
	if err := blind.Write(&text, ".txt"); err != nil {
		t.Fatal(err)
	}
	back, err := crf.ReadColumns(strings.NewReader(text.String()), true, crf.Limits{})
	if err != nil || len(back) != 40 || !reflect.DeepEqual(back[7].Rows, test[7].Rows) {
		t.Errorf("what is written cannot be read back: %v", err)
	}
}

func TestFilesThatDoNotFitARunAreErrors(t *testing.T) {
	m := run(t, settings(generated, map[string]string{"steps": "3"})).Model.(*Model)
	for text, want := range map[string]string{
		"a\nb\n":             "columns: got 1, want 2, or one more with the label",
		"a b c d\n":          "columns: got 4, want 2",
		"a b\nc\n":           "line 2: columns: got 1, want 2",
		"a \xff\n":           "not UTF-8",
		"dog NN\nruns VB X ": "line 2: columns: got 3, want 2",
	} {
		_, err := m.Assign(t.Context(), file(t, "new.txt", text))
		says(t, err, want, "new.txt")
	}
	_, err := m.Assign(t.Context(), "absent.txt")
	says(t, err, "absent.txt")
	_, err = m.Score(t.Context(), file(t, "new.txt", "dog NN\n"))
	says(t, err, "got no labels")
	_, err = m.Score(t.Context(), file(t, "new.txt", "dog NN B-XX\n"))
	says(t, err, "sentence 0", `unknown label "B-XX"`)
	empty, err := m.Assign(t.Context(), file(t, "new.txt", "\n\n"))
	if err != nil || len(empty.Rows) != 0 {
		t.Errorf("no sentences: got %v, %v", empty, err)
	}
}

func TestAnInterruptedTrainingGoesOnToTheSameBits(t *testing.T) {
	model := func(dir string) string {
		b, err := os.ReadFile(filepath.Join(dir, "model.json"))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for _, l1 := range []string{"0", "0.5"} {
		c := settings(generated, map[string]string{"steps": "12", "l1": l1})
		whole := run(t, c)
		for after := 1; after <= len(whole.History); after += 3 {
			dir := filepath.Join(t.TempDir(), "run")
			task, err := engine.Open(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			made := 0
			_, err = engine.Start(ctx, c, task, dir, "test", engine.Observer{Sweep: func(engine.Record) {
				if made++; made == after {
					cancel()
				}
			}})
			if !errors.Is(err, rundir.ErrInterrupted) {
				t.Fatalf("after %d: got %v", after, err)
			}
			r, err := engine.Resume(t.Context(), dir, task, nil, engine.Observer{})
			if err != nil || len(r.History) != len(whole.History) || model(dir) != model(whole.Dir) {
				t.Errorf("λ₁ = %s, after %d: another model, or %d steps of %d (%v)", l1, after, len(r.History), len(whole.History), err)
			}
		}
	}
}

func TestTheSettingsReachTheField(t *testing.T) {
	s := &sentences{templates: crf.Window(0, 1), apart: false}
	c := settings(generated, map[string]string{"min-count": "3", "all-pairs": "true", "independent": "true", "l1": "2", "l2": "4", "steps": "7", "tolerance": "0.25", "pairs": "9"})
	c.Threads = 3
	got := config(c, s)
	want := crf.Default()
	want.Templates, want.MinCount, want.AllPairs, want.Independent, want.L1, want.L2 = s.templates, 3, true, true, 2, 4
	want.MaxIterations, want.ValueTol, want.History, want.Workers = 7, .25, 9, 3
	if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	d := crf.Default()
	if got := config(settings(generated, nil), &sentences{templates: d.Templates}); fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", d) {
		t.Errorf("got the defaults %+v, want %+v", got, d)
	}
	s.apart = true
	if !config(settings(generated, nil), s).Independent {
		t.Error("templates without transitions make a chain")
	}
}

func TestModelsThatAreDamagedAreRefused(t *testing.T) {
	m := run(t, settings(generated, map[string]string{"steps": "2"})).Model.(*Model)
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	again, err := load(text)
	if err != nil || again.(*Model).Columns != 2 {
		t.Fatalf("got %v", err)
	}
	if b, err := json.Marshal(again); err != nil || string(b) != string(text) {
		t.Errorf("the model comes back as another (%v)", err)
	}
	for _, bad := range []string{"", "{}", `{"columns":2}`, strings.Replace(string(text), `"columns":2`, `"columns":0`, 1),
		strings.Replace(string(text), `"version":1`, `"version":9`, 1), string(text[:len(text)/2])} {
		if _, err := load([]byte(bad)); err == nil {
			t.Errorf("%.30q: loaded", bad)
		}
	}
}
