package hmm

import (
	"context"
	"encoding/json"
	"fmt"

	markov "github.com/elbo-go/elbo/hmm"
	"github.com/elbo-go/elbo/train/engine"
)

// progress is where a fit of several starts stands.
type progress struct {
	Start int            `json:"start"`          // from 0
	Now   *chain         `json:"now,omitempty"`  // of this start, after Last
	Last  *markov.Record `json:"last,omitempty"` // of this start
	Best  *Model         `json:"best,omitempty"` // of the starts before
}

// fit makes the starts one after the other and keeps the best.
func fit(ctx context.Context, s *series, c engine.Config, from *engine.Snapshot, step engine.Step) (engine.Model, error) {
	var p progress
	if from != nil {
		if err := json.Unmarshal(from.State, &p); err != nil {
			return nil, fmt.Errorf("hmm: checkpoint: %w", err)
		}
	}
	for ; p.Start < c.Whole("restarts"); p.Start++ {
		if p.Now == nil {
			now, err := begin(s, c, p.Start)
			if err != nil {
				return nil, err
			}
			p.Now = &now
		}
		res, err := p.climb(ctx, s, c, step)
		if err != nil {
			return nil, err
		}
		if p.Best == nil || res.Bound > p.Best.Bound {
			p.Best = &Model{Columns: s.columns, Sequence: s.sequence, Symbols: !numbers(c.Text("emission")), Chain: *p.Now,
				Bound: res.Bound, Converged: res.Converged, Occupancy: res.Occupancy}
		}
		p.Now, p.Last = nil, nil
	}
	return p.Best, p.Best.prepare()
}

// climb makes the sweeps of a start, or what is left of them.
func (p *progress) climb(ctx context.Context, s *series, c engine.Config, step engine.Step) (markov.Result, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	sweeps := c.Whole("sweeps")
	f := markov.Config{Sweeps: sweeps, Tol: c.Number("tolerance"), Workers: c.Threads, After: p.Last, Progress: func(r markov.Record) {
		p.Last = &r
		record := engine.Record{Phase: fmt.Sprintf("start %d/%d", p.Start+1, c.Whole("restarts")), Sweep: r.Sweep + 1, Sweeps: sweeps, Bound: &r.Bound}
		err := step(record, func() (engine.Snapshot, error) {
			state, err := json.Marshal(p)
			return engine.Snapshot{State: state}, err
		})
		if err != nil {
			stop(err)
		}
	}}
	res, err := p.Now.fit(ctx, s.train, f)
	if cause := context.Cause(ctx); cause != nil {
		return res, cause
	}
	return res, err
}
