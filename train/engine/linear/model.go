package linear

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/train/engine"
	"github.com/elbo-go/elbo/train/engine/tables"
)

// Model is a regression of standardised columns with the standardisation.
type Model struct {
	Kind    string        // name of the engine
	Columns []data.Column // inputs, with mean and scale of the training rows
	Target  data.Column   // what is predicted, with its mean and scale; of classes the name
	Classes []string      // the two classes; nil of numbers

	posterior posterior
}

// stored is a model as JSON.
type stored struct {
	Kind      string          `json:"kind"`
	Columns   []data.Column   `json:"columns"`
	Target    data.Column     `json:"target"`
	Classes   []string        `json:"classes,omitempty"`
	Posterior json.RawMessage `json:"posterior"`
}

// MarshalJSON writes the model; numbers keep every bit.
func (m *Model) MarshalJSON() ([]byte, error) {
	p, err := json.Marshal(m.posterior)
	if err != nil {
		return nil, err
	}
	return json.Marshal(stored{m.Kind, m.Columns, m.Target, m.Classes, p})
}

// UnmarshalJSON reads a model that MarshalJSON wrote.
func (m *Model) UnmarshalJSON(text []byte) error {
	var s stored
	if err := json.Unmarshal(text, &s); err != nil {
		return fmt.Errorf("linear: model: %w", err)
	}
	k, ok := kindOf(s.Kind)
	if !ok || k.classes != (len(s.Classes) == 2) {
		return fmt.Errorf("linear: model: got kind %q with %d classes", s.Kind, len(s.Classes))
	}
	if err := tables.Check(s.Kind+": model", append(slices.Clone(s.Columns), s.Target)); err != nil {
		return err
	}
	p, err := k.load(s.Posterior)
	if err != nil {
		return fmt.Errorf("%s: model: %w", s.Kind, err)
	}
	if n := len(k.weights(p).Mean); n != len(s.Columns)+1 {
		return fmt.Errorf("%s: model: got %d weights for %d columns, want one more", s.Kind, n, len(s.Columns))
	}
	*m = Model{s.Kind, s.Columns, s.Target, s.Classes, p}
	return nil
}

// prediction is what is said of a row: mean and deviation in the units of the target, or p of the
// second class and its deviation.
type prediction struct{ mean, sd float64 }

// predict predicts standardised rows.
func (m *Model) predict(x tables.Data) ([]prediction, error) {
	out := make([]prediction, x.N())
	for i := range out {
		mean, variance, err := m.posterior.Predict(x.Row(i))
		if err != nil {
			return nil, err
		}
		out[i] = prediction{mean, math.Sqrt(variance)}
		if m.Classes == nil {
			out[i] = prediction{m.Target.Mean + m.Target.Scale*mean, m.Target.Scale * out[i].sd}
		}
	}
	return out, nil
}

// Assign predicts the target of each row of a file.
func (m *Model) Assign(_ context.Context, path string) (*engine.Table, error) {
	x, err := tables.Apply(path, m.Columns)
	if err != nil {
		return nil, err
	}
	all, err := m.predict(x)
	if err != nil {
		return nil, err
	}
	t := &engine.Table{Columns: []string{"row", m.Target.Name, "deviation"}}
	if m.Classes != nil {
		t.Columns = []string{"row", m.Target.Name, "probability"}
	}
	for i, p := range all {
		if m.Classes == nil {
			t.Rows = append(t.Rows, []any{i, p.mean, p.sd})
			continue
		}
		class, prob := 0, 1-p.mean
		if p.mean > .5 {
			class, prob = 1, p.mean
		}
		t.Rows = append(t.Rows, []any{i, m.Classes[class], prob})
	}
	return t, nil
}

// Score returns ln p(y|x) of each row of a file that has the target.
func (m *Model) Score(_ context.Context, path string) (*engine.Scores, error) {
	x, y, err := m.answered(path)
	if err != nil {
		return nil, err
	}
	all, err := m.predict(x)
	if err != nil {
		return nil, err
	}
	out := &engine.Scores{Item: "row", What: "ln p(" + m.Target.Name + " | other columns)"}
	for i, p := range all {
		out.Log = append(out.Log, m.log(p, y[i]))
	}
	return out, nil
}

// answered reads standardised rows and their targets, in the units of the file.
func (m *Model) answered(path string) (x tables.Data, y []float64, err error) {
	opt := data.ReadOptions{Columns: m.Columns}
	if m.Classes == nil {
		opt.Columns = append(slices.Clone(m.Columns), m.Target)
	} else {
		opt.Label = m.Target.Name
	}
	t, _, err := data.ReadTable(path, opt)
	if err != nil {
		return x, nil, err
	}
	x.D = len(m.Columns)
	for i := range t.Len() {
		row := t.X[i*len(t.Columns) : (i+1)*len(t.Columns)]
		x.X = append(x.X, row[:x.D]...)
		if m.Classes == nil {
			y = append(y, row[x.D])
			continue
		}
		name := "no class"
		if l := t.Labels[i]; l >= 0 {
			name = t.Classes[l]
		}
		at := slices.Index(m.Classes, name)
		if at < 0 {
			return x, nil, fmt.Errorf("%s: %s: row %d: %s: got %s, want %s or %s", m.Kind, path, i, m.Target.Name, name, m.Classes[0], m.Classes[1])
		}
		y = append(y, float64(at))
	}
	x.Standardise(m.Columns)
	return x, y, nil
}

// log is ln p(y|x), of a number by a normal density of the prediction's moments.
func (m *Model) log(p prediction, y float64) float64 {
	if m.Classes != nil {
		if y == 1 {
			return math.Log(p.mean)
		}
		return math.Log1p(-p.mean)
	}
	z := (y - p.mean) / p.sd
	return -z*z/2 - math.Log(p.sd) - math.Log(2*math.Pi)/2
}
