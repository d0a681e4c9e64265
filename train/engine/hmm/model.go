package hmm

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/eval"
	markov "github.com/elbo-go/elbo/hmm"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/internal/text"
	"github.com/elbo-go/elbo/train/engine"
)

// Model is a fitted chain with the standardisation of its rows. Its states are numbered from 1
// for readers, the one with most rows first.
type Model struct {
	// Columns are those of a row, with mean and scale of the rows that were fitted.
	Columns []data.Column
	// Sequence is the column that cuts a table into sequences, or none.
	Sequence string
	// Symbols says that rows are whole numbers.
	Symbols bool
	// Chain is the fitted chain.
	Chain chain
	// Bound is the objective after the last sweep and Converged whether it stood still.
	Bound float64
	// Converged says whether the bound stood still.
	Converged bool
	// Occupancy holds the expected number of rows in each state.
	Occupancy []float64

	point *markov.Model
	order []int // states by occupancy
	place []int // of each state in order
}

// stored is a model as JSON.
type stored struct {
	Columns   []data.Column `json:"columns"`
	Sequence  string        `json:"sequence,omitempty"`
	Symbols   bool          `json:"symbols,omitempty"`
	Chain     chain         `json:"chain"`
	Bound     float64       `json:"bound"`
	Converged bool          `json:"converged"`
	Occupancy []float64     `json:"occupancy"`
}

// MarshalJSON writes the model; numbers keep every bit.
func (m *Model) MarshalJSON() ([]byte, error) {
	return json.Marshal(stored{m.Columns, m.Sequence, m.Symbols, m.Chain, m.Bound, m.Converged, m.Occupancy})
}

// UnmarshalJSON reads a model that MarshalJSON wrote.
func (m *Model) UnmarshalJSON(text []byte) error {
	var s stored
	if err := json.Unmarshal(text, &s); err != nil {
		return fmt.Errorf("hmm: model: %w", err)
	}
	for _, c := range s.Columns {
		if !(c.Scale > 0) || math.IsInf(c.Scale, 0) || math.IsNaN(c.Mean) || math.IsInf(c.Mean, 0) {
			return fmt.Errorf("hmm: model: column %s: got mean %v and scale %v, want finite ones and a positive scale", c.Name, c.Mean, c.Scale)
		}
	}
	read := Model{Columns: s.Columns, Sequence: s.Sequence, Symbols: s.Symbols, Chain: s.Chain, Bound: s.Bound, Converged: s.Converged, Occupancy: s.Occupancy}
	if err := read.prepare(); err != nil {
		return err
	}
	*m = read
	return nil
}

