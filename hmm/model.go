package hmm

import (
	"fmt"
	"math"

	"github.com/elbo-go/elbo/internal/rng"
)

// Model is a hidden Markov model with point parameters.
type Model struct {
	// Start holds the K probabilities π(k) of the first state.
	Start []float64
	// Trans holds the K×K probabilities A(i, j) of state j after state i, row after row.
	Trans []float64
	// Emit is the density of the observations.
	Emit Emission
	// Pseudo is the count added to every possible start and step: a Dirichlet(1 + Pseudo)
	// prior. Zero is maximum likelihood. What has probability zero stays impossible.
	Pseudo float64
}

// New returns a model of checked parameters.
func New(start, trans []float64, emit Emission) (*Model, error) {
	m := &Model{Start: start, Trans: trans, Emit: emit}
	return m, m.check()
}

// Uniform returns a model that starts anywhere and stays in its state with probability stay.
func Uniform(emit Emission, stay float64) (*Model, error) {
	k := emit.States()
	start, trans := make([]float64, k), make([]float64, k*k)
	for i := range k {
		start[i] = 1 / float64(k)
		for j := range k {
			trans[i*k+j] = (1 - stay) / float64(max(k-1, 1))
		}
		trans[i*k+i] = stay
		if k == 1 {
			trans[0] = 1
		}
	}
	return New(start, trans, emit)
}

// check says what is wrong with the parameters of the chain.
func (m *Model) check() error {
	if m.Emit == nil {
		return fmt.Errorf("hmm: model: emission: got none, want one")
	}
	k := m.Emit.States()
	if k < 1 || len(m.Start) != k || len(m.Trans) != k*k {
		return fmt.Errorf("hmm: model: states: got %d start and %d step probabilities, want %d and %d",
			len(m.Start), len(m.Trans), k, k*k)
	}
	if !(m.Pseudo >= 0) || math.IsInf(m.Pseudo, 0) {
		return fmt.Errorf("hmm: model: pseudo-count: got %g, want a finite number from 0", m.Pseudo)
	}
	if err := checkDistribution("start", m.Start); err != nil {
		return err
	}
	for i := range k {
		if err := checkDistribution(fmt.Sprintf("step from state %d", i), m.Trans[i*k:(i+1)*k]); err != nil {
			return err
		}
	}
	return nil
}

// ready checks model and sequence and returns the lattice, loaded.
func (m *Model) ready(x []float64) (*lattice, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	if err := m.Emit.Check(x); err != nil {
		return nil, err
	}
	w := newLattice(m.Emit, true)
	w.load(x, m.Start, m.Trans)
	return w, nil
}

// LogLik is ln p(x) of one sequence.
func (m *Model) LogLik(x []float64) (float64, error) {
	w, err := m.ready(x)
	if err != nil {
		return 0, err
	}
	defer w.release()
	return w.evidence()
}

// Posterior is what a sequence says about its hidden states.
type Posterior struct {
	// LogLik is ln p(x).
	LogLik float64
	// Filtered holds p(z_t = k | x_1 … x_t), T×K.
	Filtered []float64
	// Smoothed holds p(z_t = k | x_1 … x_T), T×K.
	Smoothed []float64
	// Pairs holds the expected numbers of steps from i to j, K×K.
	Pairs []float64
}

// Smooth returns the marginals of the hidden states.
func (m *Model) Smooth(x []float64) (*Posterior, error) {
	w, err := m.ready(x)
	if err != nil {
		return nil, err
	}
	return w.posterior()
}

// posterior runs both passes over a loaded sequence.
func (w *lattice) posterior() (*Posterior, error) {
	logZ, err := w.smooth(true)
	if err != nil {
		return nil, err
	}
	return &Posterior{LogLik: logZ, Filtered: w.side, Smoothed: w.b, Pairs: w.pairs}, nil
}

// Simulate draws t rows and their states.
func (m *Model) Simulate(key rng.Key, t int) (x []float64, states []int, err error) {
	if err := m.check(); err != nil {
		return nil, nil, err
	}
	e, ok := m.Emit.(Drawer)
	if !ok || t < 1 {
		return nil, nil, fmt.Errorf("hmm: simulate: got %T and %d rows, want an emission that draws and a positive number", m.Emit, t)
	}
	r := key.Named("hmm simulate").Rand()
	d, k := m.Emit.Dim(), m.Emit.States()
	x, states = make([]float64, t*d), make([]int, t)
	weights := m.Start
	for i := range t {
		states[i] = draw(r, weights)
		weights = m.Trans[states[i]*k : (states[i]+1)*k]
		e.Draw(r, states[i], x[:i*d], x[i*d:(i+1)*d])
	}
	return x, states, nil
}
