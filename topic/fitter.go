package topic

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/elbo-go/elbo/topic/corpus"
)

// Fitter is batch inference under way, sweep by sweep (see [Fit]). Its [Snapshot] goes on to the
// same bits.
type Fitter struct {
	config Config
	docs   *corpus.Corpus
	model  *Model
	local  *local
	beta   []float64
	place  place
}

// place is where a fit stands, besides its arrays.
type place struct {
	Sweep   int      `json:"sweep"`            // done
	Last    *float64 `json:"last,omitempty"`   // the last bound
	Done    bool     `json:"done"`             // the last sweep was made
	Updates int64    `json:"updates"`          // of tokens
	Alpha   float64  `json:"alpha"`            // of the model
	Alphas  bool     `json:"alphas,omitempty"` // of each topic, among the arrays
	Eta     float64  `json:"eta"`              // of the model
}

// NewFitter begins with noise and documents (Model.Seed).
func NewFitter(docs *corpus.Corpus, c Config) (*Fitter, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if err := usable(docs); err != nil {
		return nil, err
	}
	m := newModel(c, docs.Vocabulary)
	if err := m.Seed(docs, c); err != nil {
		return nil, err
	}
	return newFitter(docs, c, m), nil
}

// newFitter is a fitter before its first sweep.
func newFitter(docs *corpus.Corpus, c Config, m *Model) *Fitter {
	return &Fitter{config: c, docs: docs, model: m, local: newLocal(docs, m.alphas()), beta: make([]float64, len(m.Lambda))}
}

// Done tells whether the last sweep was made.
func (f *Fitter) Done() bool { return f.place.Done }

// Model is the model as it stands, which further sweeps change.
func (f *Fitter) Model() *Model { return f.model }

// Sweep makes a sweep.
func (f *Fitter) Sweep() (Record, error) {
	m, l, c := f.model, f.local, f.config
	if f.Done() {
		return Record{}, fmt.Errorf("topic: sweep: got a fit that is over after %d sweeps", f.place.Sweep)
	}
	f.place.Sweep++
	sweep := f.place.Sweep
	m.expectations(f.beta, nil, c.Threads)
	r := Record{Sweep: sweep, Start: sweep <= c.Fresh, Bound: math.NaN()}
	if r.Start {
		l.restart()
	} else if c.LearnEta {
		m.learnEta(f.beta)
	}
	l.infer(f.beta, c)
	f.place.Done = sweep >= c.Sweeps
	if !r.Start && (sweep-c.Fresh)%c.BoundEvery == 0 || sweep == c.Sweeps {
		if err := f.evaluate(&r); err != nil {
			return r, err
		}
	}
	f.rise(!r.Start)
	if f.place.Done && sweep < c.Sweeps && c.LearnAlpha == Hierarchical {
		f.place.Done = !f.prune()
	}
	r.Updates = f.place.Updates + sum(l.updates)
	if c.Progress != nil {
		c.Progress(r)
	}
	return r, nil
}

// rise updates the topics, and α where it is learned.
func (f *Fitter) rise(learn bool) {
	m, l, c := f.model, f.local, f.config
	m.update(l, f.beta, 1, 1, c.Threads)
	if learn && c.LearnAlpha != Fixed {
		m.learnAlpha(c.LearnAlpha, l.logTheta(), float64(f.docs.Len()), c.Gamma)
		l.alpha = m.alphas()
	}
}

// bound is the evidence lower bound of the topics that beta is of, and of their documents.
func (f *Fitter) bound() float64 {
	b := f.model.topicBound(f.beta, f.config.Threads) + sum(f.local.bound)
	if f.config.LearnAlpha == Hierarchical {
		b += sharesPrior(f.local.alpha, f.config.Gamma)
	}
	return b
}

// evaluate puts the bound into a record, and ends the fit when it stands still.
func (f *Fitter) evaluate(r *Record) error {
	c, last := f.config, math.Inf(-1)
	if f.place.Last != nil {
		last = *f.place.Last
	}
	r.Bound = f.bound()
	if fell := last - r.Bound; math.IsNaN(r.Bound) || fell > 1e-9*math.Abs(last) {
		return fmt.Errorf("topic: bound: sweep %d: got %.12g after %.12g, want it never to fall", r.Sweep, r.Bound, last)
	}
	f.place.Done = f.place.Done || r.Bound-last < c.Tolerance*math.Abs(r.Bound)
	bound := r.Bound
	f.place.Last = &bound
	return nil
}

// Snapshot is where a fit stands.
type Snapshot struct {
	// State is what is no array.
	State json.RawMessage
	// Arrays are λ, γ and the concentrations, by name.
	Arrays map[string][]float64
}

// Snapshot returns where the fit stands; the arrays are copies.
func (f *Fitter) Snapshot() (Snapshot, error) {
	m, p := f.model, f.place
	p.Alpha, p.Eta, p.Alphas = m.Alpha, m.Eta, m.Alphas != nil
	p.Updates += sum(f.local.updates)
	s := Snapshot{Arrays: map[string][]float64{"lambda": slices.Clone(m.Lambda), "gamma": slices.Clone(f.local.gamma)}}
	if p.Alphas {
		s.Arrays["alphas"] = slices.Clone(m.Alphas)
	}
	var err error
	s.State, err = json.Marshal(p)
	return s, err
}

// Restore goes on with the fit of a snapshot, of the same documents and settings.
func Restore(docs *corpus.Corpus, c Config, s Snapshot) (*Fitter, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if err := usable(docs); err != nil {
		return nil, err
	}
	var p place
	if err := json.Unmarshal(s.State, &p); err != nil {
		return nil, fmt.Errorf("topic: snapshot: %w", err)
	}
	if p.Sweep < 0 || p.Sweep > c.Sweeps || p.Updates < 0 || !(p.Alpha >= leastAlpha) || !(p.Eta >= smallest) {
		return nil, fmt.Errorf("topic: snapshot: got %d sweeps of %d, α = %g and η = %g", p.Sweep, c.Sweeps, p.Alpha, p.Eta)
	}
	want := map[string]int{"lambda": docs.Vocabulary * c.Topics, "gamma": docs.Len() * c.Topics}
	if p.Alphas {
		want["alphas"] = c.Topics
	}
	for name, n := range want {
		a := s.Arrays[name]
		if bad := slices.IndexFunc(a, func(x float64) bool { return !(x > 0) || math.IsInf(x, 0) }); len(a) != n || bad >= 0 {
			return nil, fmt.Errorf("topic: snapshot: %s: got %d numbers, want %d positive ones", name, len(a), n)
		}
	}
	m := &Model{Topics: c.Topics, Vocabulary: docs.Vocabulary, Alpha: p.Alpha, Eta: p.Eta, Lambda: slices.Clone(s.Arrays["lambda"])}
	if p.Alphas {
		m.Alphas = slices.Clone(s.Arrays["alphas"])
	}
	f := newFitter(docs, c, m)
	copy(f.local.gamma, s.Arrays["gamma"])
	f.place = p
	return f, nil
}
