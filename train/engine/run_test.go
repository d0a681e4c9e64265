package engine

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/elbo-go/elbo/ckpt"
	"github.com/elbo-go/elbo/train/rundir"
)

func TestARunComesBackAsItWas(t *testing.T) {
	r := start(t, rootConfig(number(t, 9)))
	if got := r.Model.(*root).X; math.Abs(got-3) > 1e-4 {
		t.Errorf("got the root %v, want 3", got)
	}
	again, err := Load(r.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(again.Model, r.Model) || !reflect.DeepEqual(again.Outcome, r.Outcome) || !reflect.DeepEqual(again.History, r.History) ||
		!reflect.DeepEqual(again.Config, r.Config) || again.Task != nil {
		t.Errorf("got %+v, want %+v", again, r)
	}
	if n := len(r.History); n != 12 || r.History[6].Phase != "start 2" || r.History[6].Sweep != 1 || r.History[1].HeldOut != nil {
		t.Errorf("got %d records: %+v", n, r.History)
	}
	if r.Info.Fingerprint != "sha-of-9" || r.Info.Command != "test" || r.Info.Train != 1 {
		t.Errorf("got %+v", r.Info)
	}
	if got := r.Spec().Name; got != "test-root" {
		t.Errorf("got the engine %s", got)
	}
}

// bare is a history without its times.
func bare(h []Record) (out string) {
	for _, r := range h {
		r.Seconds = 0
		out += fmt.Sprintf("%s %d/%d %x %v\n", r.Phase, r.Sweep, r.Sweeps, math.Float64bits(*r.Bound), r.HeldOut != nil)
	}
	return out
}

func TestAnInterruptedRunEndsAsAnUninterruptedOne(t *testing.T) {
	c := rootConfig(number(t, 7))
	whole := start(t, c)
	for after := 1; after <= 12; after++ {
		dir := interruptedRun(t, c, after)
		if _, err := Load(dir); err == nil {
			t.Fatalf("after %d: an unfinished run was loaded", after)
		} else {
			says(t, err, "was not finished", "elbo train test-root --out "+dir+" --resume")
		}
		r, err := Resume(context.Background(), dir, opened(t, c), nil, Observer{})
		if err != nil {
			t.Fatal(err)
		}
		if file(t, dir, modelFile) != file(t, whole.Dir, modelFile) || bare(r.History) != bare(whole.History) {
			t.Errorf("after %d: model or history differ", after)
		}
		for i := 1; i < len(r.History); i++ {
			if r.History[i].Seconds < r.History[i-1].Seconds {
				t.Errorf("after %d: time runs back at record %d", after, i)
			}
		}
	}
}

func TestAFinishedRunIsNotFittedAgain(t *testing.T) {
	c := rootConfig(number(t, 5))
	r := start(t, c)
	if err := os.Remove(filepath.Join(r.Dir, rundir.ResultFile)); err != nil {
		t.Fatal(err)
	}
	_, err := Load(r.Dir)
	says(t, err, "eval.json", "go on with the run, which writes it again")
	made := 0
	again, err := Resume(context.Background(), r.Dir, opened(t, c), func(c *Config) { c.Threads = 2 }, Observer{Sweep: func(Record) { made++ }})
	if err != nil || made != 0 || !reflect.DeepEqual(again.Outcome, r.Outcome) || again.Config.Threads != 2 {
		t.Errorf("made %d steps: %+v, %v", made, again, err)
	}
	if _, err := Start(context.Background(), c, opened(t, c), r.Dir, "test", Observer{}); err == nil {
		t.Error("a second run was started in the directory")
	}
}

func TestOtherDataOrSettingsAreRefused(t *testing.T) {
	c := rootConfig(number(t, 5))
	dir := interruptedRun(t, c, 3)
	c.Data = number(t, 6)
	_, err := Resume(context.Background(), dir, opened(t, c), nil, Observer{})
	says(t, err, "got fingerprint sha-of-6, want sha-of-5; the training data have changed")
	_, err = Resume(context.Background(), dir, opened(t, c), func(c *Config) { c.SaveEvery = -1 }, Observer{})
	says(t, err, "save-every: got -1")
	if _, err := Resume(context.Background(), t.TempDir(), opened(t, c), nil, Observer{}); err == nil {
		t.Error("an empty directory was resumed")
	}
}

func TestACheckpointThatDoesNotFitIsRefused(t *testing.T) {
	c := rootConfig(number(t, 5))
	for want, change := range map[string]func(*ckpt.Checkpoint){
		"root: snapshot":     func(c *ckpt.Checkpoint) { c.Model = nil },
		"engine: checkpoint": func(c *ckpt.Checkpoint) { c.Model = []ckpt.Tensor{ckpt.FromFloat32s("x", []int{1}, []float32{1})} },
	} {
		dir := interruptedRun(t, c, 3)
		s, err := ckpt.Open(filepath.Join(dir, rundir.Checkpoints))
		if err != nil {
			t.Fatal(err)
		}
		at, _, err := s.LoadNewestValid()
		if err != nil {
			t.Fatal(err)
		}
		change(&at)
		if err := s.Save(at, ckpt.SaveOptions{}); err != nil {
			t.Fatal(err)
		}
		s.Close()
		_, err = Resume(context.Background(), dir, opened(t, c), nil, Observer{})
		says(t, err, want)
	}
}

func TestOfTwoProcessesOneIsRefused(t *testing.T) {
	c := rootConfig(number(t, 5))
	dir := filepath.Join(t.TempDir(), "run")
	tried := false
	obs := Observer{Sweep: func(Record) {
		if !tried {
			tried = true
			if _, err := Resume(context.Background(), dir, opened(t, c), nil, Observer{}); !errors.Is(err, ckpt.ErrInUse) {
				t.Errorf("got %v, want that the run is in use", err)
			}
		}
	}}
	if _, err := Start(context.Background(), c, opened(t, c), dir, "test", obs); err != nil || !tried {
		t.Fatal(err)
	}
}

func TestAContextThatIsDoneBeginsNothing(t *testing.T) {
	c := rootConfig(number(t, 5))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := Start(ctx, c, opened(t, c), filepath.Join(t.TempDir(), "run"), "test", Observer{Sweep: func(Record) { t.Error("made a step") }})
	if !errors.Is(err, rundir.ErrInterrupted) {
		t.Errorf("got %v", err)
	}
}

func TestFiguresThatAreNoNumbersAreRefused(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		says(t, Outcome{Figures: []Figure{{Name: "a"}, {Name: "b", Value: v}}}.check(), "engine: figure b")
	}
}
