package regress

import (
	"encoding/json"
	"fmt"
	"math"
)

// version is that of the JSON form of the models.
const version = 1

// stored checks weights that were read.
func (w *Weights) stored() error {
	d := len(w.Mean)
	if w.Version != version {
		return fmt.Errorf("regress: stored model: version: got %d, want %d", w.Version, version)
	}
	if d == 0 || len(w.Group) != d || len(w.Cov)/d != d || len(w.Cov)%d != 0 {
		return fmt.Errorf("regress: stored model: got %d means, %d groups and %d covariances, want one of each for every weight and pair", d, len(w.Group), len(w.Cov))
	}
	for i := range d {
		if !(w.Cov[i*d+i] >= 0) {
			return fmt.Errorf("regress: stored model: variance %d: got %g, want none below 0", i, w.Cov[i*d+i])
		}
	}
	if !(w.Fixed >= 0) || math.IsInf(w.Fixed, 1) {
		return fmt.Errorf("regress: stored model: fixed precision: got %g, want a positive one or 0", w.Fixed)
	}
	if w.Fixed > 0 {
		return nil
	}
	for _, g := range w.Group {
		if g < 0 || g >= len(w.Alpha) {
			return fmt.Errorf("regress: stored model: group: got %d, want one of %d", g, len(w.Alpha))
		}
	}
	for _, q := range w.Alpha {
		if err := q.Check("regress: stored model: precision of the weights"); err != nil {
			return err
		}
	}
	return nil
}

// UnmarshalJSON reads a model and refuses one that cannot predict.
func (m *Linear) UnmarshalJSON(text []byte) error {
	type plain Linear
	var p plain
	if err := json.Unmarshal(text, &p); err != nil {
		return fmt.Errorf("regress: stored model: %w", err)
	}
	if err := p.stored(); err != nil {
		return err
	}
	if err := p.Noise.Check("regress: stored model: noise precision"); err != nil {
		return err
	}
	*m = Linear(p)
	return nil
}

// UnmarshalJSON reads a model and refuses one that cannot predict.
func (m *Logistic) UnmarshalJSON(text []byte) error {
	return m.read(text)
}

// UnmarshalJSON reads a model and refuses one that cannot predict.
func (m *Probit) UnmarshalJSON(text []byte) error {
	return m.read(text)
}

// read fills weights that are all that a model has.
func (w *Weights) read(text []byte) error {
	var p Weights
	if err := json.Unmarshal(text, &p); err != nil {
		return fmt.Errorf("regress: stored model: %w", err)
	}
	if err := p.stored(); err != nil {
		return err
	}
	*w = p
	return nil
}
