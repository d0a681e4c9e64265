package field

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/elbo-go/elbo/vi/lbfgs"
)

// Method is a way to learn a field.
type Method int

// The methods.
const (
	// PseudoLikelihood maximises Σ_x Σ_v ln p(x_v | x_−v) (Besag 1975).
	PseudoLikelihood Method = iota
	// MaximumLikelihood matches exact moments, by junction trees: for narrow graphs.
	MaximumLikelihood
	// Divergence is CD-k: data against their own k sweeps (Hinton 2002).
	Divergence
	// Persistent is PCD: data against chains that go on from step to step (Tieleman 2008).
	Persistent
)

// learners are the methods' names and what they do from θ = 0.
var learners = []struct {
	name string
	run  func(context.Context, *learner) error
}{
	{"pseudo-likelihood", climber((*learner).pseudo)},
	{"maximum-likelihood", climber((*learner).likelihood)},
	{"cd", func(ctx context.Context, l *learner) error { return l.descend(ctx, false) }},
	{"pcd", func(ctx context.Context, l *learner) error { return l.descend(ctx, true) }},
}

// String is the method's name.
func (m Method) String() string { return learners[m].name }

// Config says how a field is learnt.
type Config struct {
	// Method is the way.
	Method Method
	// Tied makes all couplings one and all fields one.
	Tied bool
	// Ridge is λ of the penalty λ/2 ‖θ‖² on the mean value per datum.
	Ridge float64
	// Iterations is the most steps.
	Iterations int
	// Tolerance is the largest slope at which likelihoods count as climbed.
	Tolerance float64
	// Sweeps is the k of CD-k, and of PCD's chains, a step.
	Sweeps int
	// Batch is how many data a step of CD sees, and how many chains PCD keeps.
	Batch int
	// Rate is the rate of the first step of CD and PCD; it falls as 1/(1 + 10 t/Iterations).
	// The result is the mean of the second half of the steps (Polyak & Juditsky 1992).
	Rate float64
	// Seed is that of CD and PCD.
	Seed uint64
	// Progress, where set, hears of every step.
	Progress func(Record)
}

// Record is what is known after a step.
type Record struct {
	// Step counts from 1.
	Step int
	// Value is the mean (pseudo-)log-likelihood of a datum, less the penalty; of CD and PCD 0.
	Value float64
	// Slope is the largest element of the gradient.
	Slope float64
}

// DefaultConfig is pseudo-likelihood without ties; CD has 500 steps of 100 data.
func DefaultConfig() Config {
	return Config{Iterations: 500, Tolerance: 1e-8, Sweeps: 1, Batch: 100, Rate: .5, Seed: 1}
}

func (c Config) check() error {
	if c.Method < 0 || int(c.Method) >= len(learners) || c.Iterations < 1 || !(c.Tolerance > 0) || !(c.Ridge >= 0) {
		return fmt.Errorf("field: config: got method %d, %d iterations, tolerance %g and ridge %g, want a method below %d, at least 1, above 0 and from 0",
			c.Method, c.Iterations, c.Tolerance, c.Ridge, len(learners))
	}
	if c.Sweeps < 1 || c.Batch < 1 || !(c.Rate > 0) {
		return fmt.Errorf("field: config: got %d sweeps, batches of %d and a rate of %g, want at least 1, 1 and above 0", c.Sweeps, c.Batch, c.Rate)
	}
	return nil
}

// Fit learns couplings and fields of given edges from data, states of all sites each.
func Fit(ctx context.Context, data [][]int, states int, edges [][2]int, c Config) (*Potts, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if len(data) == 0 {
		return nil, fmt.Errorf("field: data: got none, want some")
	}
	p, err := NewPotts(len(data[0]), states, edges)
	if err != nil {
		return nil, err
	}
	for i, x := range data {
		if len(x) != len(p.H) {
			return nil, fmt.Errorf("field: data: row %d: got %d sites, want %d", i, len(x), len(p.H))
		}
		for v, s := range x {
			if s < 0 || s >= states {
				return nil, fmt.Errorf("field: data: row %d: site %d: got state %d, want below %d", i, v, s, states)
			}
		}
	}
	l := &learner{Config: c, Potts: p, lattice: newLattice(len(p.H), edges), data: data}
	l.theta = make([]float64, l.size())
	l.mean = make([]float64, l.size())
	for _, x := range data {
		l.count(x, 1/float64(len(data)), l.mean)
	}
	if err := learners[c.Method].run(ctx, l); err != nil {
		return nil, err
	}
	l.set(l.theta)
	return p, nil
}

