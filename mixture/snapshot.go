package mixture

import (
	"encoding/json"
	"fmt"
)

// Snapshot is where a fit stands.
type Snapshot struct {
	State  json.RawMessage      // what is no array
	Arrays map[string][]float64 // the posteriors, by name
}

// fitState is Snapshot.State.
type fitState struct {
	Start int        `json:"start"`
	Now   climbState `json:"now"`
	Best  climbState `json:"best"`
}

// climbState is a climb without its posterior.
type climbState struct {
	History   []float64 `json:"history"`
	Converged bool      `json:"converged"`
}

// Snapshot returns where the fit stands; the arrays are copies.
func (f *Fitter) Snapshot() (Snapshot, error) {
	s := Snapshot{Arrays: map[string][]float64{}}
	st := fitState{Start: f.start}
	for _, part := range f.parts() {
		if part.climb == nil || part.climb.q == nil {
			continue
		}
		for name, a := range part.climb.arrays() {
			s.Arrays[part.name+name] = append([]float64(nil), *a...)
		}
	}
	st.Now = climbState{f.now.history, f.now.converged}
	if f.best != nil {
		st.Best = climbState{f.best.history, f.best.converged}
	}
	var err error
	s.State, err = json.Marshal(st)
	return s, err
}

// part is a climb that a snapshot holds.
type part struct {
	name  string
	climb *climb
}

// parts are the climbs of the fit.
func (f *Fitter) parts() []part { return []part{{"now.", &f.now}, {"best.", f.best}} }

// arrays are what the sums of a climb follow from.
func (c *climb) arrays() map[string]*[]float64 {
	q := c.q
	return map[string]*[]float64{"mean": &q.mean, "beta": &q.beta, "nu": &q.nu, "scale": &q.scale, "a": &q.w.a, "b": &q.w.b, "count": &c.count}
}

// Restore goes on with the fit of a snapshot, of the same data and settings.
func Restore(x Data, c Config, s Snapshot) (*Fitter, error) {
	f, err := newFitter(x, c)
	if err != nil {
		return nil, err
	}
	var st fitState
	if err := json.Unmarshal(s.State, &st); err != nil {
		return nil, fmt.Errorf("mixture: snapshot: %w", err)
	}
	if st.Start < 0 || st.Start > c.Restarts || (st.Start > 0) != (len(st.Best.History) > 0) {
		return nil, fmt.Errorf("mixture: snapshot: got start %d of %d and %d sweeps of the best before it", st.Start, c.Restarts, len(st.Best.History))
	}
	f.start = st.Start
	f.now = climb{q: newPosterior(c.Covariance, f.p), count: make([]float64, c.Components), history: st.Now.History, converged: st.Now.Converged}
	if st.Start > 0 {
		f.best = &climb{newPosterior(c.Covariance, f.p), make([]float64, c.Components), st.Best.History, st.Best.Converged}
	}
	for _, part := range f.parts() {
		if part.climb == nil {
			continue
		}
		if err := part.restore(s.Arrays); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// restore fills a climb. A start of which no sweep is made has no counts yet.
func (p part) restore(arrays map[string][]float64) error {
	for name, to := range p.climb.arrays() {
		a := arrays[p.name+name]
		if name == "count" && len(a) == 0 && len(p.climb.history) == 0 {
			continue
		}
		if len(a) != len(*to) || firstBad(a) >= 0 {
			return fmt.Errorf("mixture: snapshot: %s%s: got %d values, want %d finite ones", p.name, name, len(a), len(*to))
		}
		copy(*to, a)
	}
	if err := p.climb.q.prepare(); err != nil {
		return fmt.Errorf("mixture: snapshot: %w", err)
	}
	return nil
}
