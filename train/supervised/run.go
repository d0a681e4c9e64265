package supervised

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/bnn"
	"github.com/elbo-go/elbo/ckpt"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/atomicfile"
	"github.com/elbo-go/elbo/train/rundir"
)

// Files of a run directory besides those of package rundir.
const (
	netFile         = "net.json"
	calibrationFile = "calibration.json"
)

// Info describes the circumstances of a run.
type Info struct {
	rundir.Info
	Target string   `json:"target"` // name of the target
	Left   []string `json:"left"`   // columns that were left out
}

// Run is a fitted network with what it was fitted to and how.
type Run struct {
	Dir         string         // run directory
	Config      Config         // resolved
	Info        Info           // circumstances
	Net         *bnn.Net       // fitted
	Calibration Calibration    // by the validation rows
	History     []bnn.Progress // epoch by epoch
	Outcome     Outcome        // on the test rows; zero in a run that has not finished
	Table       *Table         // nil in a run that was loaded without its data

	tested []bnn.Prediction // of the test rows, once they were predicted
}

// Observer is told what happens while a run goes on. Any field may be nil.
type Observer struct {
	Epoch func(bnn.Progress)        // after every epoch
	Warn  func(name, detail string) // a warning that does not stop the run
}

// Start fits a new run in a directory. The command is only recorded.
func Start(ctx context.Context, c Config, t *Table, dir, command string, obs Observer) (*Run, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if err := rundir.CheckFree(dir); err != nil {
		return nil, err
	}
	c = c.Resolve(t)
	if err := c.Validate(); err != nil { // the head that the target has chosen
		return nil, err
	}
	b, err := backend.Open(c.Backend)
	if err != nil {
		return nil, err
	}
	info := Info{rundir.Describe(c.Data, t.Splits, t.Fingerprint(), command, b.Description()), t.Target, t.Left}
	return in(ctx, dir, c, info, t, obs, rundir.Create)
}

// Resume goes on with the run of a directory from its newest checkpoint that is whole. The edit
// may change where the data lie and how often the run is saved.
func Resume(ctx context.Context, dir string, t *Table, edit func(*Config), obs Observer) (*Run, error) {
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
	if got := t.Fingerprint(); got != info.Fingerprint {
		return nil, fmt.Errorf("train: resume %s: data %s: got fingerprint %.12s, want %.12s; the training rows have changed", dir, c.Data, got, info.Fingerprint)
	}
	return in(ctx, dir, c, info, t, obs, func(dir string, config, _ any) error {
		return rundir.WriteJSON(filepath.Join(dir, rundir.ConfigFile), config)
	})
}

// in fits in a directory whose lock is taken before anything is written, so that of two processes
// one is refused, and reports on the result.
func in(ctx context.Context, dir string, c Config, info Info, t *Table, obs Observer, describe func(string, any, any) error) (run *Run, err error) {
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
	run = &Run{Dir: dir, Config: c, Info: info, Table: t}
	if err := run.fit(ctx, store, obs); err != nil {
		return nil, err
	}
	if run.History, err = ReadHistory(dir); err != nil {
		return nil, err
	}
	info.Params = run.Net.Weights()
	run.Info = info
	if err := rundir.WriteJSON(filepath.Join(dir, rundir.InfoFile), info); err != nil {
		return nil, err
	}
	return run, run.report(ctx)
}

// fit fits the network, or reads the one of a run that was fitted to its end.
func (r *Run) fit(ctx context.Context, store *ckpt.Store, obs Observer) (err error) {
	path := filepath.Join(r.Dir, netFile)
	if _, err := os.Stat(path); err == nil {
		r.Net, err = readNet(path)
		return err
	}
	k := &keeper{ctx: ctx, config: r.Config, obs: obs, saver: rundir.Saver{Store: store, Fingerprint: r.Info.Fingerprint,
		Log: rundir.Log{Path: filepath.Join(r.Dir, rundir.HistoryFile)}, Every: r.Config.SaveEvery, Warn: obs.Warn}}
	if r.Net, err = k.fit(r.Table); err != nil {
		return err
	}
	err = atomicfile.WriteFile(path, func(w io.Writer) error {
		b := bufio.NewWriterSize(w, 1<<20)
		if err := r.Net.Save(b); err != nil {
			return err
		}
		return b.Flush()
	})
	if err != nil {
		return fmt.Errorf("supervised: %w", err)
	}
	return nil
}

