package grid

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"sync"

	"github.com/elbo-go/elbo/vi/lbfgs"
)

// Config says how a field is trained.
type Config struct {
	Labels        int            // C
	Sweeps        int            // T
	Contrast      float64        // σ, or 0
	L2            float64        // λ of the penalty (λ/2)‖w‖²
	Independent   bool           // whether A and B stay at 0: each pixel is classified by itself
	MaxIterations int            // of L-BFGS
	Workers       int            // images are shared out to so many goroutines; the result does not depend on it
	Progress      func(Progress) // called after each step, if not nil
}

// Progress is a record of training.
type Progress struct {
	Iteration int     // from 0, the start
	Loss      float64 // −Σ ln q_i(y_i) with the penalty
}

// Default returns settings for labels 0 and 1.
func Default() Config {
	return Config{Labels: 2, Sweeps: 5, L2: 1, MaxIterations: 200, Workers: runtime.GOMAXPROCS(0)}
}

// Fit minimises −Σ ln q_i(y_i) + (λ/2)‖w‖² over the pixels of all examples, where q is the result of T
// sweeps of mean field, which are differentiated (Domke 2013; Zheng et al. 2015). It starts at 0.
func Fit(ctx context.Context, data []Example, c Config) (*Model, error) {
	m, err := c.model(data)
	if err != nil {
		return nil, err
	}
	step := 0
	visit := func(p lbfgs.Point) {
		if c.Progress != nil {
			c.Progress(Progress{step, p.F})
		}
		step++
	}
	f := func(w, grad []float64) (float64, error) { return m.with(w).loss(data, c, grad), nil }
	r, err := lbfgs.Minimize(ctx, f, m.Weights, lbfgs.Options{MaxIterations: c.MaxIterations, ValueTol: 1e-7}, visit)
	if err != nil {
		return nil, fmt.Errorf("grid: fit: %w", err)
	}
	return m.with(r.X), nil
}

// model checks settings and data and returns a model with weights of 0.
func (c Config) model(data []Example) (*Model, error) {
	switch {
	case len(data) == 0:
		return nil, fmt.Errorf("grid: fit: got no examples")
	case data[0].Pixels() < 1 || len(data[0].Features)%data[0].Pixels() != 0:
		return nil, fmt.Errorf("grid: example 0: got %d features for %d×%d pixels, want as many for each", len(data[0].Features), data[0].Height, data[0].Width)
	case !(c.L2 >= 0) || math.IsInf(c.L2, 0):
		return nil, fmt.Errorf("grid: config: L2: got %v, want a finite number of at least 0", c.L2)
	case c.MaxIterations < 1 || c.Workers < 1:
		return nil, fmt.Errorf("grid: config: got %d iterations and %d workers, want at least 1 of each", c.MaxIterations, c.Workers)
	}
	m := &Model{Labels: c.Labels, Features: len(data[0].Features) / data[0].Pixels(), Sweeps: c.Sweeps, Contrast: c.Contrast}
	if m.Labels > 0 && m.Labels <= 1<<10 {
		m.Weights = make([]float64, m.size())
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	for n, e := range data {
		if err := m.labelled(e); err != nil {
			return nil, fmt.Errorf("example %d: %w", n, err)
		}
	}
	return m, nil
}

// with is the model with other weights.
func (m *Model) with(w []float64) *Model {
	o := *m
	o.Weights = w
	return &o
}

// loss sums the examples' losses and gradients in their order and adds the penalty.
func (m *Model) loss(data []Example, c Config, grad []float64) (sum float64) {
	values, grads := make([]float64, len(data)), make([][]float64, len(data))
	limit := make(chan struct{}, c.Workers)
	var wg sync.WaitGroup
	for n, e := range data {
		limit <- struct{}{}
		wg.Go(func() {
			grads[n] = make([]float64, len(m.Weights))
			values[n] = m.lattice(e.Image).backward(e.Labels, grads[n])
			<-limit
		})
	}
	wg.Wait()
	for k, w := range m.Weights {
		grad[k] = c.L2 * w
		sum += c.L2 / 2 * w * w
	}
	for n, g := range grads {
		sum += values[n]
		for k, v := range g {
			grad[k] += v
		}
	}
	if c.Independent {
		clear(grad[m.unaries():])
	}
	return sum
}

// backward returns −Σ ln q_i(y_i) after T sweeps and adds its gradient by the weights to grad.
func (l *lattice) backward(y []int, grad []float64) (loss float64) {
	n, c := l.x.Pixels(), l.Labels
	q := l.infer()
	now, before, da := make([]float64, n*c), make([]float64, n*c), make([]float64, c)
	for t := l.Sweeps; t >= 1; t-- {
		for _, colour := range []int{1, 0} {
			given, to := l.q[t], now // what the half sweep listened to, and the gradient by it
			if colour == 0 {
				given, to = l.q[t-1], before
			}
			for i := range n {
				if l.colour(i) != colour {
					continue
				}
				through(da, l.q[t][i*c:(i+1)*c], now[i*c:(i+1)*c])
				if t == l.Sweeps {
					loss -= math.Log(max(q[i*c+y[i]], math.SmallestNonzeroFloat64))
					for a := range da {
						da[a] += q[i*c+a]
					}
					da[y[i]]--
				}
				l.heard(da, given, i, to, grad)
			}
		}
		now, before = before, now
		clear(before)
	}
	for i := range n { // the start: only what the first half sweep listened to has a gradient
		through(da, l.q[0][i*c:(i+1)*c], now[i*c:(i+1)*c])
		l.scored(da, i, grad)
	}
	return loss
}

// through takes a gradient by q = softmax(a) to one by a: q ∘ (g − g·q).
func through(da, q, g []float64) {
	s := 0.
	for a, v := range q {
		s += v * g[a]
	}
	for a, v := range q {
		da[a] = v * (g[a] - s)
	}
}

// scored adds the gradient by w of u_i for the gradient da by u_i.
func (l *lattice) scored(da []float64, i int, grad []float64) {
	f := l.Features
	for a, g := range da {
		row := grad[a*(f+1) : (a+1)*(f+1)]
		for k, v := range l.x.Features[i*f : (i+1)*f] {
			row[k] += g * v
		}
		row[f] += g
	}
}

// heard is the gradient of hear: by the scores, by the potentials, and by the neighbours' q, which
// goes to to.
func (l *lattice) heard(da, q []float64, i int, to, grad []float64) {
	l.scored(da, i, grad)
	c := l.Labels
	for d := range directions {
		if j, ok := l.after(i, d); ok {
			for a, g := range da {
				for b := range c {
					l.leaned(grad, d, i, a, b, g*q[j*c+b])
					to[j*c+b] += g * l.potential(d, i, a, b)
				}
			}
		}
		if j, ok := l.before(i, d); ok {
			for b := range c {
				for a, g := range da {
					l.leaned(grad, d, j, b, a, g*q[j*c+b])
					to[j*c+b] += g * l.potential(d, j, b, a)
				}
			}
		}
	}
}

// leaned adds the gradient by A and B for a gradient g by P_ij(a, b).
func (l *lattice) leaned(grad []float64, d, i, a, b int, g float64) {
	k := a*l.Labels + b
	grad[l.pair(d, false)+k] += g
	if l.s != nil {
		grad[l.pair(d, true)+k] += l.s[d*l.x.Pixels()+i] * g
	}
}
