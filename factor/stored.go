package factor

import (
	"encoding/json"
	"fmt"
)

// version is that of the JSON form of the model.
const version = 1

// UnmarshalJSON reads a model and refuses one that cannot infer.
func (m *Model) UnmarshalJSON(text []byte) error {
	type plain Model
	var p plain
	if err := json.Unmarshal(text, &p); err != nil {
		return fmt.Errorf("factor: stored model: %w", err)
	}
	read := Model(p)
	if err := read.stored(); err != nil {
		return err
	}
	*m = read
	return nil
}

// stored checks a model that was read.
func (m *Model) stored() error {
	if m.Version != version {
		return fmt.Errorf("factor: stored model: version: got %d, want %d", m.Version, version)
	}
	d, k := m.Dims, m.Factors
	if d < 1 || k < 1 || k > d {
		return fmt.Errorf("factor: stored model: got %d columns and %d factors, want 1 or more of each and no more factors than columns", d, k)
	}
	// By quotients: products of what a file says may overflow.
	if len(m.W)/d != k || len(m.W)%d != 0 || len(m.WCov) != d || len(m.Mean) != d || len(m.MeanVar) != d || len(m.Alpha) != k {
		return fmt.Errorf("factor: stored model: got %d loadings, %d covariances, %d means, %d variances and %d precisions for %d columns and %d factors",
			len(m.W), len(m.WCov), len(m.Mean), len(m.MeanVar), len(m.Alpha), d, k)
	}
	for i, c := range m.WCov {
		if len(c)/k != k || len(c)%k != 0 {
			return fmt.Errorf("factor: stored model: covariance %d: got %d elements, want the square of %d", i, len(c), k)
		}
	}
	if len(m.Noise) != 1 && len(m.Noise) != d {
		return fmt.Errorf("factor: stored model: noise precisions: got %d, want 1 or %d", len(m.Noise), d)
	}
	for _, q := range append(append([]Gamma{}, m.Noise...), m.Alpha...) {
		if err := q.Check("factor: stored model: precision"); err != nil {
			return err
		}
	}
	return nil
}
