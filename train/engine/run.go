package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"

	"github.com/elbo-go/elbo/ckpt"
	"github.com/elbo-go/elbo/internal/atomicfile"
	"github.com/elbo-go/elbo/train/rundir"
)

// modelFile is the fitted model in a run directory.
const modelFile = "model.json"

// maxModel bounds a model that is read.
const maxModel = 1 << 30

// Run is a fitted model with what it was fitted to and how.
type Run struct {
	Dir     string      // run directory
	Config  Config      // resolved
	Info    rundir.Info // circumstances
	Model   Model       // fitted
	History []Record    // sweep by sweep
	Outcome Outcome     // what is known of the model
	Task    *Task       // nil in a run that was loaded without its data
}

// Spec is the engine of the run.
func (r *Run) Spec() Spec { return registry[r.Config.Model] }

// Open reads the data of a config and sets its engine up on them.
func Open(ctx context.Context, c Config) (*Task, error) {
	c = c.Resolved()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return registry[c.Model].Open(ctx, c)
}

// Start fits a new run in a directory. The command is only recorded.
func Start(ctx context.Context, c Config, t *Task, dir, command string, obs Observer) (*Run, error) {
	c = c.Resolved()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if err := rundir.CheckFree(dir); err != nil {
		return nil, err
	}
	info := rundir.Info{
		Version: rundir.Version(), Go: runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH, Backend: "Go, float64",
		Command: command, Data: c.Data, Fingerprint: t.Fingerprint, Train: t.Train, Test: t.Test,
	}
	return in(ctx, dir, c, info, t, obs, rundir.Create)
}

// Resume goes on with the run of a directory from its newest checkpoint that is whole. The edit may
// change where the data lie, how often the run is saved and the number of threads.
func Resume(ctx context.Context, dir string, t *Task, edit func(*Config), obs Observer) (*Run, error) {
	c, info, err := ReadConfig(dir)
	if err != nil {
		return nil, err
	}
	if edit != nil {
		edit(&c)
		if err := c.Validate(); err != nil {
			return nil, err
		}
	}
	if t.Fingerprint != info.Fingerprint {
		return nil, fmt.Errorf("train: resume %s: data %s: got fingerprint %.12s, want %.12s; the training data have changed", dir, c.Data, t.Fingerprint, info.Fingerprint)
	}
	return in(ctx, dir, c, info, t, obs, func(dir string, config, _ any) error {
		return rundir.WriteJSON(filepath.Join(dir, rundir.ConfigFile), config)
	})
}

// in fits in a directory whose lock is taken before anything is written, so that of two processes
// one is refused, and judges the result.
func in(ctx context.Context, dir string, c Config, info rundir.Info, t *Task, obs Observer, describe func(string, any, any) error) (run *Run, err error) {
	store, err := ckpt.Open(filepath.Join(dir, rundir.Checkpoints))
	if err != nil {
		return nil, err
	}
	defer func() {
		if e := store.Close(); e != nil && err == nil {
			err = e
		}
	}()
	if err := describe(dir, c, info); err != nil {
		return nil, err
	}
	run = &Run{Dir: dir, Config: c, Info: info, Task: t}
	if err := run.fit(ctx, store, obs); err != nil {
		return nil, err
	}
	if run.History, err = ReadHistory(dir); err != nil {
		return nil, err
	}
	if run.Outcome, err = t.Judge(ctx, run.Model); err != nil {
		if ctx.Err() != nil {
			return nil, rundir.ErrInterrupted
		}
		return nil, err
	}
	if err := run.Outcome.check(); err != nil {
		return nil, err
	}
	return run, rundir.WriteJSON(filepath.Join(dir, rundir.ResultFile), run.Outcome)
}

// check refuses figures that JSON cannot hold.
func (o Outcome) check() error {
	for _, f := range o.Figures {
		if math.IsNaN(f.Value) || math.IsInf(f.Value, 0) {
			return fmt.Errorf("engine: figure %s: got %v, want a finite number", f.Name, f.Value)
		}
	}
	return nil
}

// fit fits the model, or reads the one of a run that was fitted to its end.
func (r *Run) fit(ctx context.Context, store *ckpt.Store, obs Observer) (err error) {
	path := filepath.Join(r.Dir, modelFile)
	if _, err := os.Stat(path); err == nil {
		r.Model, err = r.read()
		return err
	}
	k := &keeper{ctx: ctx, obs: obs, saver: rundir.Saver{Store: store, Log: rundir.Log{Path: filepath.Join(r.Dir, rundir.HistoryFile)},
		Fingerprint: r.Info.Fingerprint, Every: r.Config.SaveEvery, Warn: obs.Warn}}
	if r.Model, err = k.fit(r.Task); err != nil {
		return err
	}
	text, err := json.Marshal(r.Model)
	if err != nil {
		return fmt.Errorf("engine: %s: %w", path, err)
	}
	if err := atomicfile.WriteBytes(path, append(text, '\n')); err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	return nil
}

// read reads the fitted model.
func (r *Run) read() (Model, error) {
	path := filepath.Join(r.Dir, modelFile)
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxModel+1))
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	if len(text) > maxModel {
		return nil, fmt.Errorf("engine: %s: got more than %d bytes, want at most that many", path, maxModel)
	}
	m, err := r.Spec().Load(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// ReadConfig returns the config and the circumstances of a run.
func ReadConfig(dir string) (c Config, info rundir.Info, err error) {
	model, err := rundir.ModelOf(dir)
	if err != nil {
		return c, info, err
	}
	if _, ok := Lookup(model); !ok {
		return c, info, fmt.Errorf("engine: %s: model: got a run of %s, which is no engine", dir, model)
	}
	path := filepath.Join(dir, rundir.ConfigFile)
	if err := rundir.ReadJSON(path, &c); err != nil {
		return c, info, rundir.Absent(dir, err)
	}
	if err := c.Validate(); err != nil {
		return c, info, fmt.Errorf("%s: %w", path, err)
	}
	if err := rundir.ReadJSON(filepath.Join(dir, rundir.InfoFile), &info); err != nil {
		return c, info, fmt.Errorf("train: %s is no whole run directory: %w", dir, err)
	}
	return c.Resolved(), info, nil
}

// Load opens a finished run for use. Its data are not opened.
func Load(dir string) (*Run, error) {
	c, info, err := ReadConfig(dir)
	if err != nil {
		return nil, err
	}
	r := &Run{Dir: dir, Config: c, Info: info}
	if r.Model, err = r.read(); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("engine: %s has no %s: the fit was not finished; go on with it: elbo train %s --out %s --resume", dir, modelFile, c.Model, dir)
	}
	if err != nil {
		return nil, err
	}
	if err := rundir.ReadJSON(filepath.Join(dir, rundir.ResultFile), &r.Outcome); err != nil {
		return nil, fmt.Errorf("%w; go on with the run, which writes it again: elbo train %s --out %s --resume", err, c.Model, dir)
	}
	r.History, err = ReadHistory(dir)
	return r, err
}

// ReadHistory returns the sweeps of a run.
func ReadHistory(dir string) ([]Record, error) {
	return readHistory(rundir.Log{Path: filepath.Join(dir, rundir.HistoryFile)})
}
