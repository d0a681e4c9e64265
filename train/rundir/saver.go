package rundir

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/elbo-go/elbo/ckpt"
)

// State is what a checkpoint of a [Saver] holds besides arrays.
type State struct {
	Format      int             `json:"format"`       // stateFormat
	Fingerprint string          `json:"fingerprint"`  // of the training rows
	Epochs      int64           `json:"epochs"`       // finished, over all phases
	MetricBytes int64           `json:"metric_bytes"` // length of the history that belongs to them
	Fit         json.RawMessage `json:"fit"`          // of the optimiser
}

// stateFormat is raised when State changes in a way that older programs cannot read.
const stateFormat = 1

// maxState bounds the JSON of a state that is read.
const maxState = 16 << 20

// Saver keeps where a fit that brings its own optimiser stands: a line of the history an epoch, and
// now and then a checkpoint from which the fit goes on.
type Saver struct {
	Store       *ckpt.Store               // of the run
	Log         Log                       // its history
	Fingerprint string                    // of the training rows
	Every       float64                   // seconds between checkpoints; 0 makes one an epoch
	Warn        func(name, detail string) // is told what does not stop the run; may be nil

	epochs  int64        // finished, over all phases
	pending bytes.Buffer // lines of the history since it was written
	bytes   int64        // its length
	saved   time.Time    // when it was
}

// Snapshot is where an optimiser stands.
type Snapshot struct {
	Fit    json.RawMessage // what is no array
	Arrays []ckpt.Tensor   // the rest
}

// Begin starts the time to the first checkpoint.
func (s *Saver) Begin() { s.saved = time.Now() }

// Line adds a finished epoch to the history.
func (s *Saver) Line(v any) {
	s.epochs++
	line, err := json.Marshal(v)
	if err != nil {
		s.warn("history not written", err.Error())
		return
	}
	s.pending.Write(append(line, '\n'))
}

// Checkpoint saves when it is time, and when the context is done, which ends the fit with
// [ErrInterrupted].
func (s *Saver) Checkpoint(ctx context.Context, take func() (Snapshot, error)) error {
	done := ctx.Err() != nil
	if !done && time.Since(s.saved).Seconds() < s.Every {
		return nil
	}
	err := s.save(take)
	s.saved = time.Now()
	switch {
	case done && err != nil:
		return errors.Join(ErrInterrupted, err)
	case done:
		return ErrInterrupted
	case err != nil:
		s.warn("checkpoint not saved", err.Error())
	}
	return nil
}

// save writes the history and a checkpoint.
func (s *Saver) save(take func() (Snapshot, error)) error {
	at, err := take()
	if err != nil {
		return err
	}
	if err := s.Flush(); err != nil {
		return err
	}
	c := ckpt.Checkpoint{Step: s.epochs, Model: at.Arrays}
	c.State, err = json.Marshal(State{stateFormat, s.Fingerprint, s.epochs, s.bytes, at.Fit})
	if err == nil {
		err = s.Store.Save(c, ckpt.SaveOptions{})
	}
	if err != nil {
		return fmt.Errorf("train: checkpoint after %d epochs not saved: %w", s.epochs, err)
	}
	return nil
}

// Flush writes the lines of the history that wait.
func (s *Saver) Flush() error {
	if s.pending.Len() == 0 {
		return nil
	}
	size, err := s.Log.Append(s.pending.Bytes())
	if err != nil {
		return err
	}
	s.bytes = size
	s.pending.Reset()
	return nil
}

// Reload reads the newest checkpoint that is whole, nil if there is none, and cuts the history to
// what belongs to it.
func (s *Saver) Reload() (*Snapshot, error) {
	steps, err := s.Store.Steps()
	if err != nil {
		return nil, err
	}
	if len(steps) == 0 {
		return nil, s.Log.Cut(0)
	}
	c, skipped, err := s.Store.LoadNewestValid()
	if err != nil {
		return nil, err
	}
	for _, e := range skipped {
		s.warn("checkpoint skipped", e.Error())
	}
	var st State
	if err := ckpt.DecodeStrict(c.State, &st, maxState); err != nil {
		return nil, err
	}
	if st.Format != stateFormat || st.Epochs != c.Step {
		return nil, fmt.Errorf("train: checkpoint: got format %d after %d epochs, want %d after %d", st.Format, st.Epochs, stateFormat, c.Step)
	}
	if st.Fingerprint != s.Fingerprint {
		return nil, fmt.Errorf("train: checkpoint after %d epochs: got data fingerprint %.12s, want %.12s", st.Epochs, st.Fingerprint, s.Fingerprint)
	}
	s.epochs, s.bytes = st.Epochs, st.MetricBytes
	return &Snapshot{st.Fit, c.Model}, s.Log.Cut(st.MetricBytes)
}

// warn tells what does not stop the run.
func (s *Saver) warn(name, detail string) {
	if s.Warn != nil {
		s.Warn(name, detail)
	}
}