// learner is a model on its way. Its parameters θ are couplings, then fields.
type learner struct {
	Config
	*Potts
	*lattice
	data  [][]int
	theta []float64
	mean  []float64 // of the statistics that θ multiplies, over the data
}

func (l *learner) size() int {
	if l.Tied {
		return 1 + l.States
	}
	return len(l.Edges) + len(l.H)*l.States
}

// coupling and field are the places of parameters in θ.
func (l *learner) coupling(edge int) int {
	if l.Tied {
		return 0
	}
	return edge
}

func (l *learner) field(v int) int {
	if l.Tied {
		return 1
	}
	return len(l.Edges) + v*l.States
}

// set puts θ into the model.
func (l *learner) set(theta []float64) {
	for i := range l.J {
		l.J[i] = theta[l.coupling(i)]
	}
	for v, h := range l.H {
		copy(h, theta[l.field(v):])
	}
}

// count adds the statistics of a state, times w.
func (l *learner) count(x []int, w float64, sums []float64) {
	for i, e := range l.Edges {
		if x[e[0]] == x[e[1]] {
			sums[l.coupling(i)] += w
		}
	}
	for v, s := range x {
		sums[l.field(v)+s] += w
	}
}

// climber makes a method of a mean value and its gradient: L-BFGS from θ = 0.
func climber(value func(l *learner, ctx context.Context, slope []float64) (float64, error)) func(context.Context, *learner) error {
	return func(ctx context.Context, l *learner) error {
		loss := func(theta, slope []float64) (float64, error) {
			l.set(theta)
			clear(slope)
			v, err := value(l, ctx, slope)
			floats.AddScaled(slope, -l.Ridge, theta)
			floats.Scale(-1, slope)
			return l.Ridge/2*floats.Dot(theta, theta) - v, err
		}
		step := 0
		r, err := lbfgs.Minimize(ctx, loss, l.theta, lbfgs.Options{MaxIterations: l.Iterations, GradTol: l.Tolerance, ValueTol: 1e-15}, func(p lbfgs.Point) {
			if step++; l.Progress != nil && step > 1 {
				l.Progress(Record{Step: step - 1, Value: -p.F, Slope: floats.Norm(p.Grad, math.Inf(1))})
			}
		})
		if err != nil {
			return err
		}
		l.theta = r.X
		return nil
	}
}

// pseudo is the mean ln pseudo-likelihood of a datum, and its gradient
//
//	∂/∂J_uv: 2 [x_u = x_v] − p(x_v = x_u | x_−v) − p(x_u = x_v | x_−u),  ∂/∂H_v(s): [x_v = s] − p(x_v = s | x_−v).
func (l *learner) pseudo(_ context.Context, slope []float64) (value float64, err error) {
	w, prob := 1/float64(len(l.data)), make([]float64, l.States)
	for _, x := range l.data {
		for v, s := range x {
			l.conditional(l.Potts, x, v, prob)
			value += w * math.Log(prob[s])
			for _, at := range l.near[v] {
				d := -prob[x[at.site]]
				if x[at.site] == s {
					d++
				}
				slope[l.coupling(at.edge)] += w * d
			}
			at := l.field(v)
			slope[at+s] += w
			for t, q := range prob {
				slope[at+t] -= w * q
			}
		}
	}
	return value, nil
}

// likelihood is the mean ln likelihood of a datum, θ · mean statistics − ln Z, and its gradient:
// the statistics of the data less those that the model expects.
func (l *learner) likelihood(ctx context.Context, slope []float64) (value float64, err error) {
	m, err := l.Moments(ctx)
	if err != nil {
		return 0, err
	}
	copy(slope, l.mean)
	for i, p := range m.Edges {
		slope[l.coupling(i)] -= p
	}
	for v, p := range m.Sites {
		for s, q := range p {
			slope[l.field(v)+s] -= q
		}
	}
	for _, x := range l.data {
		value += l.LogValue(x) / float64(len(l.data))
	}
	return value - m.LogZ, nil
}
