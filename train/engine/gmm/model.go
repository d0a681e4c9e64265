package gmm

import (
	"context"
	"encoding/json"
	"fmt"
	"math"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/internal/text"
	"github.com/elbo-go/elbo/mixture"
	"github.com/elbo-go/elbo/train/engine"
	"github.com/elbo-go/elbo/train/engine/tables"
)

// Model is a mixture of standardised rows with the standardisation.
type Model struct {
	// Columns are those of a row, with mean and scale of the training rows.
	Columns []data.Column
	// Mixture is the fitted mixture.
	Mixture *mixture.Model
}

// stored is a model as JSON.
type stored struct {
	Columns []data.Column  `json:"columns"`
	Mixture *mixture.Model `json:"mixture"`
}

// MarshalJSON writes the model; numbers keep every bit.
func (m *Model) MarshalJSON() ([]byte, error) { return json.Marshal(stored{m.Columns, m.Mixture}) }

// UnmarshalJSON reads a model that MarshalJSON wrote.
func (m *Model) UnmarshalJSON(text []byte) error {
	var s stored
	if err := json.Unmarshal(text, &s); err != nil {
		return fmt.Errorf("gmm: model: %w", err)
	}
	if s.Mixture == nil || s.Mixture.Columns != len(s.Columns) {
		return fmt.Errorf("gmm: model: got %d columns, want a mixture of as many", len(s.Columns))
	}
	if err := tables.Check("gmm: model", s.Columns); err != nil {
		return err
	}
	*m = Model(s)
	return nil
}

// logScale is Σ ln s_j, by which the log density of a row in the units of the data is less than that
// of the standardised row.
func (m *Model) logScale() (sum float64) {
	for _, c := range m.Columns {
		sum += math.Log(c.Scale)
	}
	return sum
}

// rows reads rows of a file and standardises them.
func (m *Model) rows(path string) (mixture.Data, error) {
	x, err := tables.Apply(path, m.Columns)
	return mixture.Data(x), err
}

// Score returns the predictive log density ln p(x | data) of each row in the units of the file.
func (m *Model) Score(_ context.Context, path string) (*engine.Scores, error) {
	x, err := m.rows(path)
	if err != nil {
		return nil, err
	}
	logs, err := m.Mixture.LogProb(x)
	if err != nil {
		return nil, err
	}
	for i := range logs {
		logs[i] -= m.logScale()
	}
	return &engine.Scores{Item: "row", What: "ln p(x)", Log: logs}, nil
}

// Assign says which component each row most likely belongs to.
func (m *Model) Assign(_ context.Context, path string) (*engine.Table, error) {
	x, err := m.rows(path)
	if err != nil {
		return nil, err
	}
	r, err := m.Mixture.Responsibilities(x)
	if err != nil {
		return nil, err
	}
	k := len(m.Mixture.Components)
	t := &engine.Table{Columns: []string{"row", "component", "probability"}}
	for i := range x.N() {
		best := largest(r[i*k : (i+1)*k])
		t.Rows = append(t.Rows, []any{i, best + 1, r[i*k+best]})
	}
	return t, nil
}

// Sample draws rows of the predictive density in the units of the data.
func (m *Model) Sample(_ context.Context, n int, seed uint64) (*engine.Table, error) {
	x, at := m.Mixture.Sample(n, rng.New(seed).Named("sample"))
	t := &engine.Table{Columns: append(tables.Names(m.Columns), "component")}
	for i, k := range at {
		var row []any
		for j, v := range x.Row(i) {
			row = append(row, v*m.Columns[j].Scale+m.Columns[j].Mean)
		}
		t.Rows = append(t.Rows, append(row, k+1))
	}
	return t, nil
}

// largest is the index of the largest value.
func largest(xs []float64) (at int) {
	for i, x := range xs {
		if x > xs[at] {
			at = i
		}
	}
	return at
}

// kept counts the components that more than half a row belongs to.
func (m *Model) kept() (n int) {
	for _, c := range m.Mixture.Components {
		if c.Count > .5 {
			n++
		}
	}
	return n
}

// judge measures a model.
func judge(m *Model, s *rows) (o engine.Outcome, err error) {
	n, k := float64(s.train.N()), m.kept()
	bound := m.Mixture.Bound
	add := func(name string, value float64, unit, text string) {
		o.Figures = append(o.Figures, engine.Figure{Name: name, Value: value, Unit: unit, Text: text})
	}
	add("ELBO", bound, "nats", fmt.Sprintf("over %s standardised rows; %s a row", text.Thousands(s.train.N()), engine.Number(bound/n)))
	add("ELBO in the units of the data", bound-n*m.logScale(), "nats", "the same evidence before the columns were standardised")
	add("components", float64(k), "", fmt.Sprintf("hold more than half a row, of %d", len(m.Mixture.Components)))
	if s.test.N() > 0 {
		logs, err := m.Mixture.LogProb(s.test)
		if err != nil {
			return o, err
		}
		mean := 0.
		for _, l := range logs {
			mean += l / float64(len(logs))
		}
		add("held-out log density", mean-m.logScale(), "nats a row", fmt.Sprintf("mean of %d rows in the units of the data", s.test.N()))
	}
	if err := agreement(m, s, add); err != nil {
		return o, err
	}
	o.Verdict = fmt.Sprintf("ELBO %s nats; the data keep %d of %d components.", engine.Number(bound), k, len(m.Mixture.Components))
	o.Warnings = m.warnings(k)
	return o, nil
}

// agreement compares the components with known classes.
func agreement(m *Model, s *rows, add func(name string, value float64, unit, text string)) error {
	if len(s.Labels) < 2 {
		return nil
	}
	r, err := m.Mixture.Responsibilities(s.train)
	if err != nil {
		return err
	}
	var found, known []int
	for i, l := range s.Labels {
		if l >= 0 {
			k := len(m.Mixture.Components)
			found, known = append(found, largest(r[i*k:(i+1)*k])), append(known, l)
		}
	}
	if len(known) < 2 {
		return nil
	}
	v, err := eval.AdjustedRand(found, known)
	if err == nil {
		add("adjusted Rand index", v, "", fmt.Sprintf("of components and the %d classes, which the fit has not seen; 1 is the same, 0 is chance", len(s.Classes)))
	}
	return err
}

// warnings are what to know about a fit.
func (m *Model) warnings(kept int) (out []engine.Warning) {
	if !m.Mixture.Converged {
		out = append(out, engine.Warning{Name: "not converged", Text: "The best start ended at its most sweeps.", Remedy: "Raise --sweeps, or --tolerance."})
	}
	if kept == len(m.Mixture.Components) && kept > 1 {
		out = append(out, engine.Warning{Name: "all components are in use", Text: "The data may want more of them.", Remedy: "Raise --components until some stay empty."})
	}
	for i, c := range m.Mixture.Components {
		if c.Count > .5 && c.Count < 1.5 {
			out = append(out, engine.Warning{Name: fmt.Sprintf("component %d holds one row", i+1),
				Text: "A row far from all others has a component of its own, whose shape is that of the prior.", Remedy: "Look whether the row is a mistake."})
			break
		}
	}
	return out
}
