package hmm

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// formatVersion is the version of stored models.
const formatVersion = 1

// prepared is an emission that checks its parameters and makes what is derived from them.
type prepared interface {
	Emission
	prepare() error
}

// emissions are the stored kinds by name.
var emissions = map[string]func() prepared{
	"discrete":          func() prepared { return new(Discrete) },
	"gaussian":          func() prepared { return new(Gaussian) },
	"mixture":           func() prepared { return new(Mixture) },
	"poisson":           func() prepared { return new(Poisson) },
	"autoregressive":    func() prepared { return new(Autoregressive) },
	"dirichlet-symbols": func() prepared { return new(DirichletSymbols) },
	"gamma-rate":        func() prepared { return new(GammaRate) },
	"normal-gamma":      func() prepared { return new(NormalGamma) },
	"normal-wishart":    func() prepared { return new(NormalWishart) },
}

// stored is a model as JSON: numbers keep every bit.
type stored struct {
	Format     string          `json:"format"`
	Version    int             `json:"version"`
	Start      []float64       `json:"start"`
	Trans      []float64       `json:"trans"`
	Pseudo     float64         `json:"pseudo,omitempty"`
	StartPrior float64         `json:"startPrior,omitempty"`
	TransPrior float64         `json:"transPrior,omitempty"`
	Kind       string          `json:"kind"`
	Emission   json.RawMessage `json:"emission"`
}

// write stores a model and its emission.
func (s stored) write(format string, e Emission) ([]byte, error) {
	s.Format, s.Version = format, formatVersion
	for kind, empty := range emissions {
		if reflect.TypeOf(empty()) == reflect.TypeOf(e) {
			s.Kind = kind
		}
	}
	if s.Kind == "" {
		return nil, fmt.Errorf("hmm: model: emission: got %T, want one of this package", e)
	}
	var err error
	if s.Emission, err = json.Marshal(e); err != nil {
		return nil, fmt.Errorf("hmm: model: %w", err)
	}
	return json.Marshal(s)
}

// read parses a model and its emission.
func (s *stored) read(text []byte, format string) (Emission, error) {
	if err := json.Unmarshal(text, s); err != nil {
		return nil, fmt.Errorf("hmm: model: %w", err)
	}
	if s.Format != format || s.Version != formatVersion {
		return nil, fmt.Errorf("hmm: model: got format %q, version %d, want %s, version %d", s.Format, s.Version, format, formatVersion)
	}
	empty, ok := emissions[s.Kind]
	if !ok {
		return nil, fmt.Errorf("hmm: model: emission: got kind %q, want one that is known", s.Kind)
	}
	e := empty()
	if err := json.Unmarshal(s.Emission, e); err != nil {
		return nil, fmt.Errorf("hmm: model: emission: %w", err)
	}
	return e, e.prepare()
}

// MarshalJSON writes the model.
func (m *Model) MarshalJSON() ([]byte, error) {
	return stored{Start: m.Start, Trans: m.Trans, Pseudo: m.Pseudo}.write("hmm", m.Emit)
}

// UnmarshalJSON reads a model that MarshalJSON wrote. After an error the model is what it was.
func (m *Model) UnmarshalJSON(text []byte) error {
	var s stored
	e, err := s.read(text, "hmm")
	if err != nil {
		return err
	}
	read := Model{Start: s.Start, Trans: s.Trans, Emit: e, Pseudo: s.Pseudo}
	if err := read.check(); err != nil {
		return err
	}
	*m = read
	return nil
}

// MarshalJSON writes the posterior.
func (b *Bayes) MarshalJSON() ([]byte, error) {
	return stored{Start: b.Start, Trans: b.Trans, StartPrior: b.StartPrior, TransPrior: b.TransPrior}.write("hmm-bayes", b.Emit)
}

// UnmarshalJSON reads a posterior that MarshalJSON wrote. After an error it is what it was.
func (b *Bayes) UnmarshalJSON(text []byte) error {
	var s stored
	e, err := s.read(text, "hmm-bayes")
	if err != nil {
		return err
	}
	read := Bayes{Start: s.Start, Trans: s.Trans, StartPrior: s.StartPrior, TransPrior: s.TransPrior, Emit: e}
	if err := read.prepare(); err != nil {
		return err
	}
	*b = read
	return nil
}
