package supervised

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/bnn"
	"github.com/elbo-go/elbo/ckpt"
	"github.com/elbo-go/elbo/train/rundir"
)

// stepsOf lists the checkpoints of a run.
func stepsOf(t *testing.T, dir string) []int64 {
	t.Helper()
	s, err := ckpt.OpenReadOnly(filepath.Join(dir, rundir.Checkpoints))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	steps, err := s.Steps()
	if err != nil {
		t.Fatal(err)
	}
	return steps
}

func TestCheckpointsAreMadeByTime(t *testing.T) {
	c := tiny(numberColumns(t, 60), "y")
	c.SaveEvery = 1e6
	if steps := stepsOf(t, start(t, c).Dir); len(steps) != 0 {
		t.Errorf("a fit shorter than the time between checkpoints left those of epochs %v", steps)
	}
	c.SaveEvery = 0
	if steps := stepsOf(t, start(t, c).Dir); fmt.Sprint(steps) != "[11 12]" { // the newest two stay
		t.Errorf("got checkpoints of epochs %v, want those of the last two", steps)
	}
}

// interruptedRun starts a run that is stopped after so many epochs, and returns its directory.
func interruptedRun(t *testing.T, c Config, after int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	ctx, obs := stops(after)
	if _, err := Start(ctx, c, open(t, c), dir, "test", obs); !errors.Is(err, rundir.ErrInterrupted) {
		t.Fatalf("got %v, want that it was interrupted", err)
	}
	return dir
}

// resave changes the newest checkpoint of a run, with right digests.
func resave(t *testing.T, dir string, change func(*ckpt.Checkpoint)) {
	t.Helper()
	s, err := ckpt.Open(filepath.Join(dir, rundir.Checkpoints))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c, _, err := s.LoadNewestValid()
	if err != nil {
		t.Fatal(err)
	}
	change(&c)
	if err := s.Save(c, ckpt.SaveOptions{}); err != nil {
		t.Fatal(err)
	}
}

// Each of these is a checkpoint whose files are whole but that is of something else.
func TestACheckpointOfSomethingElseIsRefused(t *testing.T) {
	c := tiny(numberColumns(t, 60), "y")
	edit := func(change func(*rundir.State)) func(*ckpt.Checkpoint) {
		return func(c *ckpt.Checkpoint) {
			var st rundir.State
			if err := json.Unmarshal(c.State, &st); err != nil {
				t.Fatal(err)
			}
			change(&st)
			c.State, _ = json.Marshal(st)
		}
	}
	for want, change := range map[string]func(*ckpt.Checkpoint){
		"got format 7 after 5 epochs, want 1 after 5": edit(func(st *rundir.State) { st.Format = 7 }),
		"got format 1 after 9 epochs, want 1 after 5": edit(func(st *rundir.State) { st.Epochs = 9 }),
		"after 5 epochs: got data fingerprint abc":    edit(func(st *rundir.State) { st.Fingerprint = "abc" }),
		"bnn: snapshot: ":       edit(func(st *rundir.State) { st.Fit = json.RawMessage(`{"format": 3}`) }),
		"colour":                func(c *ckpt.Checkpoint) { c.State = []byte(`{"colour": 1}`) },
		"bnn: snapshot: arrays": func(c *ckpt.Checkpoint) { c.Model = c.Model[1:] },
		"supervised: checkpoint: ": func(c *ckpt.Checkpoint) {
			c.Model[0] = ckpt.FromFloat32s(c.Model[0].Name, []int{1}, []float32{1})
		},
	} {
		dir := interruptedRun(t, c, 5)
		resave(t, dir, change)
		_, err := Resume(context.Background(), dir, open(t, c), nil, Observer{})
		says(t, err, want)
		if _, err := os.Stat(filepath.Join(dir, netFile)); err == nil {
			t.Errorf("%s: a net was written", want)
		}
	}
}

