package topic

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// Model is the posterior of the topics, q(β_k) = Dir(λ_·k).
type Model struct {
	// Topics is K.
	Topics int
	// Vocabulary is V.
	Vocabulary int
	// Alpha is the concentration of the proportions, of each topic.
	Alpha float64
	// Alphas are those of the topics where they differ, K of them; nil where all are Alpha.
	Alphas []float64 `json:",omitempty"`
	// Eta is the concentration of the words.
	Eta float64
	// Lambda is λ, V×K row-major: the K numbers of a term lie together.
	Lambda []float64
}

// alphas is α of every topic, a copy.
func (m *Model) alphas() []float64 {
	if m.Alphas != nil {
		return slices.Clone(m.Alphas)
	}
	return slices.Repeat([]float64{m.Alpha}, m.Topics)
}

// sums is Λ_k = Σ_v λ_vk.
func (m *Model) sums() []float64 {
	s := make([]float64, m.Topics)
	for v := range m.Vocabulary {
		for k, l := range m.row(v) {
			s[k] += l
		}
	}
	return s
}

// row is λ_v·.
func (m *Model) row(v int) []float64 { return m.Lambda[v*m.Topics : (v+1)*m.Topics] }

// Words is E β, K×V row-major: the probabilities of the words in each topic.
func (m *Model) Words() []float64 {
	s, p := m.sums(), make([]float64, m.Topics*m.Vocabulary)
	for v := range m.Vocabulary {
		for k, l := range m.row(v) {
			p[k*m.Vocabulary+v] = l / s[k]
		}
	}
	return p
}

// stored is the form of a model in a file.
type stored struct {
	Format  string
	Version int
	plain
}

// plain has the fields of Model without its methods.
type plain Model

// MarshalJSON implements json.Marshaler; every float64 comes back exactly.
func (m *Model) MarshalJSON() ([]byte, error) { return json.Marshal(stored{"topic", 1, plain(*m)}) }

// UnmarshalJSON implements json.Unmarshaler and refuses what is no model.
func (m *Model) UnmarshalJSON(b []byte) error {
	var s stored
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("topic: model: %w", err)
	}
	got := Model(s.plain)
	switch {
	case s.Format != "topic" || s.Version != 1:
		return fmt.Errorf("topic: model: got format %q version %d, want topic 1", s.Format, s.Version)
	case got.Topics < 1 || got.Vocabulary < 1 || got.Vocabulary > len(got.Lambda) || len(got.Lambda) != got.Topics*got.Vocabulary:
		return fmt.Errorf("topic: model: got %d topics of %d words and %d numbers, want them to agree", got.Topics, got.Vocabulary, len(got.Lambda))
	case !(got.Alpha >= leastAlpha) || !(got.Eta >= smallest):
		return fmt.Errorf("topic: model: got alpha %g and eta %g, want at least %g and %g", got.Alpha, got.Eta, leastAlpha, smallest)
	}
	if a := got.Alphas; a != nil && (len(a) != got.Topics || !(slices.Min(a) >= leastAlpha) || math.IsInf(slices.Max(a), 1)) {
		return fmt.Errorf("topic: model: alphas: got %v, want %d of at least %g", a, got.Topics, leastAlpha)
	}
	for i, l := range got.Lambda {
		if !(l >= smallest) || math.IsInf(l, 1) {
			return fmt.Errorf("topic: model: lambda %d: got %g, want at least %g", i, l, smallest)
		}
	}
	*m = got
	return nil
}
