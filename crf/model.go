package crf

import (
	"fmt"
	"slices"
)

// Model is a trained field.
type Model struct {
	// Loss is the value reached, penalty included.
	Loss float64
	// Iterations counts the steps of training, and Reason says why it ended.
	Iterations int
	Reason     string

	labels  []string
	layout  *layout
	encoder *encoder
	w       []float64
}

// Labels lists the labels in their order.
func (m *Model) Labels() []string { return slices.Clone(m.labels) }

// Features counts the features, and Weights the weights that are not 0.
func (m *Model) Features() int { return len(m.layout.start) - 1 }

// Weights counts the weights that are not 0, transitions included.
func (m *Model) Weights() (n int) {
	for _, v := range m.w {
		if v != 0 {
			n++
		}
	}
	return n
}

// Chain returns the field over the labels of one sequence, given what is seen of its tokens.
func (m *Model) Chain(rows [][]string) (Chain, error) {
	e := *m.encoder // its buffer is not shared between threads
	e.text = nil
	c, err := e.corpus("chain", []Sequence{{Rows: rows}}, nil)
	if err != nil {
		return Chain{}, err
	}
	out := Chain{len(m.labels), make([]float64, len(rows)*len(m.labels)), m.w[len(m.layout.label):]}
	m.layout.unary(c, 0, len(rows), m.w, out.Unary)
	return out, nil
}

// Predict returns the most likely labels of a sequence.
func (m *Model) Predict(rows [][]string) ([]string, error) {
	c, err := m.Chain(rows)
	if err != nil {
		return nil, err
	}
	y, _, err := c.Viterbi()
	if err != nil {
		return nil, err
	}
	out := make([]string, len(y))
	for t, j := range y {
		out[t] = m.labels[j]
	}
	return out, nil
}

// PredictAll labels each sequence, on a number of threads.
func (m *Model) PredictAll(data []Sequence, workers int) ([][]string, error) {
	if workers < 1 {
		return nil, fmt.Errorf("crf: predict: workers: got %d, want at least 1", workers)
	}
	out, errs := make([][]string, len(data)), make([]error, len(data))
	together(workers, len(data), func(i int) { out[i], errs[i] = m.Predict(data[i].Rows) })
	for i, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("sequence %d: %w", i, err)
		}
	}
	return out, nil
}

// LogProb returns ln p(y|x) of a labelled sequence.
func (m *Model) LogProb(s Sequence) (float64, error) {
	c, err := m.Chain(s.Rows)
	if err != nil {
		return 0, err
	}
	y := make([]int, len(s.Labels))
	for t, label := range s.Labels {
		j, ok := slices.BinarySearch(m.labels, label)
		if !ok {
			return 0, fmt.Errorf("crf: log probability: token %d: got unknown label %q", t, label)
		}
		y[t] = j
	}
	score, err := c.Score(y)
	if err != nil {
		return 0, err
	}
	z, err := c.LogZ()
	return score - z, err
}