// report calibrates with the validation rows, judges with the test rows and stores both.
func (r *Run) report(ctx context.Context) error {
	valid, err := r.Predict(ctx, r.Table.Valid.X)
	if err != nil {
		return err
	}
	if r.Calibration, err = calibrate(valid, r.Table.Valid.Y, r.Table.Classes != nil); err != nil {
		return err
	}
	if err := rundir.WriteJSON(filepath.Join(r.Dir, calibrationFile), r.Calibration); err != nil {
		return err
	}
	if r.Outcome, _, err = r.Evaluate(ctx); err != nil {
		return err
	}
	return rundir.WriteJSON(filepath.Join(r.Dir, rundir.ResultFile), r.Outcome)
}

// Evaluate judges the network with the test rows, and returns its predictions of them.
func (r *Run) Evaluate(ctx context.Context) (Outcome, []bnn.Prediction, error) {
	if r.tested == nil {
		ps, err := r.Predict(ctx, r.Table.Test.X)
		if err != nil {
			return Outcome{}, nil, err
		}
		r.tested = ps
	}
	o, err := judge(r.tested, r.Table, r.Calibration)
	return o, r.tested, err
}

// chunk is the number of rows that are predicted between two looks at the context.
const chunk = 1024

// Predict returns the predictive distribution of each row's target. Rows are in the units of the
// data, their values in the order of the run's columns.
func (r *Run) Predict(ctx context.Context, rows [][]float32) ([]bnn.Prediction, error) {
	out := make([]bnn.Prediction, 0, len(rows))
	for some := range slices.Chunk(rows, chunk) {
		if ctx.Err() != nil {
			return nil, rundir.ErrInterrupted
		}
		ps, err := r.Net.Predict(some)
		if err != nil {
			return nil, err
		}
		out = append(out, ps...)
	}
	return out, nil
}

// ReadConfig returns the config and the circumstances of a run.
func ReadConfig(dir string) (c Config, info Info, err error) {
	model, err := rundir.ModelOf(dir)
	if err != nil {
		return c, info, err
	}
	if !slices.Contains(Models, model) {
		return c, info, fmt.Errorf("supervised: %s: model: got a run of %s, want one of %s, which predicts a target", dir, model, strings.Join(Models, ", "))
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
	return c, info, nil
}

// Load opens a finished run for use. Its data are not opened.
func Load(dir string) (*Run, error) {
	c, info, err := ReadConfig(dir)
	if err != nil {
		return nil, err
	}
	r := &Run{Dir: dir, Config: c, Info: info}
	if r.Net, err = readNet(filepath.Join(dir, netFile)); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("supervised: %s has no %s: the fit was not finished; go on with it: elbo train %s --out %s --resume", dir, netFile, c.Model, dir)
	}
	if err != nil {
		return nil, err
	}
	if d := len(info.Columns); r.Net.Inputs() != (&data.Set{Shape: info.Shape}).Dim() || d > 0 && d != r.Net.Inputs() || r.Net.Classes() != len(info.Classes) {
		return nil, fmt.Errorf("supervised: %s: %s: got %d inputs and %d classes, want %v and %d as in %s", dir, netFile,
			r.Net.Inputs(), r.Net.Classes(), info.Shape, len(info.Classes), rundir.InfoFile)
	}
	const again = "%w; go on with the run, which writes it again: elbo train %s --out %s --resume"
	if err := rundir.ReadJSON(filepath.Join(dir, calibrationFile), &r.Calibration); err != nil {
		return nil, fmt.Errorf(again, err, c.Model, dir)
	}
	if err := rundir.ReadJSON(filepath.Join(dir, rundir.ResultFile), &r.Outcome); err != nil {
		return nil, fmt.Errorf(again, err, c.Model, dir)
	}
	r.History, err = ReadHistory(dir)
	return r, err
}

// readNet reads a fitted network.
func readNet(path string) (*bnn.Net, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	n, err := bnn.Load(bufio.NewReaderSize(f, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("supervised: %s: %w", path, err)
	}
	return n, nil
}

// WithData opens the run's data set.
func (r *Run) WithData(ctx context.Context) error {
	t, err := OpenTable(ctx, r.Config, r.Info.Columns)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w; if the data of %s have moved, --data tells where they are", err, r.Dir)
	}
	if err != nil {
		return err
	}
	if got := t.Fingerprint(); got != r.Info.Fingerprint {
		return fmt.Errorf("supervised: %s: data %s: got fingerprint %.12s, want %.12s; the data have changed since training", r.Dir, r.Config.Data, got, r.Info.Fingerprint)
	}
	r.Table, r.tested = t, nil
	return nil
}

// ReadHistory returns the epochs of a run.
func ReadHistory(dir string) (out []bnn.Progress, err error) {
	err = rundir.Log{Path: filepath.Join(dir, rundir.HistoryFile)}.Each(func(line []byte) error {
		var e epoch
		if err := json.Unmarshal(line, &e); err != nil {
			return err
		}
		out = append(out, bnn.Progress(e))
		return nil
	})
	return out, err
}
