package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/elbo-go/elbo/ckpt"
	"github.com/elbo-go/elbo/train/rundir"
)

// Observer is told what happens while a run goes on. Any field may be nil.
type Observer struct {
	Sweep func(Record)              // after every sweep
	Warn  func(name, detail string) // a warning that does not stop the run
}

// keeper fits a model and keeps where the fit stands.
type keeper struct {
	ctx    context.Context
	saver  rundir.Saver
	obs    Observer
	before float64 // seconds of fitting when the program went on
	began  time.Time
}

// grace is how long the sweep under way may take when the context is done, before it is given up:
// what is saved are whole sweeps, and those that take longer are saved one by one.
const grace = 5 * time.Second

// fit fits from the newest checkpoint, or from the start.
func (k *keeper) fit(t *Task) (Model, error) {
	from, err := k.reload()
	if err != nil {
		return nil, err
	}
	if k.ctx.Err() != nil {
		return nil, rundir.ErrInterrupted
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(k.ctx))
	defer cancel()
	stop := context.AfterFunc(k.ctx, func() { time.AfterFunc(grace, cancel) })
	defer stop()
	k.saver.Begin()
	k.began = time.Now()
	m, err := t.Fit(ctx, from, k.step)
	if errors.Is(err, context.Canceled) {
		return nil, rundir.ErrInterrupted
	}
	if err != nil {
		return nil, err
	}
	if err := k.saver.Flush(); err != nil && k.obs.Warn != nil {
		k.obs.Warn("history not written", err.Error())
	}
	return m, nil
}

// step adds a sweep to the history, and saves when it is time.
func (k *keeper) step(r Record, take func() (Snapshot, error)) error {
	r.Seconds = k.before + time.Since(k.began).Seconds()
	k.saver.Line(r)
	if k.obs.Sweep != nil {
		k.obs.Sweep(r)
	}
	return k.saver.Checkpoint(k.ctx, func() (out rundir.Snapshot, err error) {
		s, err := take()
		for _, name := range slices.Sorted(maps.Keys(s.Arrays)) {
			a := s.Arrays[name]
			out.Arrays = append(out.Arrays, ckpt.FromFloat64s(name, []int{len(a)}, a))
		}
		out.Fit = s.State
		return out, err
	})
}

// reload reads the newest checkpoint that is whole, if there is any.
func (k *keeper) reload() (*Snapshot, error) {
	from, err := k.saver.Reload()
	if from == nil || err != nil {
		return nil, err
	}
	s := &Snapshot{State: from.Fit, Arrays: map[string][]float64{}}
	for _, t := range from.Arrays {
		v, err := t.Float64s()
		if err != nil {
			return nil, fmt.Errorf("engine: checkpoint: %w", err)
		}
		s.Arrays[t.Name] = v
	}
	history, err := readHistory(k.saver.Log)
	if err == nil && len(history) > 0 {
		k.before = history[len(history)-1].Seconds
	}
	return s, err
}

// readHistory returns the sweeps of a log.
func readHistory(l rundir.Log) (out []Record, err error) {
	err = l.Each(func(line []byte) error {
		var r Record
		if err := json.Unmarshal(line, &r); err != nil {
			return err
		}
		out = append(out, r)
		return nil
	})
	return out, err
}
