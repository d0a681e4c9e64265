package engine

import (
	"context"
	"encoding/json"
	"fmt"
)

// Replayed fits by a function that calls back after every sweep and whose sweeps take no time worth
// saving: what a snapshot holds is their number, and a fit that goes on from one makes them again,
// unheard, to the same bits.
func Replayed(ctx context.Context, from *Snapshot, step Step, fit func(ctx context.Context, heard func(Record)) (Model, error)) (Model, error) {
	var made struct {
		Sweeps int `json:"sweeps"`
	}
	if from != nil {
		if err := json.Unmarshal(from.State, &made); err != nil || made.Sweeps < 0 {
			return nil, fmt.Errorf("engine: snapshot: got %.40q, want the number of sweeps", from.State)
		}
	}
	inner, stop := context.WithCancel(ctx)
	defer stop()
	var failed error
	before := made.Sweeps
	made.Sweeps = 0
	m, err := fit(inner, func(r Record) {
		if made.Sweeps++; made.Sweeps <= before || failed != nil {
			return
		}
		failed = step(r, func() (Snapshot, error) {
			state, err := json.Marshal(made)
			return Snapshot{State: state}, err
		})
		if failed != nil {
			stop()
		}
	})
	if failed != nil {
		return nil, failed
	}
	return m, err
}
