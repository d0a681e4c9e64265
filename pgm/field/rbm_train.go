package field

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/elbo-go/elbo/internal/par"
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

// Train goes through all epochs that are left and tells of each with the mean squared difference
// of the visible units of rows and what their hidden ones expect of them, in one batch of ten.
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

// watched is how many batches there are to one whose reconstructions are made.
const watched = 10

// epoch goes through the rows once. It starts from nothing but the fields of the trainer.
func (t *Trainer) epoch(ctx context.Context, rows []float64) (off float64, err error) {
	key := rng.New(t.Training.Seed).Named("rbm").Named("epoch").At(uint64(t.Done))
	visible := t.Machine.Visible
	order, s, seen := key.Named("order").Perm(len(rows)/visible), newStep(t), 0.
	for k, batch := range slices.Collect(slices.Chunk(order, t.Training.Batch)) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		s.data = s.data[:0]
		for _, i := range batch {
			s.data = append(s.data, rows[i*visible:(i+1)*visible]...)
		}
		if k%watched == 0 {
			seen += float64(len(batch))
			off += s.reconstruct(t.Machine)
		}
		s.run(t, key.Named("draws").At(uint64(k)))
	}
	return off / seen, nil
}

// step is room for the units of one batch.
type step struct {
	data, hidden []float64 // of the batch, and p(h | v)
	chain        []float64 // visible units of the chains
	chained      []float64 // p(h | v) of the chains
	drawn        []float64 // hidden units of the chains
	across       []float64 // weights, a row for each hidden unit
	slope        []float64
}

func newStep(t *Trainer) *step {
	v, h := t.Training.Batch*t.Machine.Visible, t.Training.Batch*t.Machine.Hidden
	return &step{data: make([]float64, 0, v), hidden: make([]float64, h), chain: t.Chains, chained: make([]float64, h),
		drawn: make([]float64, h), across: make([]float64, len(t.Machine.W)), slope: make([]float64, len(t.Velocity))}
}

// row is the i-th of rows of a width.
func row(x []float64, i, width int) []float64 { return x[i*width : (i+1)*width] }

// run makes a step of stochastic ascent on
//
//	∂/∂W_ij ln p(v) = E[v_i h_j | data] − E_model[v_i h_j]
//
// with the chains for the model. Rows have random numbers of their own, whichever processor
// they are on.
func (s *step) run(t *Trainer, key rng.Key) {
	m, c := t.Machine, t.Training
	n := len(s.data) / m.Visible
	chains := n
	if c.Persistent {
		chains = c.Batch
	}
	transpose(s.across, m.W, m.Hidden)
	par.Each(n, func(i int) { m.hidden(row(s.data, i, m.Visible), row(s.hidden, i, m.Hidden)) })
	par.Each(chains, func(i int) {
		r, v, p := key.At(uint64(i)).Rand(), row(s.chain, i, m.Visible), row(s.chained, i, m.Hidden)
		if !c.Persistent {
			copy(v, row(s.data, i, m.Visible))
		}
		m.hidden(v, p)
		for range c.Steps {
			m.sweep(r, s.across, p, row(s.drawn, i, m.Hidden), v)
			m.hidden(v, p)
		}
	})
	s.gradient(m, n, chains)
	floats.AddScaled(s.slope[:len(m.W)], -c.Decay, m.W)
	rate := c.Rate * (1 - float64(t.Done)/float64(c.Epochs))
	floats.Scale(c.Momentum, t.Velocity)
	floats.AddScaled(t.Velocity, rate, s.slope)
	floats.Add(m.W, t.Velocity[:len(m.W)])
	floats.Add(m.B, t.Velocity[len(m.W):len(m.W)+m.Visible])
	floats.Add(m.C, t.Velocity[len(m.W)+m.Visible:])
}

// gradient is the mean of the batch less that of the chains, of v h', v and h.
func (s *step) gradient(m *RBM, n, chains int) {
	w, b, c := s.slope[:len(m.W)], s.slope[len(m.W):len(m.W)+m.Visible], s.slope[len(m.W)+m.Visible:]
	clear(s.slope)
	const units = 64 // visible units that go together
	par.Each((m.Visible+units-1)/units, func(part int) {
		from, to := part*units, min(m.Visible, (part+1)*units)
		add := func(v, h []float64, rows int, weight float64) {
			for k := range rows {
				for i, x := range row(v, k, m.Visible)[from:to] {
					if x != 0 {
						b[from+i] += weight * x
						floats.AddScaled(row(w, from+i, m.Hidden), weight*x, row(h, k, m.Hidden))
					}
				}
			}
		}
		add(s.data, s.hidden, n, 1/float64(n))
		add(s.chain, s.chained, chains, -1/float64(chains))
	})
	for k := range n {
		floats.AddScaled(c, 1/float64(n), row(s.hidden, k, m.Hidden))
	}
	for k := range chains {
		floats.AddScaled(c, -1/float64(chains), row(s.chained, k, m.Hidden))
	}
}

// reconstruct is the squared error of what the hidden probabilities of the batch expect of it.
func (s *step) reconstruct(m *RBM) (off float64) {
	transpose(s.across, m.W, m.Hidden)
	n := len(s.data) / m.Visible
	errs := make([]float64, n)
	par.Each(n, func(i int) {
		v, h, back := row(s.data, i, m.Visible), row(s.hidden, i, m.Hidden), make([]float64, m.Visible)
		m.hidden(v, h)
		m.visible(s.across, h, back)
		for k, x := range v {
			errs[i] += (x - back[k]) * (x - back[k])
		}
	})
	return floats.Sum(errs)
}
