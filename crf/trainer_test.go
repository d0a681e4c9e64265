package crf

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// babble draws sentences of two columns whose labels depend on both and on the label before.
func babble(n int) (out []Sequence) {
	r := rng.New(8).Rand()
	for range n {
		var s Sequence
		before := 0
		for range 2 + r.IntN(9) {
			a, b := r.IntN(12), r.IntN(4)
			y := (a + 2*b + before) % 3
			if r.Float64() < .1 {
				y = r.IntN(3)
			}
			before = y
			s.Rows = append(s.Rows, []string{string(rune('a' + a)), string(rune('A' + b))})
			s.Labels = append(s.Labels, []string{"B-X", "I-X", "O"}[y])
		}
		out = append(out, s)
	}
	return out
}

// settings are those of a small training, with a penalty λ₁ or without.
func settings(l1 float64) Config {
	c := Default()
	c.Templates, c.L1, c.MaxIterations, c.Workers = append(Window(0, 1), Window(1, 1, 2)...), l1, 25, 2
	return c
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

// trained makes the steps that are left.
func trained(t *testing.T, tr *Trainer) *Model {
	t.Helper()
	for !tr.Done() {
		if err := tr.Step(); err != nil {
			t.Fatal(err)
		}
	}
	return tr.Model()
}

func TestATrainingGoesOnFromEveryStepToTheSameBits(t *testing.T) {
	data := babble(40)
	for _, l1 := range []float64{0, .2} {
		c := settings(l1)
		whole, err := Fit(context.Background(), data, c)
		if err != nil {
			t.Fatal(err)
		}
		want := text(t, whole)
		tr, err := NewTrainer(data, c)
		if err != nil {
			t.Fatal(err)
		}
		for {
			at, err := tr.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			b, err := json.Marshal(at) // as a file would hold it
			if err != nil {
				t.Fatal(err)
			}
			var read Snapshot
			if err := json.Unmarshal(b, &read); err != nil {
				t.Fatal(err)
			}
			c.Workers = 1 // does not decide the result
			again, err := Restore(data, c, read)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := again.Progress(), tr.Progress(); got != want {
				t.Errorf("λ₁ = %v: got %+v, want %+v", l1, got, want)
			}
			if text(t, trained(t, again)) != want {
				t.Errorf("λ₁ = %v, from step %d: the model differs", l1, tr.Progress().Iteration)
			}
			if tr.Done() {
				break
			}
			if err := tr.Step(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// The loss never rises, and is reported once a step, the start included.
func TestTheLossFallsStepByStep(t *testing.T) {
	for _, l1 := range []float64{0, .2} {
		c := settings(l1)
		var seen []Progress
		c.Progress = func(p Progress) { seen = append(seen, p) }
		m, err := Fit(context.Background(), babble(30), c)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range seen {
			if p.Iteration != i || i > 0 && p.Loss > seen[i-1].Loss {
				t.Errorf("λ₁ = %v, record %d: got %+v", l1, i, p)
			}
		}
		if len(seen) != m.Iterations+1 || seen[len(seen)-1].Loss != m.Loss {
			t.Errorf("λ₁ = %v: got %d records of %d steps", l1, len(seen), m.Iterations)
		}
	}
}

func TestASnapshotIsNotChangedByTheNextSteps(t *testing.T) {
	data := babble(20)
	tr, err := NewTrainer(data, settings(0))
	if err != nil {
		t.Fatal(err)
	}
	for range 4 {
		if err := tr.Step(); err != nil {
			t.Fatal(err)
		}
	}
	at, err := tr.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	before := maps.Clone(at.Arrays)
	for name, a := range before {
		before[name] = slices.Clone(a)
	}
	trained(t, tr)
	for name, a := range before {
		if !slices.Equal(a, at.Arrays[name]) {
			t.Errorf("%s has changed", name)
		}
	}
	if err := tr.Step(); err == nil || !strings.Contains(err.Error(), "is over") {
		t.Errorf("got %v", err)
	}
}

func TestAModelMayBeTakenEarly(t *testing.T) {
	data := babble(20)
	tr, err := NewTrainer(data, settings(0))
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.Step(); err != nil {
		t.Fatal(err)
	}
	early := tr.Model()
	if early.Iterations != 1 || early.Reason != "the training goes on" {
		t.Errorf("got %d iterations, %q", early.Iterations, early.Reason)
	}
	was := text(t, early)
	late := trained(t, tr)
	if text(t, early) != was || late.Loss >= early.Loss {
		t.Errorf("an early model changes with the training, or its loss %v is no larger than %v", early.Loss, late.Loss)
	}
}

func TestSnapshotsThatDoNotFitAreRefused(t *testing.T) {
	data, c := babble(20), settings(0)
	tr, err := NewTrainer(data, c)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := tr.Step(); err != nil {
			t.Fatal(err)
		}
	}
	good, err := tr.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	for want, edit := range map[string]func(*Snapshot){
		"crf: snapshot: unexpected": func(s *Snapshot) { s.State = nil },
		"got 9 pairs after 3 steps": func(s *Snapshot) { s.State = json.RawMessage(`{"steps": 3, "pairs": 9}`) },
		"got -1 pairs":              func(s *Snapshot) { s.State = json.RawMessage(`{"steps": 3, "pairs": -1}`) },
		"weights: got 0 weights":    func(s *Snapshot) { delete(s.Arrays, "weights") },
		"change 1: got 2 weights":   func(s *Snapshot) { s.Arrays["change 1"] = []float64{1, 2} },
		"step 0: weight 3: got NaN": func(s *Snapshot) {
			s.Arrays["step 0"] = slices.Clone(s.Arrays["step 0"])
			s.Arrays["step 0"][3] = math.NaN()
		},
		"got no labels in 0 sequences":    nil,
		"crf: config: MinCount: got 0":    nil,
		"weights: got 999 weights, want ": func(s *Snapshot) { s.Arrays["weights"] = make([]float64, 999) },
	} {
		s, rows, cfg := Snapshot{good.State, maps.Clone(good.Arrays)}, data, c
		switch {
		case edit != nil:
			edit(&s)
		case strings.Contains(want, "labels"):
			rows = nil
		default:
			cfg.MinCount = 0
		}
		if _, err := Restore(rows, cfg, s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestAContextEndsATraining(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	c := settings(0)
	c.Progress = func(p Progress) {
		if p.Iteration == 3 {
			cancel()
		}
	}
	if _, err := Fit(ctx, babble(20), c); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
