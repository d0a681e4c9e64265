package crf

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/elbo-go/elbo/vi/lbfgs"
)

// Trainer is a training under way, step by step. Its [Snapshot] goes on to the same bits.
type Trainer struct {
	cfg  Config
	m    *Model
	min  minimizer
	last *lbfgs.Result // nil until the training is over
}

// minimizer is a way to the least loss.
type minimizer interface {
	point() lbfgs.Point
	step() (moved bool, end *lbfgs.Result, err error)
	curvature() (s, y [][]float64, steps int)
	restore(s, y [][]float64, steps int)
}

// smooth is the minimiser without a penalty λ₁.
type smooth struct{ *lbfgs.Minimizer }

func (m smooth) point() lbfgs.Point                 { return m.Point }
func (m smooth) step() (bool, *lbfgs.Result, error) { return m.Step() }
func (m smooth) curvature() (s, y [][]float64, steps int) {
	return m.History.S, m.History.Y, m.Iterations
}
func (m smooth) restore(s, y [][]float64, steps int) {
	m.History, m.Iterations = lbfgs.History{S: s, Y: y}, steps
}
func (o *orthants) curvature() (s, y [][]float64, at int) { return o.s, o.y, o.steps }
func (o *orthants) restore(s, y [][]float64, steps int)   { o.s, o.y, o.steps = s, y, steps }

// NewTrainer numbers the features of the data and starts at weights 0.
func NewTrainer(data []Sequence, cfg Config) (*Trainer, error) {
	t, o, err := newTrainer(data, cfg)
	if err != nil {
		return nil, err
	}
	return t, t.begin(o, make([]float64, o.size()))
}

// newTrainer prepares model and loss.
func newTrainer(data []Sequence, cfg Config) (*Trainer, *loss, error) {
	if err := cfg.check(); err != nil {
		return nil, nil, err
	}
	m := &Model{labels: labelsOf(data)}
	if len(m.labels) == 0 {
		return nil, nil, fmt.Errorf("crf: fit: got no labels in %d sequences", len(data))
	}
	e := newEncoder(cfg.Templates, true)
	c, err := e.corpus("fit", data, indexOf(m.labels))
	if err != nil {
		return nil, nil, err
	}
	e.cut(c, cfg.MinCount)
	l, err := pairsOf(c, len(e.ids), len(m.labels), cfg.AllPairs)
	if err != nil {
		return nil, nil, err
	}
	m.layout, m.encoder = l, e
	e.grow = false
	return &Trainer{cfg: cfg, m: m}, newLoss(l, c, cfg), nil
}

// begin chooses the minimiser and starts it at w.
func (t *Trainer) begin(o *loss, w []float64) error {
	c := t.cfg
	options := lbfgs.Options{History: c.History, MaxIterations: c.MaxIterations, GradTol: c.GradTol, ValueTol: c.ValueTol}
	if c.L1 > 0 {
		sparse := &orthants{f: o.at, l1: c.L1, options: options}
		t.min = sparse
		if err := sparse.begin(w); err != nil {
			return fmt.Errorf("crf: fit: %w", err)
		}
	} else {
		m, err := lbfgs.New(o.at, w, options)
		if err != nil {
			return fmt.Errorf("crf: fit: %w", err)
		}
		t.min = smooth{m}
	}
	t.report()
	return nil
}

// report tells the config's Progress where the training stands.
func (t *Trainer) report() {
	if t.cfg.Progress != nil {
		t.cfg.Progress(t.Progress())
	}
}

// Progress is where the training stands.
func (t *Trainer) Progress() Progress {
	p := t.min.point()
	_, _, steps := t.min.curvature()
	return Progress{steps, p.F, largestOf(p.Grad)}
}

// Done tells whether the training is over.
func (t *Trainer) Done() bool { return t.last != nil }

// Step takes a step of the minimiser; the last one may find that there is none to take.
func (t *Trainer) Step() error {
	if t.Done() {
		return fmt.Errorf("crf: fit: step: got a training that is over: %s", t.last.Reason)
	}
	moved, end, err := t.min.step()
	if err != nil {
		return fmt.Errorf("crf: fit: %w", err)
	}
	t.last = end
	if moved {
		t.report()
	}
	return nil
}

// Model returns the field as it stands.
func (t *Trainer) Model() *Model {
	m, p := *t.m, t.min.point()
	_, _, m.Iterations = t.min.curvature()
	m.w, m.Loss, m.Reason = p.X, p.F, "the training goes on"
	if t.last != nil {
		m.Reason = t.last.Reason
	}
	return &m
}

// Snapshot is where a training stands.
type Snapshot struct {
	// State is what is no array.
	State json.RawMessage
	// Arrays are weights, steps and changes of the slope, by name.
	Arrays map[string][]float64
}

// trainerState is Snapshot.State.
type trainerState struct {
	Steps int    `json:"steps"`         // taken
	Pairs int    `json:"pairs"`         // of steps and changes
	End   string `json:"end,omitempty"` // why the training is over, if it is
}

// Snapshot returns where the training stands; the arrays are not changed by what it does next.
func (t *Trainer) Snapshot() (Snapshot, error) {
	s, y, steps := t.min.curvature()
	out := Snapshot{Arrays: map[string][]float64{"weights": t.min.point().X}}
	for i := range s {
		out.Arrays[fmt.Sprintf("step %d", i)], out.Arrays[fmt.Sprintf("change %d", i)] = s[i], y[i]
	}
	var err error
	st := trainerState{Steps: steps, Pairs: len(s)}
	if t.last != nil {
		st.End = t.last.Reason
	}
	out.State, err = json.Marshal(st)
	return out, err
}

// Restore goes on with the training of a snapshot, of the same data and settings.
func Restore(data []Sequence, cfg Config, at Snapshot) (*Trainer, error) {
	t, o, err := newTrainer(data, cfg)
	if err != nil {
		return nil, err
	}
	var st trainerState
	if err := json.Unmarshal(at.State, &st); err != nil {
		return nil, fmt.Errorf("crf: snapshot: %w", err)
	}
	if st.Steps < 0 || st.Pairs < 0 || st.Pairs > min(st.Steps, cfg.History) {
		return nil, fmt.Errorf("crf: snapshot: got %d pairs after %d steps, want at most %d", st.Pairs, st.Steps, cfg.History)
	}
	read := func(name string) []float64 {
		a := at.Arrays[name]
		if err == nil && len(a) != o.size() {
			err = fmt.Errorf("crf: snapshot: %s: got %d weights, want %d", name, len(a), o.size())
		}
		for i, v := range a {
			if err == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
				err = fmt.Errorf("crf: snapshot: %s: weight %d: got %v, want a finite number", name, i, v)
			}
		}
		return a
	}
	w := read("weights")
	var s, y [][]float64
	for i := range st.Pairs {
		s, y = append(s, read(fmt.Sprintf("step %d", i))), append(y, read(fmt.Sprintf("change %d", i)))
	}
	if err != nil {
		return nil, err
	}
	progress := cfg.Progress
	t.cfg.Progress = nil // the place is known already
	if err := t.begin(o, w); err != nil {
		return nil, err
	}
	t.cfg.Progress = progress
	t.min.restore(s, y, st.Steps)
	if st.End != "" {
		t.last = &lbfgs.Result{Point: t.min.point(), Iterations: st.Steps, Reason: st.End}
	}
	return t, nil
}
