package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/train"
	"github.com/elbo-go/elbo/train/rundir"
)

// States of a run of a sweep.
const (
	sweptWaiting     = "waiting"
	sweptFinished    = "finished"
	sweptFailed      = "failed"
	sweptInterrupted = "interrupted"
)

// sweptRun is what a sweep knows of a run.
type sweptRun struct {
	Name    string            `json:"run"`
	Values  map[string]string `json:"values"` // of the settings that vary
	State   string            `json:"state"`
	Error   string            `json:"error,omitempty"` // why it failed
	Metrics []measured        `json:"metrics,omitempty"`
	Figures *compared         `json:"figures,omitempty"` // of a finished run
}

// opened are the rows of runs.
type opened struct{ splits *data.Splits }

// sweeper trains the runs of a sweep.
type sweeper struct {
	*sweepCommand
	data map[string]*opened
	lock sync.Mutex // of all below
	rows []sweptRun
	done int
	halt error // why no further run is started
}

// noSpace tells whether a disk is full.
func noSpace(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// all trains every run, several at a time, and returns what ended the sweep early.
func (w *sweeper) all(ctx context.Context) error {
	for i, c := range w.cells {
		w.rows[i] = sweptRun{Name: c.name, Values: c.value, State: sweptWaiting}
	}
	if err := w.table(); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	next := make(chan int)
	go func() {
		defer close(next)
		for i := range w.cells {
			select {
			case next <- i:
			case <-ctx.Done():
				return
			}
		}
	}()
	var wait sync.WaitGroup
	for range min(w.jobs, len(w.cells)) {
		wait.Go(func() {
			for i := range next {
				figures, metrics, err := w.one(ctx, w.cells[i])
				w.settled(i, figures, metrics, err, stop)
			}
		})
	}
	wait.Wait()
	return w.halt
}

// one trains, resumes or skips a run and measures it.
func (w *sweeper) one(ctx context.Context, c *cell) (figures *compared, metrics []measured, err error) {
	dir := filepath.Join(w.out, sweepRuns, c.name)
	_, finished, err := train.ReadOutcome(dir)
	if err == nil && !finished {
		err = w.trained(ctx, c, dir)
	}
	if err != nil {
		return nil, nil, err
	}
	if metrics, err = w.measured(ctx, c, dir); err != nil {
		return nil, nil, err
	}
	r, err := readCompared(dir)
	return &r, metrics, err
}

// trained trains a run, from its newest checkpoint if it has one.
func (w *sweeper) trained(ctx context.Context, c *cell, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	splits := w.data[dataKey(c.run.cfg)].splits
	obs := train.Observer{
		Step: func(p train.Progress) { w.live(c, p) },
		Warn: func(name, detail string) { w.say(func() { w.screen.warn(c.name+": "+name, detail) }) },
	}
	run, err := w.begun(ctx, c, dir, splits, obs)
	if err != nil || w.noReport {
		return err
	}
	return reportRun(ctx, run)
}

// begun starts or resumes a run.
func (w *sweeper) begun(ctx context.Context, c *cell, dir string, splits *data.Splits, obs train.Observer) (*train.Run, error) {
	_, _, err := train.ReadConfig(dir)
	switch {
	case err == nil:
		return train.Resume(ctx, dir, splits, nil, obs)
	case rundir.IsRun(dir):
		return nil, err // its config is damaged
	}
	cfg := c.run.cfg
	return train.Start(ctx, cfg, splits, dir, c.run.line(cfg.Model), obs)
}

// measured takes the metrics of a finished run that it has not yet.
func (w *sweeper) measured(ctx context.Context, c *cell, dir string) ([]measured, error) {
	if len(w.chosen) == 0 {
		return nil, nil
	}
	path := filepath.Join(dir, figureFile)
	var have []measured
	if err := rundir.ReadJSON(path, &have); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w; remove it, and it is written again", err)
	}
	var missing []metric
	for _, m := range w.chosen {
		if _, ok := found(have, m.name); !ok {
			missing = append(missing, m)
		}
	}
	if len(missing) > 0 {
		run, err := train.Load(dir, "best", c.run.cfg.Backend)
		if err != nil {
			return nil, err
		}
		if err := run.WithData(ctx); err != nil {
			return nil, err
		}
		got, err := takeMetrics(ctx, run, missing, 1)
		if err != nil {
			return nil, err
		}
		have = append(have, got...)
		if err := rundir.WriteJSON(path, have); err != nil {
			return nil, err
		}
	}
	var out []measured
	for _, m := range w.chosen {
		r, _ := found(have, m.name)
		out = append(out, r)
	}
	return out, nil
}

// found looks a metric up.
func found(have []measured, name string) (measured, bool) {
	for _, m := range have {
		if m.Name == name {
			return m, true
		}
	}
	return measured{}, false
}

// settled records how a run ended, and stops the sweep where going on is of no use.
func (w *sweeper) settled(i int, figures *compared, metrics []measured, err error, stop func()) {
	w.lock.Lock()
	defer w.lock.Unlock()
	r := &w.rows[i]
	switch {
	case err == nil:
		r.State, r.Figures, r.Metrics = sweptFinished, figures, metrics
		w.done++
	case errors.Is(err, train.ErrInterrupted) || errors.Is(err, context.Canceled):
		r.State = sweptInterrupted
	default:
		r.State, r.Error = sweptFailed, oneLine(err)
		if noSpace(err) && w.halt == nil {
			w.halt = w.full(fmt.Errorf("sweep: %s: %w", r.Name, err))
			stop()
		}
	}
	if err := w.table(); err != nil && w.halt == nil {
		w.halt = w.full(err)
		stop()
	}
	w.print(struct {
		Type string `json:"type"`
		sweptRun
	}{"run", *r})
	w.screen.println(fmt.Sprintf("%-11s%s", r.State, w.describe(r)))
}

// describe is the line of a run.
func (w *sweeper) describe(r *sweptRun) string {
	if r.Figures == nil {
		if r.Error != "" {
			return r.Name + ": " + r.Error
		}
		return r.Name
	}
	f := r.Figures
	text := fmt.Sprintf("%s  −%s %.2f", r.Name, f.Test.Kind, -f.Test.Bound)
	if len(f.Test.KLPerDim) > 0 {
		text += fmt.Sprintf(" = −reconstruction %.2f + KL %.2f", -f.Test.Reconstruction, f.Test.KL)
	}
	if f.Telemetry.Latent > 0 {
		text += fmt.Sprintf(", %d of %d active", f.Telemetry.ActiveUnits, f.Telemetry.Latent)
	}
	if v := r.classError(); !math.IsNaN(v) {
		text += fmt.Sprintf(", class error %.2f %%", 100*v)
	}
	for _, m := range r.Metrics {
		for _, g := range m.Figures {
			text += fmt.Sprintf("  %s %.3g", extra{m.Name, g.Name}.label(), g.Value)
		}
	}
	return text
}

// say writes to the screen, one run at a time.
func (w *sweeper) say(fn func()) {
	w.lock.Lock()
	defer w.lock.Unlock()
	fn()
}

// live shows where the sweep stands.
func (w *sweeper) live(c *cell, p train.Progress) {
	w.say(func() {
		w.screen.draw([]piece{
			{fmt.Sprintf("%d of %d runs done", w.done, len(w.cells)), 9},
			{c.name, 8},
			{fmt.Sprintf("epoch %d/%d", p.Epoch, p.Epochs), 7},
			{bar(p.Step, p.Steps), 5},
			{fmt.Sprintf("%s %.2f", p.Record.Kind, p.Record.Bound), 6},
		})
	})
}
