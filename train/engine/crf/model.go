package crf

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"runtime"

	"github.com/elbo-go/elbo/crf"
	"github.com/elbo-go/elbo/internal/text"
	"github.com/elbo-go/elbo/train/engine"
)

// Model is a trained field with the width of its rows.
type Model struct {
	// Columns is the number of columns of what is seen of a token.
	Columns int
	// Field is the trained field.
	Field *crf.Model
}

// stored is a model as JSON.
type stored struct {
	Columns int        `json:"columns"`
	Field   *crf.Model `json:"field"`
}

// MarshalJSON writes the model; numbers keep every bit.
func (m *Model) MarshalJSON() ([]byte, error) { return json.Marshal(stored{m.Columns, m.Field}) }

// UnmarshalJSON reads a model that MarshalJSON wrote.
func (m *Model) UnmarshalJSON(text []byte) error {
	var s stored
	if err := json.Unmarshal(text, &s); err != nil {
		return fmt.Errorf("crf: model: %w", err)
	}
	if s.Field == nil || s.Columns < 1 {
		return fmt.Errorf("crf: model: got %d columns and a field %v, want both", s.Columns, s.Field != nil)
	}
	*m = Model(s)
	return nil
}

// read reads sentences of a file, with labels where it has one column more than the model sees.
func (m *Model) read(path string) (data []crf.Sequence, labelled bool, err error) {
	var files *engine.Files // no sum
	err = files.Read(path, func(r io.Reader) error {
		data, err = crf.ReadColumns(r, false, crf.Limits{})
		return err
	})
	if err != nil || len(data) == 0 {
		return nil, false, err
	}
	switch width := len(data[0].Rows[0]); width {
	case m.Columns:
		return data, false, nil
	case m.Columns + 1:
		for i, s := range data {
			for t, row := range s.Rows {
				data[i].Labels = append(data[i].Labels, row[m.Columns])
				s.Rows[t] = row[:m.Columns:m.Columns]
			}
		}
		return data, true, nil
	default:
		return nil, false, fmt.Errorf("crf: %s: columns: got %d, want %d, or one more with the label", path, width, m.Columns)
	}
}

// Assign labels the tokens of the sentences of a file. Where it has labels too, a note compares.
func (m *Model) Assign(_ context.Context, path string) (*engine.Table, error) {
	data, labelled, err := m.read(path)
	if err != nil {
		return nil, err
	}
	got, err := m.Field.PredictAll(data, runtime.GOMAXPROCS(0))
	if err != nil {
		return nil, err
	}
	t := &engine.Table{Ends: []int{}}
	for j := range m.Columns {
		t.Columns = append(t.Columns, fmt.Sprintf("c%d", j+1))
	}
	if labelled {
		t.Columns = append(t.Columns, "label")
	}
	t.Columns = append(t.Columns, "predicted")
	for i, s := range data {
		if i > 0 {
			t.Ends = append(t.Ends, len(t.Rows))
		}
		for at, row := range s.Rows {
			var cells []any
			for _, c := range row {
				cells = append(cells, c)
			}
			if labelled {
				cells = append(cells, s.Labels[at])
			}
			t.Rows = append(t.Rows, append(cells, got[i][at]))
		}
	}
	if labelled {
		score, err := crf.ScoreChunks(labelsOf(data), got)
		if err != nil {
			return nil, err
		}
		t.Notes = append(t.Notes, fmt.Sprintf("chunk F1 %.2f %%, precision %.2f %%, recall %.2f %%, accuracy %.2f %% of %s tokens",
			100*score.F1(), 100*score.Precision(), 100*score.Recall(), 100*score.Accuracy(), text.Thousands(score.Tokens)))
	}
	return t, nil
}

// Score returns ln p(labels | tokens) of each sentence of a labelled file.
func (m *Model) Score(_ context.Context, path string) (*engine.Scores, error) {
	data, labelled, err := m.read(path)
	if err != nil {
		return nil, err
	}
	if !labelled && len(data) > 0 {
		return nil, fmt.Errorf("crf: %s: got no labels, want a column of them behind the %d that are seen", path, m.Columns)
	}
	out := &engine.Scores{Item: "sentence", What: "ln p(labels | tokens)"}
	for i, s := range data {
		l, err := m.Field.LogProb(s)
		if err != nil {
			return nil, fmt.Errorf("crf: %s: sentence %d: %w", path, i, err)
		}
		out.Log = append(out.Log, l)
	}
	return out, nil
}

// labelsOf lists the labels of sentences.
func labelsOf(data []crf.Sequence) (out [][]string) {
	for _, s := range data {
		out = append(out, s.Labels)
	}
	return out
}

// judge measures a model on the test sentences, or on those it was trained on where there are none.
func judge(m *Model, s *sentences, workers int) (o engine.Outcome, err error) {
	add := func(name string, value float64, unit, text string) {
		o.Figures = append(o.Figures, engine.Figure{Name: name, Value: value, Unit: unit, Text: text})
	}
	data, of := s.test, "test"
	if len(data) == 0 {
		data, of = s.train, "training"
		o.Warnings = append(o.Warnings, engine.Warning{Name: "no test sentences", Text: "The figures are those of sentences that were trained on, which are far better than those of others.",
			Remedy: "Name others with --test."})
	}
	got, err := m.Field.PredictAll(data, workers)
	if err != nil {
		return o, err
	}
	score, err := crf.ScoreChunks(labelsOf(data), got)
	if err != nil {
		return o, err
	}
	add("chunk F1", 100*score.F1(), "%", fmt.Sprintf("of %s chunks in %s %s sentences; precision %.2f %%, recall %.2f %%", text.Thousands(score.Gold),
		text.Thousands(len(data)), of, 100*score.Precision(), 100*score.Recall()))
	add("accuracy", 100*score.Accuracy(), "%", fmt.Sprintf("of the labels of %s tokens", text.Thousands(score.Tokens)))
	add("penalised log-likelihood", -m.Field.Loss, "nats", fmt.Sprintf("of %s training tokens after %d steps: %s", text.Thousands(tokens(s.train)), m.Field.Iterations, m.Field.Reason))
	add("weights", float64(m.Field.Weights()), "", fmt.Sprintf("that are not 0, of %s features and %d labels", text.Thousands(m.Field.Features()), len(m.Field.Labels())))
	o.Verdict = fmt.Sprintf("Chunk F1 %.2f %%, accuracy %.2f %% on %s %s sentences.", 100*score.F1(), 100*score.Accuracy(), text.Thousands(len(data)), of)
	if unseen := unknown(m.Field.Labels(), s.test); unseen > 0 {
		o.Warnings = append(o.Warnings, engine.Warning{Name: "labels that were not trained", Text: fmt.Sprintf("%s test tokens have labels that no training token has.", text.Thousands(unseen)),
			Remedy: "They count as wrong."})
	}
	return o, nil
}

// unknown counts tokens whose label is not among those of training.
func unknown(labels []string, data []crf.Sequence) (n int) {
	known := map[string]bool{}
	for _, y := range labels {
		known[y] = true
	}
	for _, s := range data {
		for _, y := range s.Labels {
			if !known[y] {
				n++
			}
		}
	}
	return n
}
