package field

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/floats"

	"github.com/elbo-go/elbo/internal/rng"
)

// Training says how a machine is trained.
type Training struct {
	// Hidden is the number of hidden units.
	Hidden int `json:"hidden"`
	// Epochs is how often the data are gone through.
	Epochs int `json:"epochs"`
	// Batch is the number of rows a step, and of chains where they persist.
	Batch int `json:"batch"`
	// Steps is the k of CD-k: how often the chains draw hidden and visible units a step.
	Steps int `json:"steps"`
	// Persistent makes chains go on from step to step (PCD, Tieleman 2008); else they start at
	// the rows of the batch (CD, Hinton 2002).
	Persistent bool `json:"persistent"`
	// Rate is the rate of the first epoch; it falls to 0 in a line.
	Rate float64 `json:"rate"`
	// Momentum is the part of a step that the next one keeps.
	Momentum float64 `json:"momentum"`
	// Decay is λ of the penalty λ/2 ‖W‖².
	Decay float64 `json:"decay"`
	// Seed is that of weights, order and chains.
	Seed uint64 `json:"seed"`
}

// DefaultTraining is PCD-1 of 100 chains for 20 epochs at a rate of .05.
func DefaultTraining() Training {
	return Training{Hidden: 20, Epochs: 20, Batch: 100, Steps: 1, Persistent: true, Rate: .05, Momentum: .5, Seed: 1}
}

// Trainer is a machine in training. It is stored and read as JSON, and goes on as if it had
// not been.
type Trainer struct {
	// Training is how.
	Training Training `json:"training"`
	// Machine is what is trained.
	Machine *RBM `json:"machine"`
	// Done is the number of epochs gone through.
	Done int `json:"done"`
	// Chains are the visible units of the persistent chains, Batch rows.
	Chains []float64 `json:"chains"`
	// Velocity is the last step: of the weights, then of both biases.
	Velocity []float64 `json:"velocity"`
}

// NewTrainer starts with biases that have the means of the data, rows of 0 to 1.
func NewTrainer(rows []float64, visible int, c Training) (*Trainer, error) {
	if c.Epochs < 1 || c.Batch < 1 || c.Steps < 1 || !(c.Rate > 0) || !(c.Momentum >= 0 && c.Momentum < 1) || !(c.Decay >= 0) {
		return nil, fmt.Errorf("field: rbm: training: got %+v, want at least one epoch, row and step, a rate above 0, momentum from 0 to below 1 and decay from 0", c)
	}
	m, err := NewRBM(visible, c.Hidden, c.Seed)
	if err != nil {
		return nil, err
	}
	if err := m.check(rows); err != nil {
		return nil, err
	}
	t := &Trainer{Training: c, Machine: m, Chains: make([]float64, c.Batch*visible), Velocity: make([]float64, len(m.W)+visible+c.Hidden)}
	m.B = BaseRates(rows, visible)
	r := rng.New(c.Seed).Named("rbm").Named("chains").Rand()
	for i := range t.Chains {
		t.Chains[i] = bernoulli(r, sigmoid(m.B[i%visible]))
	}
	return t, nil
}

// check is the error of rows that no machine of this size has.
func (m *RBM) check(rows []float64) error {
	if len(rows) == 0 || len(rows)%m.Visible != 0 {
		return fmt.Errorf("field: rbm: got %d values, want rows of %d", len(rows), m.Visible)
	}
	for i, x := range rows {
		if !(x >= 0 && x <= 1) {
			return fmt.Errorf("field: rbm: row %d: unit %d: got %g, want 0 to 1", i/m.Visible, i%m.Visible, x)
		}
	}
	return nil
}

// BaseRates are ln p/(1 − p) of the means of rows, with half a row of either value added.
func BaseRates(rows []float64, visible int) []float64 {
	b, n := make([]float64, visible), float64(len(rows)/visible)
	for i, x := range rows {
		b[i%visible] += x
	}
	for i, sum := range b {
		b[i] = math.Log((sum + .5) / (n - sum + .5))
	}
	return b
}

func bernoulli(r *rand.Rand, p float64) float64 {
	if r.Float64() < p {
		return 1
	}
	return 0
}

