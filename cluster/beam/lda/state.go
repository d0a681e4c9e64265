package lda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/elbo-go/elbo/cluster/beam/store"
	"github.com/elbo-go/elbo/topic"
)

// state is a run between two sweeps: the topics, and what decides how it goes on.
type state struct {
	Run        string   // names the data and the configuration
	Sweep      int      // the sweeps done
	Topics     int      // K
	Vocabulary int      // V
	Alpha      float64  // α
	Eta        float64  // η
	Bound      *float64 `json:",omitempty"` // the last that was evaluated
	Updates    int64    // token updates so far
	Done       bool     // there is no sweep to follow

	model *topic.Model
}

// write stores the state as that after its sweep.
func (s *state) write(ctx context.Context, dir string) error {
	s.Topics, s.Vocabulary, s.Alpha, s.Eta = s.model.Topics, s.model.Vocabulary, s.model.Alpha, s.model.Eta
	if err := store.Put(ctx, topicsPath(dir, s.Sweep), s, s.model.Lambda); err != nil {
		return err
	}
	return store.Write(ctx, join(dir, "latest"), func(w io.Writer) error { return json.NewEncoder(w).Encode(latest{s.Run, s.Sweep}) })
}

// latest names the last state that is whole.
type latest struct {
	Run   string
	Sweep int
}

// readState reads the state after a sweep of the run.
func readState(ctx context.Context, run, dir string, sweep int) (*state, error) {
	s, name := &state{}, topicsPath(dir, sweep)
	lambda, err := store.Get(ctx, name, s)
	if err != nil {
		return nil, err
	}
	if s.Run != run || s.Sweep != sweep || s.Topics < 1 || s.Vocabulary < 1 || len(lambda) != s.Topics*s.Vocabulary {
		return nil, fmt.Errorf("lda: %s: got %d topics of %d terms after sweep %d of run %q in %d numbers, want sweep %d of %q",
			name, s.Topics, s.Vocabulary, s.Sweep, s.Run, len(lambda), sweep, run)
	}
	s.model = &topic.Model{Topics: s.Topics, Vocabulary: s.Vocabulary, Alpha: s.Alpha, Eta: s.Eta, Lambda: lambda}
	return s, nil
}

// resume is the last state of the run in a folder, nil where there is none.
func resume(ctx context.Context, run, dir string) (*state, error) {
	r, err := store.Open(ctx, join(dir, "latest"), 0, -1)
	if errors.Is(err, store.ErrNone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var l latest
	if err := json.NewDecoder(r).Decode(&l); err != nil {
		return nil, fmt.Errorf("lda: %s: latest: %w", dir, err)
	}
	if l.Run != run {
		return nil, fmt.Errorf("lda: %s: got run %q in the folder, want %q: other data or another configuration, choose another folder", dir, l.Run, run)
	}
	return readState(ctx, run, dir, l.Sweep)
}
