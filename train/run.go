package train

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/elbo-go/elbo/ckpt"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/train/rundir"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// Run is a trained network with what it was trained on and how.
type Run struct {
	Dir     string       // run directory
	Config  Config       // resolved
	Info    Info         // circumstances
	Net     *vae.Network // parameters of the best epoch
	Rows    *Rows        // nil in a run that was loaded without its data
	History []vi.Epoch   // epoch by epoch
	Outcome Outcome      // on the test rows; zero in a run that has not finished
	State   State        // of the checkpoint that was loaded
}

// OpenData opens the data set of a config. Stored columns standardise a table as in training.
func OpenData(ctx context.Context, c Config, columns []data.Column) (*data.Splits, error) {
	return data.Open(ctx, data.Spec{Name: c.Data, Dir: c.DataDir, Label: c.Label,
		Drop: c.Drop, AllowNaN: c.AllowNaN, MaxRows: c.MaxRows, Columns: columns})
}

// Start trains a new run in a directory. The command is only recorded.
func Start(ctx context.Context, c Config, s *data.Splits, dir, command string, obs Observer) (*Run, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if err := rundir.CheckFree(dir); err != nil {
		return nil, err
	}
	c = c.Resolve(s.Train)
	t, err := newTrainer(c, s, obs)
	if err != nil {
		return nil, err
	}
	return t.in(ctx, dir, describe(c, s, command, t.net.Params.Backend().Description()), create)
}

// Resume goes on with the run of a directory from its newest checkpoint that is whole. The
// edit may change what does not decide the steps already made, such as the epochs.
func Resume(ctx context.Context, dir string, s *data.Splits, edit func(*Config), obs Observer) (*Run, error) {
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
	if got := s.Train.Fingerprint(); got != info.Fingerprint {
		return nil, fmt.Errorf("train: resume %s: data %s: got fingerprint %.12s, want %.12s; the training rows have changed", dir, c.Data, got, info.Fingerprint)
	}
	t, err := newTrainer(c, s, obs)
	if err != nil {
		return nil, err
	}
	return t.in(ctx, dir, info, update)
}

// newTrainer prepares the rows, the network and the programs of a run.
func newTrainer(c Config, s *data.Splits, obs Observer) (*trainer, error) {
	rows, err := prepare(c, s)
	if err != nil {
		return nil, err
	}
	if err := c.CheckMemory(s.Train); err != nil {
		return nil, err
	}
	net, err := c.NewNetwork(FactsOf(s.Train))
	if err != nil {
		return nil, err
	}
	if net.Width() != rows.Dim {
		return nil, fmt.Errorf("train: model %s: got rows of %d values, want %d: with their class", c.Model, rows.Dim, net.Width())
	}
	if err := c.checkGuide(net.Model); err != nil {
		return nil, err
	}
	t := &trainer{cfg: c, net: net, rows: rows, key: rng.New(c.Seed), obs: obs}
	t.plan, err = c.timetable(net.Config.Stages())
	return t, err
}

// evaluator is that of the validation rows.
func (t *trainer) evaluator() *vae.Evaluator {
	return t.net.Evaluator(vi.Estimator{Samples: 1, Shuffle: true, Objective: t.cfg.estimator().Objective})
}

// in runs the trainer in its directory, from the newest checkpoint if there is one, and
// reports on the best. The lock of the checkpoints is taken before anything is written, so
// that of two processes one is refused.
func (t *trainer) in(ctx context.Context, dir string, info Info, describe func(string, Config, Info) error) (run *Run, err error) {
	store, err := ckpt.Open(filepath.Join(dir, checkpoints))
	if err != nil {
		return nil, err
	}
	defer func() {
		if e := store.Close(); e != nil && err == nil {
			err = e
		}
	}()
	t.store, t.log = store, &history{filepath.Join(dir, historyFile)}
	t.state = State{Format: stateFormat, Version: info.Version, Config: t.cfg, Fingerprint: info.Fingerprint}
	if err := describe(dir, t.cfg, info); err != nil {
		return nil, err
	}
	if err := t.reload(info); err != nil {
		return nil, err
	}
	if err := t.run(ctx); err != nil {
		return nil, err
	}
	info.Params = t.net.Params.Count()
	if err := rundir.WriteJSON(filepath.Join(dir, infoFile), info); err != nil {
		return nil, err
	}
	return t.report(ctx, dir, info)
}

