package statespace

import (
	"encoding/json"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// formatVersion is the version of stored models.
const formatVersion = 1

// stored is a model as JSON, matrices row after row: numbers keep every bit.
type stored struct {
	Format       string    `json:"format"`
	Version      int       `json:"version"`
	Hidden       int       `json:"hidden"`
	Mean         []float64 `json:"mean"`
	Cov          []float64 `json:"cov"`
	Trans        []float64 `json:"trans"`
	TransCov     []float64 `json:"transCov"`
	Emit         []float64 `json:"emit"`
	EmitCov      []float64 `json:"emitCov"`
	Shape        []float64 `json:"shape,omitempty"`
	Rate         []float64 `json:"rate,omitempty"`
	Alpha        []float64 `json:"alpha,omitempty"`
	Gamma        []float64 `json:"gamma,omitempty"`
	A0           float64   `json:"a0,omitempty"`
	B0           float64   `json:"b0,omitempty"`
	FixRelevance bool      `json:"fixRelevance,omitempty"`
}

// values lists a matrix row after row.
func values(a mat.Matrix) (out []float64) {
	n, m := a.Dims()
	for i := range n {
		for j := range m {
			out = append(out, a.At(i, j))
		}
	}
	return out
}

// read parses a model and checks the lengths of what both forms have.
func (s *stored) read(text []byte, format string) error {
	if err := json.Unmarshal(text, s); err != nil {
		return fmt.Errorf("statespace: model: %w", err)
	}
	if s.Format != format || s.Version != formatVersion {
		return fmt.Errorf("statespace: model: got format %q, version %d, want %s, version %d", s.Format, s.Version, format, formatVersion)
	}
	l := s.Hidden
	if l < 1 || len(s.Mean) != l || len(s.Cov) != l*l || len(s.Trans) != l*l || len(s.TransCov) != l*l || len(s.Emit) == 0 || len(s.Emit)%l != 0 {
		return fmt.Errorf("statespace: model: got %d hidden values and %d, %d, %d, %d and %d numbers, want sizes that agree",
			l, len(s.Mean), len(s.Cov), len(s.Trans), len(s.TransCov), len(s.Emit))
	}
	return nil
}

// square makes a symmetric matrix of its stored values.
func square(v []float64, n int) *mat.SymDense {
	return mat.NewSymDense(n, append([]float64(nil), v...))
}

// MarshalJSON writes the model.
func (m *Model) MarshalJSON() ([]byte, error) {
	l, d := m.size()
	if _, err := m.check(make([]float64, d)); err != nil {
		return nil, err
	}
	return json.Marshal(stored{Format: "statespace", Version: formatVersion, Hidden: l, Mean: values(m.Mean), Cov: values(m.Cov),
		Trans: values(m.Trans), TransCov: values(m.TransCov), Emit: values(m.Emit), EmitCov: values(m.EmitCov)})
}

// UnmarshalJSON reads a model that MarshalJSON wrote. After an error the model is what it was.
func (m *Model) UnmarshalJSON(text []byte) error {
	var s stored
	if err := s.read(text, "statespace"); err != nil {
		return err
	}
	l, d := s.Hidden, len(s.Emit)/s.Hidden
	if len(s.EmitCov) != d*d {
		return fmt.Errorf("statespace: model: covariance of rows: got %d numbers, want %d", len(s.EmitCov), d*d)
	}
	*m = Model{Mean: mat.NewVecDense(l, s.Mean), Cov: square(s.Cov, l), Trans: mat.NewDense(l, l, s.Trans), TransCov: square(s.TransCov, l),
		Emit: mat.NewDense(d, l, s.Emit), EmitCov: square(s.EmitCov, d)}
	return nil
}

// MarshalJSON writes the posterior.
func (b *Bayes) MarshalJSON() ([]byte, error) {
	return json.Marshal(stored{Format: "statespace-bayes", Version: formatVersion, Hidden: len(b.Alpha), Mean: values(b.Mean), Cov: values(b.Cov),
		Trans: values(b.Trans), TransCov: values(b.TransCov), Emit: values(b.Emit), EmitCov: values(b.EmitCov),
		Shape: b.Shape, Rate: b.Rate, Alpha: b.Alpha, Gamma: b.Gamma, A0: b.A0, B0: b.B0, FixRelevance: b.FixRelevance})
}

// UnmarshalJSON reads a posterior that MarshalJSON wrote. After an error it is what it was.
func (b *Bayes) UnmarshalJSON(text []byte) error {
	var s stored
	if err := s.read(text, "statespace-bayes"); err != nil {
		return err
	}
	l, d := s.Hidden, len(s.Emit)/s.Hidden
	if len(s.EmitCov) != l*l || len(s.Shape) != d || len(s.Rate) != d || len(s.Alpha) != l || len(s.Gamma) != l {
		return fmt.Errorf("statespace: bayes: got %d, %d, %d, %d and %d numbers, want %d, %d, %d, %d and %d",
			len(s.EmitCov), len(s.Shape), len(s.Rate), len(s.Alpha), len(s.Gamma), l*l, d, d, l, l)
	}
	for _, part := range [][]float64{s.Shape, s.Rate, s.Alpha, s.Gamma, {s.A0, s.B0}} {
		for _, v := range part {
			if !(v > 0) || math.IsInf(v, 0) {
				return fmt.Errorf("statespace: bayes: got %g, want positive finite numbers", v)
			}
		}
	}
	*b = Bayes{Mean: mat.NewVecDense(l, s.Mean), Cov: square(s.Cov, l), Trans: mat.NewDense(l, l, s.Trans), TransCov: square(s.TransCov, l),
		Emit: mat.NewDense(d, l, s.Emit), EmitCov: square(s.EmitCov, l), Shape: s.Shape, Rate: s.Rate, Alpha: s.Alpha, Gamma: s.Gamma,
		A0: s.A0, B0: s.B0, FixRelevance: s.FixRelevance}
	return nil
}