// prepare makes the chain at expected parameters and the order of its states.
func (m *Model) prepare() (err error) {
	if (m.Chain.Point == nil) == (m.Chain.Bayes == nil) {
		return fmt.Errorf("hmm: model: got no chain or two, want one")
	}
	if m.point, err = m.Chain.point(); err != nil {
		return err
	}
	k := m.point.Emit.States()
	if m.point.Emit.Dim() != len(m.Columns) || len(m.Occupancy) != k {
		return fmt.Errorf("hmm: model: got %d columns and %d occupancies, want %d and %d", len(m.Columns), len(m.Occupancy), m.point.Emit.Dim(), k)
	}
	m.order, m.place = make([]int, k), make([]int, k)
	for i := range m.order {
		m.order[i] = i
	}
	slices.SortStableFunc(m.order, func(a, b int) int {
		return map[bool]int{true: -1}[m.Occupancy[a] > m.Occupancy[b]] + map[bool]int{true: 1}[m.Occupancy[a] < m.Occupancy[b]]
	})
	for i, s := range m.order {
		m.place[s] = i
	}
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

// sequences reads the sequences of a file and standardises them.
func (m *Model) sequences(path string) ([][]float64, error) {
	if path == generated {
		s := switches()
		for _, x := range s.all {
			apply(x, m.Columns)
		}
		return s.all, nil
	}
	var names []string
	for _, c := range m.Columns {
		names = append(names, c.Name)
	}
	s, err := table(path, m.Sequence, names, nil)
	if err != nil {
		return nil, err
	}
	for _, x := range s.all {
		apply(x, m.Columns)
	}
	return s.all, nil
}

// Score returns ln p(row | rows before it) of each row in the units of the file; the sum over a
// sequence is its ln p.
func (m *Model) Score(ctx context.Context, path string) (*engine.Scores, error) {
	seqs, err := m.sequences(path)
	if err != nil {
		return nil, err
	}
	d, out := len(m.Columns), &engine.Scores{Item: "row", What: "ln p(row | rows before it)"}
	for _, x := range seqs {
		o, err := markov.NewOnline(m.point, 0)
		if err != nil {
			return nil, err
		}
		for i := 0; i < len(x); i += d {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			v, err := o.Step(x[i : i+d])
			if err != nil {
				return nil, fmt.Errorf("%s: row %d: %w", path, len(out.Log), err)
			}
			out.Log = append(out.Log, v-m.logScale())
		}
	}
	return out, nil
}

// Assign says which state each row is in on the most probable path, and how probable that state
// is there given all rows.
func (m *Model) Assign(_ context.Context, path string) (*engine.Table, error) {
	seqs, err := m.sequences(path)
	if err != nil {
		return nil, err
	}
	t, row, k := &engine.Table{Columns: []string{"row", "state", "probability"}}, 0, len(m.order)
	for _, x := range seqs {
		states, _, err := m.point.Viterbi(x)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		p, err := m.point.Smooth(x)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		for i, s := range states {
			t.Rows = append(t.Rows, []any{row, m.place[s] + 1, p.Smoothed[i*k+s]})
			row++
		}
		if len(seqs) > 1 {
			t.Ends = append(t.Ends, row)
		}
	}
	return t, nil
}

// Sample draws one sequence of n rows in the units of the data, with their states.
func (m *Model) Sample(_ context.Context, n int, seed uint64) (*engine.Table, error) {
	x, states, err := m.point.Simulate(rng.New(seed).Named("sample"), n)
	if err != nil {
		return nil, err
	}
	t, d := &engine.Table{}, len(m.Columns)
	for _, c := range m.Columns {
		t.Columns = append(t.Columns, c.Name)
	}
	t.Columns = append(t.Columns, "state")
	for i, s := range states {
		var row []any
		for j, c := range m.Columns {
			row = append(row, x[i*d+j]*c.Scale+c.Mean)
		}
		t.Rows = append(t.Rows, append(row, m.place[s]+1))
	}
	return t, nil
}

// used counts the states that hold more than one row in a hundred.
func (m *Model) used() (n int) {
	total := 0.
	for _, v := range m.Occupancy {
		total += v
	}
	for _, v := range m.Occupancy {
		if v > total/100 {
			n++
		}
	}
	return n
}

// judge measures a model.
func judge(m *Model, s *series) (o engine.Outcome, err error) {
	add := func(name string, value float64, unit, text string) {
		o.Figures = append(o.Figures, engine.Figure{Name: name, Value: value, Unit: unit, Text: text})
	}
	var fitted, whole float64
	for i, x := range s.train {
		v, err := m.point.LogLik(x)
		if err != nil {
			return o, err
		}
		w, err := m.point.LogLik(s.all[i])
		if err != nil {
			return o, err
		}
		fitted, whole = fitted+v, whole+w
	}
	n, name := float64(s.rows), "log posterior"
	if m.Chain.Bayes != nil {
		name = "ELBO"
	}
	add(name, m.Bound, "nats", fmt.Sprintf("over %s rows as they were fitted; %s a row", text.Thousands(s.rows), engine.Number(m.Bound/n)))
	add("log-likelihood", fitted-n*m.logScale(), "nats", fmt.Sprintf("ln p of the rows in the units of the data; %s a row", engine.Number(fitted/n-m.logScale())))
	add("states", float64(m.used()), "", fmt.Sprintf("hold more than one row in a hundred, of %d", len(m.order)))
	if s.held > 0 {
		add("held-out log density", (whole-fitted)/float64(s.held)-m.logScale(), "nats a row", fmt.Sprintf("of %d rows given those before them, in the units of the data", s.held))
	}
	if err := agreement(m, s, add); err != nil {
		return o, err
	}
	o.Verdict = fmt.Sprintf("%s %s nats; %d of %d states in use.", name, engine.Number(m.Bound), m.used(), len(m.order))
	if !m.Converged {
		o.Warnings = append(o.Warnings, engine.Warning{Name: "not converged", Text: "The best start ended at its most sweeps.", Remedy: "Raise --sweeps, or --tolerance."})
	}
	if m.Chain.Bayes != nil && m.used() == len(m.order) && len(m.order) > 1 {
		o.Warnings = append(o.Warnings, engine.Warning{Name: "all states are in use", Text: "The data may want more of them.", Remedy: "Raise --states until some stay empty."})
	}
	return o, nil
}

// agreement compares the most probable path with known states.
func agreement(m *Model, s *series, add func(name string, value float64, unit, text string)) error {
	if s.states == nil {
		return nil
	}
	path, _, err := m.point.Viterbi(s.all[0])
	if err != nil {
		return err
	}
	v, err := eval.AdjustedRand(path, s.states)
	if err == nil {
		add("adjusted Rand index", v, "", "of the most probable path and the states that the rows are drawn from; 1 is the same, 0 is chance")
	}
	return err
}