// Lines that a killed run wrote after its last checkpoint go, and a torn one too.
func TestTheHistoryGoesOnWhereTheCheckpointIs(t *testing.T) {
	c := tiny(numberColumns(t, 60), "y")
	whole := start(t, c)
	dir := interruptedRun(t, c, 4)
	path := filepath.Join(dir, rundir.HistoryFile)
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString("{\"phase\":\"vi\",\"epoch\":5}\n{\"pha")
	f.Close()
	r, err := Resume(context.Background(), dir, open(t, c), nil, Observer{})
	if err != nil || len(r.History) != 12 {
		t.Fatalf("got %d epochs (%v)", len(r.History), err)
	}
	if file(t, dir, "metrics.jsonl") != file(t, whole.Dir, "metrics.jsonl") {
		t.Error("the history differs")
	}
	for i, p := range r.History {
		if p.Epoch != i+1 || p.Epochs != 12 || p.Phase != "vi" || p.Loss != whole.History[i].Loss || p.Loss != p.Penalty-p.LogLik {
			t.Errorf("epoch %d: got %+v", i+1, p)
		}
	}
}

// A save that fails is told; the fit goes on, for the next may work.
func TestAFailedSaveDoesNotEndTheFit(t *testing.T) {
	c := tiny(numberColumns(t, 60), "y")
	c.SaveEvery = 0
	dir := filepath.Join(t.TempDir(), "run")
	var warned []string
	epochs := 0
	obs := Observer{
		Epoch: func(bnn.Progress) {
			if epochs++; epochs == 3 { // the folder goes while the fit is under way
				if err := os.RemoveAll(filepath.Join(dir, rundir.Checkpoints)); err != nil {
					t.Error(err)
				}
			}
		},
		Warn: func(name, detail string) { warned = append(warned, name+": "+detail) },
	}
	r, err := Start(context.Background(), c, open(t, c), dir, "test", obs)
	if err != nil || epochs != 12 || r.Outcome.Numbers == nil {
		t.Fatalf("made %d epochs (%v)", epochs, err)
	}
	if len(warned) != 10 || !strings.HasPrefix(warned[0], "checkpoint not saved: train: checkpoint after 3 epochs not saved: ") {
		t.Errorf("got %d warnings, want 10: %q", len(warned), warned)
	}
}

// When nothing can be saved at the end, the error says so beside the interruption.
func TestAnInterruptionThatCannotSaveSaysBoth(t *testing.T) {
	c := tiny(numberColumns(t, 60), "y")
	dir := filepath.Join(t.TempDir(), "run")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	obs := Observer{Epoch: func(p bnn.Progress) {
		if p.Epoch == 2 {
			os.RemoveAll(filepath.Join(dir, rundir.Checkpoints))
			cancel()
		}
	}}
	_, err := Start(ctx, c, open(t, c), dir, "test", obs)
	if !errors.Is(err, rundir.ErrInterrupted) {
		t.Errorf("got %v, want that it was interrupted", err)
	}
	says(t, err, "after 2 epochs not saved")
}

func TestOfTwoProcessesOneIsRefused(t *testing.T) {
	c := tiny(numberColumns(t, 60), "y")
	dir := filepath.Join(t.TempDir(), "run")
	tried := false
	obs := Observer{Epoch: func(bnn.Progress) {
		if tried {
			return
		}
		tried = true
		if _, err := Resume(context.Background(), dir, open(t, c), nil, Observer{}); !errors.Is(err, ckpt.ErrInUse) {
			t.Errorf("a second process: got %v, want that the run is in use", err)
		}
	}}
	if _, err := Start(context.Background(), c, open(t, c), dir, "test", obs); err != nil || !tried {
		t.Fatal(err)
	}
}

func TestAContextThatIsDoneBeginsNothing(t *testing.T) {
	c := tiny(numberColumns(t, 60), "y")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	obs := Observer{Epoch: func(bnn.Progress) { t.Error("made an epoch") }}
	if _, err := Start(ctx, c, open(t, c), filepath.Join(t.TempDir(), "run"), "test", obs); !errors.Is(err, rundir.ErrInterrupted) {
		t.Errorf("got %v", err)
	}
	r := start(t, c)
	if _, err := r.Predict(ctx, r.Table.Test.X); !errors.Is(err, rundir.ErrInterrupted) {
		t.Errorf("got %v", err)
	}
}
