package train

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/elbo-go/elbo/ckpt"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/optim"
	"github.com/elbo-go/elbo/train/rundir"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// Observer is told what happens while a run goes on. Any field may be nil.
type Observer struct {
	Step  func(Progress)            // after every step
	Epoch func(vi.Epoch, bool)      // after every epoch; whether it is the best so far
	Warn  func(name, detail string) // a warning that does not stop the run
}

// Progress is where a run stands after a step.
type Progress struct {
	Epoch, Epochs int       // the epoch that is under way, of how many
	Step, Steps   int64     // steps done, of how many
	Record        vi.Record // running means of this epoch
	PerSecond     float64   // examples a second in this epoch
}

// ErrInterrupted is returned when the context ended the run; everything is saved.
var ErrInterrupted = rundir.ErrInterrupted

// trainer is a run in progress.
type trainer struct {
	cfg   Config
	net   *vae.Network
	rows  *Rows
	key   rng.Key
	plan  timetable
	stage int   // the stage that step, valid and the schedules are of
	first int64 // its first step
	total int64 // its number of steps
	step  *step
	valid *vae.Evaluator
	probe *probe // of the telemetry; nil before the first epoch ends
	kl    vi.Schedule
	lr    optim.Schedule
	store *ckpt.Store
	log   *history
	obs   Observer

	state   State
	started time.Time // of this epoch, for the rate alone
	used    int       // rows since started
	saveErr error     // of the last save; nil if it worked
	tamper  func(step int64, x []float32)
}

// stepsPerEpoch is the number of batches; the last may be smaller.
func (t *trainer) stepsPerEpoch() int64 {
	n := len(t.rows.TrainX) / t.rows.Dim
	return int64((n + t.cfg.Batch - 1) / t.cfg.Batch)
}

// run trains until the epochs are done, early stopping ends the run, the context ends, or a
// step fails. Whatever ends it, the state reached is saved.
func (t *trainer) run(ctx context.Context) error {
	for t.state.Epoch < t.cfg.Epochs && !t.state.Stopped {
		err := t.enter(ctx, t.plan.at(t.state.Epoch))
		if err == nil {
			err = t.epoch(ctx)
		}
		if err == nil {
			err = t.finishEpoch(ctx)
		}
		if err != nil {
			return errors.Join(err, t.save(false))
		}
	}
	if err := t.finish(ctx); err != nil {
		return err
	}
	return t.saveErr
}

// epoch makes the remaining steps of the current epoch.
func (t *trainer) epoch(ctx context.Context) error {
	n := len(t.rows.TrainX) / t.rows.Dim
	order := t.key.Named("order").At(uint64(t.state.Epoch)).Perm(n)
	t.started, t.used = time.Now(), 0
	for t.state.Position < n {
		if ctx.Err() != nil {
			return ErrInterrupted
		}
		end := min(n, t.state.Position+t.cfg.Batch)
		if err := t.one(order[t.state.Position:end]); err != nil {
			return err
		}
		t.state.Position = end
		if t.cfg.SaveEvery > 0 && t.state.Step%t.cfg.SaveEvery == 0 && end < n {
			t.save(false)
		}
		if t.obs.Step != nil {
			t.obs.Step(t.progress())
		}
	}
	return nil
}

// one makes a step on the named rows.
func (t *trainer) one(rows []int) error {
	at := uint64(t.state.Step)
	all := t.rows.with(rows, t.step.beside, t.state.Step, t.key.Named("labelled"))
	x, err := t.step.input(len(all))
	if err == nil {
		err = x.Write(func(x []float32) error {
			t.rows.batch(x, all, t.key.Named("binarize").At(at))
			if t.tamper != nil {
				t.tamper(t.state.Step+1, x)
			}
			return nil
		})
	}
	if err != nil {
		return err
	}
	since := t.state.Step - t.first
	beta := t.kl.At(since)
	rate := t.cfg.LR * t.lr.At(since)
	out, err := t.step.run(since+1, x, beta, rate, t.done(), t.key.Named("noise").At(at))
	if errors.Is(err, ErrNotFinite) && t.state.Skipped < t.cfg.SkipNonfinite {
		t.state.Skipped++
		t.warn("non-finite step skipped", err.Error())
		t.state.Step++
		return nil
	}
	if err != nil {
		return err
	}
	t.state.Step++
	t.state.Sums.add(len(rows), out)
	t.used += len(rows)
	return nil
}

// done is the share of the stage's steps that are made.
func (t *trainer) done() float64 {
	return float64(t.state.Step-t.first) / float64(t.total)
}

// progress describes the state for the observer.
func (t *trainer) progress() Progress {
	return Progress{
		Epoch: t.state.Epoch + 1, Epochs: t.cfg.Epochs,
		Step: t.state.Step, Steps: t.stepsPerEpoch() * int64(t.cfg.Epochs),
		Record: t.record(t.state.Step), PerSecond: t.rate(),
	}
}

