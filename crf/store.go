package crf

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"
)

// stored is the JSON form of a model. Arrays are flat, so that a file of n bytes asks for a small
// multiple of n; numbers have the digits that read back to the same float64.
type stored struct {
	Format     string     `json:"format"`
	Version    int        `json:"version"`
	Loss       float64    `json:"loss"`
	Iterations int        `json:"iterations"`
	Reason     string     `json:"reason"`
	Labels     []string   `json:"labels"`
	Templates  []Template `json:"templates"`
	Features   []string   `json:"features"`   // by their numbers
	Start      []int32    `json:"start"`      // of each feature its place in Pairs, and their number
	Pairs      []int32    `json:"pairs"`      // labels that features have weights for
	Weights    []float64  `json:"weights"`    // as Pairs
	Transition []float64  `json:"transition"` // C×C by rows
}

const (
	storedFormat  = "elbo crf"
	storedVersion = 1
)

// MarshalJSON writes the model. Weights that are 0 are left out, and features without others.
func (m *Model) MarshalJSON() ([]byte, error) {
	if m.layout == nil {
		return nil, fmt.Errorf("crf: model: got one that is not trained")
	}
	l := m.layout
	s := stored{Format: storedFormat, Version: storedVersion, Loss: m.Loss, Iterations: m.Iterations, Reason: m.Reason,
		Labels: m.labels, Templates: m.encoder.templates, Start: []int32{0},
		Features: []string{}, Pairs: []int32{}, Weights: []float64{}, Transition: m.w[len(l.label):]}
	for i, y := range m.labels {
		if !utf8.ValidString(y) {
			return nil, fmt.Errorf("crf: model: label %d: got %q, want UTF-8, as JSON holds no other text", i, y)
		}
	}
	names := make([]string, m.Features())
	for text, f := range m.encoder.ids {
		names[f] = text
	}
	for f, name := range names {
		if !utf8.ValidString(name) {
			return nil, fmt.Errorf("crf: model: feature %d: got %q, want UTF-8, as JSON holds no other text", f, name)
		}
		before := len(s.Pairs)
		for k := l.start[f]; k < l.start[f+1]; k++ {
			if m.w[k] != 0 {
				s.Pairs, s.Weights = append(s.Pairs, l.label[k]), append(s.Weights, m.w[k])
			}
		}
		if len(s.Pairs) > before {
			s.Features, s.Start = append(s.Features, name), append(s.Start, int32(len(s.Pairs)))
		}
	}
	return json.Marshal(s)
}

// UnmarshalJSON reads what MarshalJSON writes, and refuses what does not fit together.
func (m *Model) UnmarshalJSON(text []byte) error {
	var s stored
	if err := json.Unmarshal(text, &s); err != nil {
		return &FormatError{"model", 0, err.Error()}
	}
	if err := s.check(); err != nil {
		return err
	}
	e := newEncoder(s.Templates, false)
	for f, name := range s.Features {
		if _, twice := e.ids[name]; twice {
			return wrong("feature %d: got %q twice", f, name)
		}
		e.ids[name] = int32(f)
	}
	*m = Model{Loss: s.Loss, Iterations: s.Iterations, Reason: s.Reason, labels: s.Labels, encoder: e,
		layout: &layout{len(s.Labels), s.Start, s.Pairs}, w: slices.Concat(s.Weights, s.Transition)}
	return nil
}

func wrong(msg string, args ...any) error {
	return &FormatError{"model", 0, fmt.Sprintf(msg, args...)}
}

// check wants arrays that fit together and finite weights.
func (s *stored) check() error {
	if s.Format != storedFormat || s.Version != storedVersion {
		return wrong("got format %.40q of version %d, want %q of version %d", s.Format, s.Version, storedFormat, storedVersion)
	}
	c := len(s.Labels)
	if c == 0 || !slices.IsSorted(s.Labels) || len(slices.Compact(slices.Clone(s.Labels))) != c {
		return wrong("labels: got %d, want one or more, each once and in order", c)
	}
	if err := checkTemplates(s.Templates, maxColumn); err != nil {
		return wrong("%v", err)
	}
	if len(s.Transition) != c*c {
		return wrong("transitions: got %d, want %d×%d", len(s.Transition), c, c)
	}
	if len(s.Start) != len(s.Features)+1 || s.Start[0] != 0 || int(s.Start[len(s.Start)-1]) != len(s.Pairs) || !slices.IsSorted(s.Start) {
		return wrong("start: got %d places, want one for each of %d features and the end, from 0 up to %d", len(s.Start), len(s.Features), len(s.Pairs))
	}
	if len(s.Weights) != len(s.Pairs) {
		return wrong("weights: got %d, want %d", len(s.Weights), len(s.Pairs))
	}
	for k, y := range s.Pairs {
		if y < 0 || int(y) >= c {
			return wrong("pair %d: got label %d, want 0 to %d", k, y, c-1)
		}
	}
	for _, part := range [][]float64{s.Weights, s.Transition} {
		for k, v := range part {
			if !(math.Abs(v) <= largestWeight) {
				return wrong("weight %d: got %v, want at most %g in size", k, v, largestWeight)
			}
		}
	}
	return nil
}

// Bounds of what is read: sums of largestWeight over 2³¹ features stay finite scores.
const (
	maxColumn     = 1 << 16
	largestWeight = 1e280
)
