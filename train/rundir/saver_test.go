package rundir

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/ckpt"
)

// saverOf opens a saver in a directory; the test closes its store.
func saverOf(t *testing.T, dir string, every float64) *Saver {
	t.Helper()
	store, err := ckpt.Open(filepath.Join(dir, Checkpoints))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	s := &Saver{Store: store, Log: Log{filepath.Join(dir, HistoryFile)}, Fingerprint: "f", Every: every}
	s.Begin()
	return s
}

// counted is a snapshot that holds a number.
func counted(n float64) func() (Snapshot, error) {
	return func() (Snapshot, error) {
		return Snapshot{json.RawMessage(`{"n":1}`), []ckpt.Tensor{ckpt.FromFloat64s("n", []int{1}, []float64{n})}}, nil
	}
}

func TestASaverGoesOnAtItsLastCheckpoint(t *testing.T) {
	dir := t.TempDir()
	s := saverOf(t, dir, 0)
	if from, err := s.Reload(); from != nil || err != nil {
		t.Fatalf("got %v, %v from an empty run", from, err)
	}
	for i := range 3 {
		s.Line(map[string]int{"epoch": i + 1})
		if err := s.Checkpoint(t.Context(), counted(float64(i+1))); err != nil {
			t.Fatal(err)
		}
	}
	s.Line(map[string]int{"epoch": 4}) // written, but after the last checkpoint
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	s.Store.Close()
	again := saverOf(t, dir, 0)
	from, err := again.Reload()
	if err != nil {
		t.Fatal(err)
	}
	if v, err := from.Arrays[0].Float64s(); err != nil || v[0] != 3 || string(from.Fit) != `{"n":1}` {
		t.Errorf("got %v, %s, %v", v, from.Fit, err)
	}
	if got := linesOf(t, again.Log); len(got) != 3 {
		t.Errorf("got the lines %q, want three", got)
	}
	again.Line(map[string]int{"epoch": 4})
	if err := again.Flush(); err != nil || strings.Join(linesOf(t, again.Log), "") != `{"epoch":1}{"epoch":2}{"epoch":3}{"epoch":4}` {
		t.Errorf("got %q, %v", linesOf(t, again.Log), err)
	}
}

func TestASaverSavesByTimeAndWhenTheContextEnds(t *testing.T) {
	s := saverOf(t, t.TempDir(), 1e6)
	s.Line(1)
	if err := s.Checkpoint(t.Context(), counted(1)); err != nil {
		t.Fatal(err)
	}
	if steps, err := s.Store.Steps(); err != nil || len(steps) != 0 {
		t.Errorf("got steps %v before the time, %v", steps, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Checkpoint(ctx, counted(1)); !errors.Is(err, ErrInterrupted) {
		t.Errorf("got %v, want that the run was interrupted", err)
	}
	if steps, err := s.Store.Steps(); err != nil || len(steps) != 1 {
		t.Errorf("got steps %v at the end, %v", steps, err)
	}
}

func TestWhatCannotBeSavedIsTold(t *testing.T) {
	dir := t.TempDir()
	s := saverOf(t, dir, 0)
	var warned []string
	s.Warn = func(name, detail string) { warned = append(warned, name+": "+detail) }
	s.Line(func() {})
	if err := s.Checkpoint(t.Context(), func() (Snapshot, error) { return Snapshot{}, errors.New("no state") }); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, Checkpoints)); err != nil {
		t.Fatal(err)
	}
	if err := s.Checkpoint(t.Context(), counted(1)); err != nil {
		t.Fatal(err)
	}
	if len(warned) != 3 || !strings.HasPrefix(warned[0], "history not written") || warned[1] != "checkpoint not saved: no state" ||
		!strings.HasPrefix(warned[2], "checkpoint not saved: train: checkpoint after 1 epochs not saved: ") {
		t.Errorf("got %q", warned)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Checkpoint(ctx, counted(1)); !errors.Is(err, ErrInterrupted) || !strings.Contains(err.Error(), "not saved") {
		t.Errorf("got %v, want both", err)
	}
}

func TestStatesOfSomethingElseAreRefused(t *testing.T) {
	for want, state := range map[string]State{
		"got format 7 after 1 epochs, want 1 after 1": {7, "f", 1, 0, nil},
		"got format 1 after 2 epochs, want 1 after 1": {1, "f", 2, 0, nil},
		"got data fingerprint g, want f":              {1, "g", 1, 0, nil},
	} {
		s := saverOf(t, t.TempDir(), 0)
		b, err := json.Marshal(state)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Store.Save(ckpt.Checkpoint{Step: 1, State: b}, ckpt.SaveOptions{}); err != nil {
			t.Fatal(err)
		}
		_, err = s.Reload()
		says(t, err, want)
	}
}
