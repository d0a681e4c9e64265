package field

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"

	"github.com/elbo-go/elbo/internal/par"
	"github.com/elbo-go/elbo/internal/rng"
)

// rbmVersion is that of the stored form.
const rbmVersion = 1

// RBM is a restricted Boltzmann machine of binary units (Smolensky 1986; Hinton 2002)
//
//	p(v, h) = 1/Z exp(b·v + c·h + v'W h).
type RBM struct {
	// Version is that of the stored form, 1.
	Version int `json:"version"`
	// Visible is the number of visible units.
	Visible int `json:"visible"`
	// Hidden is the number of hidden units.
	Hidden int `json:"hidden"`
	// W are the weights, a row for each visible unit.
	W []float64 `json:"w"`
	// B are the biases of the visible units.
	B []float64 `json:"b"`
	// C are the biases of the hidden units.
	C []float64 `json:"c"`
}

// NewRBM has weights from N(0, .01²) and biases of 0.
func NewRBM(visible, hidden int, seed uint64) (*RBM, error) {
	if visible < 1 || hidden < 1 || visible > math.MaxInt32/hidden {
		return nil, fmt.Errorf("field: rbm: got %d visible and %d hidden units, want at least one of each and at most %d weights", visible, hidden, math.MaxInt32)
	}
	m := &RBM{Version: rbmVersion, Visible: visible, Hidden: hidden, W: make([]float64, visible*hidden), B: make([]float64, visible), C: make([]float64, hidden)}
	rng.New(seed).Named("rbm").NormalFloat64(m.W)
	for i := range m.W {
		m.W[i] *= .01
	}
	return m, nil
}

// UnmarshalJSON reads a machine and checks its sizes.
func (m *RBM) UnmarshalJSON(text []byte) error {
	type plain RBM
	var p plain
	if err := json.Unmarshal(text, &p); err != nil {
		return fmt.Errorf("field: rbm: %w", err)
	}
	if p.Version != rbmVersion {
		return fmt.Errorf("field: rbm: version: got %d, want %d", p.Version, rbmVersion)
	}
	if p.Visible < 1 || p.Hidden < 1 || len(p.B) != p.Visible || len(p.C) != p.Hidden || len(p.W)/p.Hidden != p.Visible || len(p.W)%p.Hidden != 0 {
		return fmt.Errorf("field: rbm: got %d weights and %d and %d biases, want those of %d visible and %d hidden units", len(p.W), len(p.B), len(p.C), p.Visible, p.Hidden)
	}
	*m = RBM(p)
	return nil
}

// FreeEnergy is F(v) = −b·v − Σ_j ln(1 + exp(c_j + v·W_j)): p(v) = e^−F(v)/Z.
func (m *RBM) FreeEnergy(v []float64) float64 {
	act, sum := append([]float64(nil), m.C...), 0.
	for i, x := range v {
		if x == 0 {
			continue
		}
		sum -= x * m.B[i]
		for j, w := range m.W[i*m.Hidden : (i+1)*m.Hidden] {
			act[j] += x * w
		}
	}
	return sum - softpluses(act)
}

// LogLik is the mean ln p(v) of rows of visible units, given ln Z.
func (m *RBM) LogLik(rows []float64, logZ float64) (float64, error) {
	if len(rows) == 0 || len(rows)%m.Visible != 0 {
		return 0, fmt.Errorf("field: rbm: got %d values, want rows of %d", len(rows), m.Visible)
	}
	n := len(rows) / m.Visible
	free := make([]float64, n)
	par.Each(n, func(i int) { free[i] = m.FreeEnergy(rows[i*m.Visible : (i+1)*m.Visible]) })
	sum := 0.
	for _, f := range free {
		sum -= f
	}
	return sum/float64(n) - logZ, nil
}

// softpluses is Σ ln(1 + e^a). Of what is left when the larger of 0 and a is taken out, up to
// 2^500 is multiplied before a logarithm is taken.
func softpluses(act []float64) (sum float64) {
	for len(act) > 0 {
		n, product := min(len(act), 500), 1.
		for _, a := range act[:n] {
			sum += max(a, 0)
			product *= 1 + math.Exp(-math.Abs(a))
		}
		sum += math.Log(product)
		act = act[n:]
	}
	return sum
}

func sigmoid(a float64) float64 { return 1 / (1 + math.Exp(-a)) }

// hidden writes p(h_j = 1 | v) of a row. Rows of digits are mostly 0, whose weights are passed by.
func (m *RBM) hidden(v, prob []float64) {
	copy(prob, m.C)
	for i, x := range v {
		if x != 0 {
			floats.AddScaled(prob, x, m.W[i*m.Hidden:(i+1)*m.Hidden])
		}
	}
	for j, a := range prob {
		prob[j] = sigmoid(a)
	}
}

// visible writes p(v_i = 1 | h) of a row, given the weights with a row for each hidden unit.
func (m *RBM) visible(across, h, prob []float64) {
	copy(prob, m.B)
	for j, x := range h {
		if x != 0 {
			floats.AddScaled(prob, x, across[j*m.Visible:(j+1)*m.Visible])
		}
	}
	for i, a := range prob {
		prob[i] = sigmoid(a)
	}
}

// sweep draws the hidden units of a row by their probabilities, and the visible units by these.
func (m *RBM) sweep(r *rand.Rand, across, prob, h, v []float64) {
	for j, p := range prob {
		h[j] = bernoulli(r, p)
	}
	m.visible(across, h, v)
	for i, p := range v {
		v[i] = bernoulli(r, p)
	}
}

func bernoulli(r *rand.Rand, p float64) float64 {
	if r.Float64() < p {
		return 1
	}
	return 0
}