// reload continues from the newest checkpoint that is whole, if there is any.
func (t *trainer) reload(info Info) error {
	steps, err := t.store.Steps()
	if err != nil {
		return err
	}
	if len(steps) == 0 {
		return t.log.cut(0)
	}
	c, skipped, err := t.store.LoadNewestValid()
	if err != nil {
		return err
	}
	for _, e := range skipped {
		t.warn("checkpoint skipped", e.Error())
	}
	st, err := restore(c, t.net.Params, true)
	if err != nil {
		return err
	}
	if st.Fingerprint != info.Fingerprint {
		return fmt.Errorf("train: checkpoint of step %d: got data fingerprint %.12s, want %.12s", st.Step, st.Fingerprint, info.Fingerprint)
	}
	st.Config = t.cfg
	if st.Step > 0 {
		st.Started = max(st.Started, 1) // which runs of models of one stage did not write down
	}
	if st.Stopped && (t.cfg.Patience == 0 || st.Stale < t.cfg.Patience) {
		st.Stopped = false
	}
	t.state = st
	return t.log.cut(st.MetricBytes)
}

// report evaluates the best checkpoint on the test rows and records the outcome.
func (t *trainer) report(ctx context.Context, dir string, info Info) (*Run, error) {
	c, err := t.best()
	if err != nil {
		return nil, err
	}
	st, err := restore(c, t.net.Params, false)
	if err != nil {
		return nil, err
	}
	run := &Run{Dir: dir, Config: t.cfg, Info: info, Net: t.net, Rows: t.rows, State: st}
	if run.History, err = t.log.read(); err != nil {
		return nil, err
	}
	run.Outcome, err = run.Evaluate(ctx, 2)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ErrInterrupted
		}
		return nil, err
	}
	run.Outcome.Warnings, run.Outcome.Best = t.state.Warnings, t.state.Best
	return run, rundir.WriteJSON(filepath.Join(dir, resultFile), run.Outcome)
}

// Evaluate computes the β = 1 bound with M draws a datum, and the collapse telemetry, on the
// test rows.
func (r *Run) Evaluate(ctx context.Context, samples int) (Outcome, error) {
	key := rng.New(r.Config.Seed).Named("test")
	o := Outcome{Binarize: r.Config.Binarize, Warnings: r.Outcome.Warnings, Best: r.Outcome.Best}
	var err error
	if o.ErrorRate, err = errorRate(ctx, r.Net, r.Rows.TestX, r.Rows.Splits.Test); err != nil {
		return o, err
	}
	ev := r.Net.Evaluator(vi.Estimator{Samples: samples, Shuffle: true})
	if o.Test, err = ev.Record(ctx, r.Rows.TestX, key, r.Config.Beta); err != nil {
		return o, err
	}
	o.Telemetry, err = newProbe(r.Net, testCodes).observe(ctx, r.Rows.TestX, o.Test, key)
	return o, err
}

// Load opens a run for use: the parameters of its "best" or "last" checkpoint on a backend
// ("" means the one it was trained on). Its data are not opened.
func Load(dir, which, backendName string) (*Run, error) {
	c, info, err := ReadConfig(dir)
	if err != nil {
		return nil, err
	}
	on := c
	on.Backend = cmp.Or(backendName, c.Backend)
	store, err := ckpt.OpenReadOnly(filepath.Join(dir, checkpoints))
	if err != nil {
		return nil, err
	}
	defer store.Close()
	ck, err := store.Load(which)
	if err != nil {
		return nil, err
	}
	net, err := on.NewNetwork(factsIn(info))
	if err != nil {
		return nil, err
	}
	run := &Run{Dir: dir, Config: c, Info: info, Net: net}
	if run.State, err = restore(ck, net.Params, false); err != nil {
		return nil, err
	}
	net.Params.Seal()
	if run.History, err = ReadHistory(dir); err != nil {
		return nil, err
	}
	run.Outcome, _, err = ReadOutcome(dir)
	return run, err
}

// WithData opens the run's data set and prepares its rows as in training.
func (r *Run) WithData(ctx context.Context) error {
	s, err := OpenData(ctx, r.Config, r.Info.Columns)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w; if the data of %s have moved, --data tells where they are", err, r.Dir)
	}
	if err != nil {
		return err
	}
	if got := s.Train.Fingerprint(); got != r.Info.Fingerprint {
		return fmt.Errorf("train: %s: data %s: got fingerprint %.12s, want %.12s; the data have changed since training", r.Dir, r.Config.Data, got, r.Info.Fingerprint)
	}
	r.Rows, err = prepare(r.Config, s)
	return err
}
