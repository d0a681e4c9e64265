package supervised

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/elbo-go/elbo/bnn"
	"github.com/elbo-go/elbo/ckpt"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/train/rundir"
)

// epoch is a line of the history.
type epoch struct {
	Phase   string  `json:"phase"`   // of the method
	Epoch   int     `json:"epoch"`   // epochs done
	Epochs  int     `json:"epochs"`  // epochs of the phase
	Loss    float64 `json:"loss"`    // nats a row
	LogLik  float64 `json:"log_lik"` // mean ln p(y|x, w) of the standardised target
	Penalty float64 `json:"penalty"` // KL/N or −ln p(w)/N
}

// state is what a checkpoint holds besides arrays.
type state struct {
	Format      int             `json:"format"`       // stateFormat
	Fingerprint string          `json:"fingerprint"`  // of the training rows
	Epochs      int64           `json:"epochs"`       // finished, over all phases
	MetricBytes int64           `json:"metric_bytes"` // length of the history that belongs to them
	Fit         json.RawMessage `json:"fit"`          // bnn.Snapshot.State
}

// stateFormat is raised when state changes in a way that older programs cannot read.
const stateFormat = 1

// keeper fits a network and keeps where the fit stands.
type keeper struct {
	ctx         context.Context
	config      Config
	fingerprint string
	store       *ckpt.Store
	log         rundir.Log
	obs         Observer

	epochs  int64        // finished, over all phases
	pending bytes.Buffer // lines of the history since it was written
	bytes   int64        // its length
	saved   time.Time    // when it was
}

// grace is how long the epoch under way may take when the context is done, before it is given up:
// what is saved are whole epochs, and those that take longer are saved one by one.
const grace = 5 * time.Second

// fit fits from the newest checkpoint, or from the start.
func (k *keeper) fit(t *Table) (*bnn.Net, error) {
	from, err := k.reload()
	if err != nil {
		return nil, err
	}
	c := k.config.net(t.Image)
	c.Progress, c.Checkpoint = k.progress, k.checkpoint
	k.saved = time.Now()
	if k.ctx.Err() != nil {
		return nil, rundir.ErrInterrupted
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(k.ctx))
	defer cancel()
	stop := context.AfterFunc(k.ctx, func() { time.AfterFunc(grace, cancel) })
	defer stop()
	net, err := bnn.FitFrom(ctx, t.Train.X, t.Train.Y, c, from)
	if errors.Is(err, context.Canceled) {
		return nil, rundir.ErrInterrupted
	}
	if err != nil {
		return nil, err
	}
	if err := k.flush(); err != nil {
		k.warn("history not written", err.Error())
	}
	return net, nil
}

// progress adds an epoch to the history.
func (k *keeper) progress(p bnn.Progress) {
	k.epochs++
	line, err := json.Marshal(epoch(p))
	if err != nil {
		k.warn("history not written", err.Error())
	}
	k.pending.Write(append(line, '\n'))
	if k.obs.Epoch != nil {
		k.obs.Epoch(p)
	}
}

// checkpoint saves when it is time, and when the context is done, which ends the fit.
func (k *keeper) checkpoint(p bnn.Progress, take func() (bnn.Snapshot, error)) error {
	done := k.ctx.Err() != nil
	if !done && time.Since(k.saved).Seconds() < k.config.SaveEvery {
		return nil
	}
	err := k.save(take)
	k.saved = time.Now()
	switch {
	case done && err != nil:
		return errors.Join(rundir.ErrInterrupted, err)
	case done:
		return rundir.ErrInterrupted
	case err != nil:
		k.warn("checkpoint not saved", err.Error())
	}
	return nil
}

// save writes the history and a checkpoint.
func (k *keeper) save(take func() (bnn.Snapshot, error)) error {
	s, err := take()
	if err != nil {
		return err
	}
	if err := k.flush(); err != nil {
		return err
	}
	c := ckpt.Checkpoint{Step: k.epochs}
	for _, a := range s.Arrays {
		c.Model = append(c.Model, ckpt.FromFloat64s(a.Name, a.Dims, a.Data))
	}
	c.State, err = json.Marshal(state{stateFormat, k.fingerprint, k.epochs, k.bytes, s.State})
	if err == nil {
		err = k.store.Save(c, ckpt.SaveOptions{})
	}
	if err != nil {
		return fmt.Errorf("supervised: checkpoint after %d epochs not saved: %w", k.epochs, err)
	}
	return nil
}

// flush writes the lines of the history that wait.
func (k *keeper) flush() error {
	if k.pending.Len() == 0 {
		return nil
	}
	size, err := k.log.Append(k.pending.Bytes())
	if err != nil {
		return err
	}
	k.bytes = size
	k.pending.Reset()
	return nil
}

// reload reads the newest checkpoint that is whole, if there is any.
func (k *keeper) reload() (*bnn.Snapshot, error) {
	steps, err := k.store.Steps()
	if err != nil {
		return nil, err
	}
	if len(steps) == 0 {
		return nil, k.log.Cut(0)
	}
	c, skipped, err := k.store.LoadNewestValid()
	if err != nil {
		return nil, err
	}
	for _, e := range skipped {
		k.warn("checkpoint skipped", e.Error())
	}
	var st state
	if err := ckpt.DecodeStrict(c.State, &st, maxState); err != nil {
		return nil, err
	}
	if st.Format != stateFormat || st.Epochs != c.Step {
		return nil, fmt.Errorf("supervised: checkpoint: got format %d after %d epochs, want %d after %d", st.Format, st.Epochs, stateFormat, c.Step)
	}
	if st.Fingerprint != k.fingerprint {
		return nil, fmt.Errorf("supervised: checkpoint after %d epochs: got data fingerprint %.12s, want %.12s", st.Epochs, st.Fingerprint, k.fingerprint)
	}
	s := &bnn.Snapshot{State: st.Fit}
	for _, t := range c.Model {
		v, err := t.Float64s()
		if err != nil {
			return nil, fmt.Errorf("supervised: checkpoint: %w", err)
		}
		s.Arrays = append(s.Arrays, model.Array{Name: t.Name, Dims: t.Shape, Data: v})
	}
	k.epochs, k.bytes = st.Epochs, st.MetricBytes
	return s, k.log.Cut(st.MetricBytes)
}

// maxState bounds the JSON of a state that is read.
const maxState = 16 << 20

// warn tells the observer.
func (k *keeper) warn(name, detail string) {
	if k.obs.Warn != nil {
		k.obs.Warn(name, detail)
	}
}