// record returns the running means of the epoch, with the β of a step.
func (t *trainer) record(step int64) vi.Record {
	return t.state.Sums.record(t.net.Kind(), t.cfg.estimator(), t.kl.At(step-t.first))
}

// rate returns the examples a second since the epoch was entered.
func (t *trainer) rate() float64 {
	if s := time.Since(t.started).Seconds(); s > 0 {
		return float64(t.used) / s
	}
	return 0
}

// finishEpoch validates, logs, decides about early stopping and saves.
func (t *trainer) finishEpoch(ctx context.Context) error {
	perSecond := t.rate()
	rec, tel, err := t.validate(ctx)
	var missed *float64
	if err == nil && t.plan.last(t.stage) { // what finds classes may not have begun to learn before
		missed, err = errorRate(ctx, t.net, t.rows.ValidX, t.rows.Splits.Valid)
	}
	if err != nil {
		if ctx.Err() != nil {
			return ErrInterrupted
		}
		return err
	}
	last := t.state.Step - 1
	e := vi.Epoch{
		Epoch: t.state.Epoch + 1, Step: t.state.Step, Valid: rec, Telemetry: tel, ErrorRate: missed,
		Train: t.record(last),
		Stage: t.plan.stages[t.stage].Name,
		LR:    t.cfg.LR * t.lr.At(last-t.first), Beta: t.kl.At(last - t.first),
		GradNorm:          t.state.Sums.GradNorm / float64(max(1, t.state.Sums.Steps)),
		ExamplesPerSecond: perSecond, Figures: t.state.Sums.figures(),
	}
	if t.net.Can()["bound"] {
		for _, w := range t.state.Monitor.Observe(tel) {
			t.state.Warnings = append(t.state.Warnings, w)
			t.warn(w.Name, w.Detail+"; "+w.Remedy)
		}
	}
	if a := t.state.Aggressive; a != nil {
		a.Epoch(tel.MutualInfo)
	}
	if err := t.observeCodes(ctx, &e); err != nil {
		return err
	}
	best := t.judge(e)
	t.state.Epoch++
	t.state.Position, t.state.Sums = 0, Sums{}
	if t.state.MetricBytes, err = t.log.append(e); err != nil {
		t.warn("history not written", err.Error())
	}
	t.save(best)
	if t.obs.Epoch != nil {
		t.obs.Epoch(e, best)
	}
	return nil
}

// judge updates the best epoch and early stopping. Epochs before β or the capacity has reached its
// value do not compete: their bound is one of another objective's optimum. Nor do those of stages before
// the last. Where nothing ranks epochs the last one is the best.
func (t *trainer) judge(e vi.Epoch) (best bool) {
	if !t.plan.last(t.stage) {
		return false
	}
	ramped := e.Beta >= t.cfg.Beta*(1-1e-9) && (t.cfg.Capacity == 0 || t.cfg.capacity().Reached(t.done()))
	final := t.state.Epoch+1 == t.cfg.Epochs
	if !ramped && !(final && t.state.Best == nil) {
		return false
	}
	if bound := e.Valid.Maximized(); !t.net.Ranked() || t.state.Best == nil || bound > t.state.Best.Bound {
		t.state.Best = &Best{bound, e.Epoch, e.Step}
		t.state.Stale = 0
		return true
	}
	t.state.Stale++
	t.state.Stopped = t.cfg.Patience > 0 && t.state.Stale >= t.cfg.Patience
	return false
}

// validate computes the β = 1 bound and the collapse telemetry on the validation rows. The
// noise is the same at every epoch, so that epochs differ by their parameters alone.
func (t *trainer) validate(ctx context.Context) (vi.Record, vi.Telemetry, error) {
	key := t.key.Named("valid")
	rec, err := t.valid.Record(ctx, t.rows.ValidX, key, t.cfg.Beta)
	if err != nil {
		return rec, vi.Telemetry{}, err
	}
	if t.probe == nil {
		t.probe = newProbe(t.net, epochCodes(len(t.rows.TrainX)/t.rows.Dim))
	}
	tel, err := t.probe.observe(ctx, t.rows.ValidX, rec, key)
	return rec, tel, err
}

// save writes a checkpoint. A failure is reported and remembered; a later save may work, and
// only the last one decides whether the run has failed.
func (t *trainer) save(best bool) error {
	c, err := snapshot(t.net.Params, t.state)
	if err == nil {
		err = t.store.Save(c, ckpt.SaveOptions{Best: best})
	}
	if err != nil {
		err = fmt.Errorf("train: checkpoint of step %d not saved: %w", t.state.Step, err)
		t.warn("checkpoint not saved", err.Error())
	}
	t.saveErr = err
	return err
}

// warn tells the observer.
func (t *trainer) warn(name, detail string) {
	if t.obs.Warn != nil {
		t.obs.Warn(name, detail)
	}
}
