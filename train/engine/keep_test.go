package engine

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
	c := rootConfig(number(t, 3))
	if steps := stepsOf(t, start(t, c).Dir); len(steps) != 0 {
		t.Errorf("a fit shorter than the time between checkpoints left those of steps %v", steps)
	}
	c.SaveEvery = 0
	if steps := stepsOf(t, start(t, c).Dir); len(steps) != 2 || steps[1] != 12 { // the newest two stay
		t.Errorf("got checkpoints of steps %v, want those of the last two", steps)
	}
}

// Lines that a killed run wrote after its last checkpoint go, and a torn one too.
func TestTheHistoryGoesOnWhereTheCheckpointIs(t *testing.T) {
	c := rootConfig(number(t, 3))
	whole := start(t, c)
	dir := interruptedRun(t, c, 4)
	f, err := os.OpenFile(filepath.Join(dir, rundir.HistoryFile), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString("{\"sweep\":5}\n{\"swe")
	f.Close()
	r, err := Resume(context.Background(), dir, opened(t, c), nil, Observer{})
	if err != nil || bare(r.History) != bare(whole.History) {
		t.Errorf("got %d records (%v), want those of a run that was left alone", len(r.History), err)
	}
}

// A save that fails is told; the fit goes on, for the next may work.
func TestAFailedSaveDoesNotEndTheFit(t *testing.T) {
	c := rootConfig(number(t, 3))
	c.SaveEvery = 0
	dir := filepath.Join(t.TempDir(), "run")
	var warned []string
	made := 0
	obs := Observer{
		Sweep: func(Record) {
			if made++; made == 3 { // the folder goes while the fit is under way
				if err := os.RemoveAll(filepath.Join(dir, rundir.Checkpoints)); err != nil {
					t.Error(err)
				}
			}
		},
		Warn: func(name, detail string) { warned = append(warned, name+": "+detail) },
	}
	r, err := Start(context.Background(), c, opened(t, c), dir, "test", obs)
	if err != nil || made != 12 || len(r.History) != 12 {
		t.Fatalf("made %d steps (%v)", made, err)
	}
	if len(warned) != 10 || !strings.HasPrefix(warned[0], "checkpoint not saved: train: checkpoint after 3 epochs not saved: ") {
		t.Errorf("got %d warnings, want 10: %q", len(warned), warned)
	}
}

// When nothing can be saved at the end, the error says so beside the interruption.
func TestAnInterruptionThatCannotSaveSaysBoth(t *testing.T) {
	c := rootConfig(number(t, 3))
	dir := filepath.Join(t.TempDir(), "run")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	made := 0
	_, err := Start(ctx, c, opened(t, c), dir, "test", Observer{Sweep: func(Record) {
		if made++; made == 2 {
			os.RemoveAll(filepath.Join(dir, rundir.Checkpoints))
			cancel()
		}
	}})
	if !errors.Is(err, rundir.ErrInterrupted) {
		t.Errorf("got %v, want that it was interrupted", err)
	}
	says(t, err, "after 2 epochs not saved")
}

// What fails while the model is judged leaves a run that can go on.
func TestAJudgementThatFailsKeepsTheModel(t *testing.T) {
	c := rootConfig(number(t, 3))
	task := opened(t, c)
	judge := task.Judge
	task.Judge = func(context.Context, Model) (Outcome, error) { return Outcome{}, errors.New("no judge") }
	dir := filepath.Join(t.TempDir(), "run")
	_, err := Start(context.Background(), c, task, dir, "test", Observer{})
	says(t, err, "no judge")
	task.Judge = judge
	r, err := Resume(context.Background(), dir, task, nil, Observer{Sweep: func(Record) { t.Error("made a step again") }})
	if err != nil || len(r.Outcome.Figures) != 1 {
		t.Errorf("got %v", err)
	}
}

func TestAFitThatFailsSaysWhy(t *testing.T) {
	c := rootConfig(number(t, 3))
	task := opened(t, c)
	task.Fit = func(context.Context, *Snapshot, Step) (Model, error) { return nil, errors.New("the bound falls") }
	_, err := Start(context.Background(), c, task, filepath.Join(t.TempDir(), "run"), "test", Observer{})
	says(t, err, "the bound falls")
	task.Fit = func(_ context.Context, _ *Snapshot, step Step) (Model, error) {
		return nil, step(Record{}, func() (Snapshot, error) { return Snapshot{}, errors.New("no state") })
	}
	ctx, cancel := context.WithCancel(context.Background())
	_, err = Start(ctx, c, task, filepath.Join(t.TempDir(), "run"), "test", Observer{Sweep: func(Record) { cancel() }})
	says(t, err, "no state")
}
