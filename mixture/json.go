package mixture

import (
	"encoding/json"
	"fmt"
)

// formatVersion is the version of a stored model.
const formatVersion = 1

// stored is a Model as JSON; numbers keep every bit.
type stored struct {
	Format     string      `json:"format"`
	Version    int         `json:"version"`
	Covariance Covariance  `json:"covariance"`
	Weights    Weights     `json:"weights"`
	Columns    int         `json:"columns"`
	Prior      Prior       `json:"prior"`
	Components []Component `json:"components"`
	Bound      float64     `json:"bound"`
	History    []float64   `json:"history"`
	Converged  bool        `json:"converged"`
}

// MarshalJSON writes the model.
func (m *Model) MarshalJSON() ([]byte, error) {
	return json.Marshal(stored{"mixture", formatVersion, m.Covariance, m.Weights, m.Columns, m.Prior, m.Components, m.Bound, m.History, m.Converged})
}

// UnmarshalJSON reads a model that MarshalJSON wrote.
func (m *Model) UnmarshalJSON(text []byte) error {
	var s stored
	if err := json.Unmarshal(text, &s); err != nil {
		return fmt.Errorf("mixture: model: %w", err)
	}
	if s.Format != "mixture" || s.Version != formatVersion {
		return fmt.Errorf("mixture: model: got format %q, version %d, want mixture, version %d", s.Format, s.Version, formatVersion)
	}
	read := Model{Covariance: s.Covariance, Weights: s.Weights, Columns: s.Columns, Prior: s.Prior, Components: s.Components,
		Bound: s.Bound, History: s.History, Converged: s.Converged}
	if err := read.check(); err != nil {
		return err
	}
	if err := read.prepare(); err != nil {
		return err
	}
	*m = read
	return nil
}

// check says what is wrong with a model that was read.
func (m *Model) check() error {
	c, d := Default(), m.Columns
	c.Components, c.Covariance, c.Weights = len(m.Components), m.Covariance, m.Weights
	c.Alpha, c.Beta, c.Nu, c.Mean, c.Scale = m.Prior.Alpha, m.Prior.Beta, m.Prior.Nu, m.Prior.Mean, m.Prior.Scale
	if d < 1 || d > 1<<15 {
		return fmt.Errorf("mixture: model: columns: got %d, want 1 to 32768", d)
	}
	if err := c.Check(d); err != nil {
		return err
	}
	low := 0.
	if m.Covariance == Full || m.Covariance == Tied {
		low = float64(d - 1)
	}
	for k, v := range m.Components {
		switch {
		case len(v.Mean) != d || len(v.Scale) != d*d:
			return fmt.Errorf("mixture: model: component %d: got %d means and %d scales, want %d and %d", k, len(v.Mean), len(v.Scale), d, d*d)
		case !(v.Beta > 0) || !(v.Nu > low) || !(v.A > 0) || m.Weights == Sticks && !(v.B > 0):
			return fmt.Errorf("mixture: model: component %d: got beta %v, nu %v, a %v, b %v, want positive ones and nu over %v", k, v.Beta, v.Nu, v.A, v.B, low)
		}
	}
	return nil
}