// Train goes through all epochs that are left and tells of each with the mean squared difference,
// over the rows, of the visible units and what their hidden ones expect of them.
func (t *Trainer) Train(ctx context.Context, rows []float64, progress func(epoch int, reconstruction float64)) error {
	if err := t.Machine.check(rows); err != nil {
		return err
	}
	for t.Done < t.Training.Epochs {
		off, err := t.epoch(ctx, rows)
		if err != nil {
			return err
		}
		if t.Done++; progress != nil {
			progress(t.Done, off)
		}
	}
	return nil
}

// epoch goes through the rows once. It starts from nothing but the fields of the trainer.
func (t *Trainer) epoch(ctx context.Context, rows []float64) (off float64, err error) {
	key := rng.New(t.Training.Seed).Named("rbm").Named("epoch").At(uint64(t.Done))
	visible := t.Machine.Visible
	n := len(rows) / visible
	order, r := key.Named("order").Perm(n), key.Named("draws").Rand()
	s := newStep(t)
	for from := 0; from < n; from += t.Training.Batch {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		batch := order[from:min(from+t.Training.Batch, n)]
		for k, i := range batch {
			copy(s.data[k*visible:(k+1)*visible], rows[i*visible:])
		}
		off += s.run(t, r, len(batch)) / float64(n)
	}
	return off, nil
}

// step is room for the units of one batch.
type step struct {
	data, hidden   []float64 // of the batch, and p(h | v)
	chain, chained []float64 // of the chains
	draw, slope    []float64
}

func newStep(t *Trainer) *step {
	v, h := t.Training.Batch*t.Machine.Visible, t.Training.Batch*t.Machine.Hidden
	return &step{data: make([]float64, v), hidden: make([]float64, h), chain: make([]float64, v), chained: make([]float64, h),
		draw: make([]float64, h), slope: make([]float64, len(t.Velocity))}
}

// run makes a step of stochastic ascent on
//
//	∂/∂W_ij ln p(v) = E[v_i h_j | data] − E_model[v_i h_j]
//
// with the chains for the model, and returns the squared error of the reconstructions.
func (s *step) run(t *Trainer, r *rand.Rand, n int) (off float64) {
	m, c := t.Machine, t.Training
	data, hidden := s.data[:n*m.Visible], s.hidden[:n*m.Hidden]
	m.hidden(data, hidden)
	m.visible(hidden, s.chain[:len(data)])
	for i, p := range s.chain[:len(data)] {
		off += (p - data[i]) * (p - data[i])
	}
	chains, chain, chained := n, s.chain[:n*m.Visible], s.chained[:n*m.Hidden]
	if c.Persistent {
		chains, chain, chained = c.Batch, t.Chains, s.chained
		m.hidden(chain, chained)
	} else {
		copy(chained, hidden)
	}
	for range c.Steps {
		draw := s.draw[:len(chained)]
		for i, p := range chained {
			draw[i] = bernoulli(r, p)
		}
		m.visible(draw, chain)
		for i, p := range chain {
			chain[i] = bernoulli(r, p)
		}
		m.hidden(chain, chained)
	}
	w, b := s.slope[:len(m.W)], s.slope[len(m.W):]
	multiply(blas.Trans, blas.NoTrans, m.Visible, m.Hidden, n, 1/float64(n), data, hidden, 0, w)
	multiply(blas.Trans, blas.NoTrans, m.Visible, m.Hidden, chains, -1/float64(chains), chain, chained, 1, w)
	floats.AddScaled(w, -c.Decay, m.W)
	clear(b)
	means(data, b[:m.Visible], 1/float64(n))
	means(hidden, b[m.Visible:], 1/float64(n))
	means(chain, b[:m.Visible], -1/float64(chains))
	means(chained, b[m.Visible:], -1/float64(chains))
	rate := c.Rate * (1 - float64(t.Done)/float64(c.Epochs))
	floats.Scale(c.Momentum, t.Velocity)
	floats.AddScaled(t.Velocity, rate, s.slope)
	floats.Add(m.W, t.Velocity[:len(m.W)])
	floats.Add(m.B, t.Velocity[len(m.W):len(m.W)+m.Visible])
	floats.Add(m.C, t.Velocity[len(m.W)+m.Visible:])
	return off
}

// means adds the rows of x, times w, to sum.
func means(x, sum []float64, w float64) {
	for i, v := range x {
		sum[i%len(sum)] += w * v
	}
}
