package field

import (
	"context"
	"fmt"
	"math"
	"math/bits"

	"github.com/elbo-go/elbo/internal/discrete"
	"github.com/elbo-go/elbo/internal/par"
	"github.com/elbo-go/elbo/internal/rng"
)

// MaxEnumerated is the most units of the smaller layer that LogZ goes through all states of.
const MaxEnumerated = 25

// LogZ is exact: the sum over all states of the smaller layer, of what the other sums to,
//
//	Z = Σ_h e^{c·h} Π_i (1 + e^{b_i + W_i·h}),
//
// in an order in which neighbours differ in one unit (Gray 1953).
func (m *RBM) LogZ(ctx context.Context) (float64, error) {
	small, large, weights := m.C, m.B, m.W
	if m.Visible < m.Hidden {
		small, large, weights = m.B, m.C, transposed(m.W, m.Hidden)
	}
	n := len(small)
	if n > MaxEnumerated {
		return 0, fmt.Errorf("field: rbm: ln Z: got %d units in the smaller layer, want at most %d; annealing has no limit", n, MaxEnumerated)
	}
	columns := transposed(weights, n) // a row for each unit of the small layer
	high := min(n, 6)                 // these units are fixed within a part
	parts := make([]float64, 1<<high)
	par.Each(len(parts), func(part int) {
		if ctx.Err() == nil {
			parts[part] = enumerate(ctx, small, large, columns, part, high)
		}
	})
	return discrete.Softmax(parts), ctx.Err()
}

// enumerate is ln of the sum over the states whose first units are the bits of part.
func enumerate(ctx context.Context, small, large, columns []float64, part, high int) float64 {
	act, own, width := append([]float64(nil), large...), 0., len(large)
	flip := func(unit int, on bool) {
		sign := 1.
		if !on {
			sign = -1
		}
		own += sign * small[unit]
		for i, w := range columns[unit*width : (unit+1)*width] {
			act[i] += sign * w
		}
	}
	for unit := range high {
		if part>>unit&1 == 1 {
			flip(unit, true)
		}
	}
	top, sum := math.Inf(-1), 0.
	for k := uint(0); ; k++ {
		if x := own + softpluses(act); x <= top {
			sum += math.Exp(x - top)
		} else {
			sum, top = sum*math.Exp(top-x)+1, x
		}
		if k+1 == 1<<(len(small)-high) || k%1024 == 0 && ctx.Err() != nil {
			return top + math.Log(sum)
		}
		bit := bits.TrailingZeros(k + 1) // the unit that changes from Gray's k-th word to the next
		gray := (k + 1) ^ (k+1)>>1
		flip(high+bit, gray>>bit&1 == 1)
	}
}

func transposed(x []float64, cols int) []float64 {
	out := make([]float64, len(x))
	transpose(out, x, cols)
	return out
}

// transpose writes a matrix of so many columns with rows for columns.
func transpose(dst, x []float64, cols int) {
	rows := len(x) / cols
	for i := range rows {
		for j, v := range x[i*cols : (i+1)*cols] {
			dst[j*rows+i] = v
		}
	}
}

// Annealing says how ln Z is estimated.
type Annealing struct {
	// Runs is the number of runs, at least 2.
	Runs int
	// Steps is the number of steps of each from the base model to the machine.
	Steps int
	// Base are the biases of the base model, such as BaseRates of the data; nil is 0.
	Base []float64
	// Seed is that of the runs.
	Seed uint64
}

// Annealed is an estimate of ln Z.
type Annealed struct {
	// LogZ is ln of the mean weight: its expectation is at most ln Z.
	LogZ float64
	// StdErr is its standard error.
	StdErr float64
	// ESS is (Σ w)² / Σ w² of the runs' weights.
	ESS float64
}

// Anneal is annealed importance sampling of ln Z (Salakhutdinov & Murray 2008, section 4): from
// independent visible units of biases a, by equal steps of β through
//
//	p*_β(v) = e^{(1−β) a·v + β b·v} Π_j (1 + e^{β (c_j + v·W_j)}).
func (m *RBM) Anneal(ctx context.Context, c Annealing) (*Annealed, error) {
	if c.Runs < 2 || c.Steps < 1 || c.Base != nil && len(c.Base) != m.Visible {
		return nil, fmt.Errorf("field: rbm: annealing: got %d runs, %d steps and %d biases, want at least 2 and 1, and none or %d", c.Runs, c.Steps, len(c.Base), m.Visible)
	}
	base := c.Base
	if base == nil {
		base = make([]float64, m.Visible)
	}
	key, log := rng.New(c.Seed).Named("rbm").Named("anneal"), make([]float64, c.Runs)
	par.Each(c.Runs, func(i int) { log[i] = m.anneal(ctx, base, c.Steps, key.At(uint64(i))) })
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	n := float64(c.Runs)
	a := &Annealed{LogZ: discrete.Softmax(log) - math.Log(n) + float64(m.Hidden)*math.Ln2 + softpluses(base)}
	square := 0.
	for _, w := range log {
		square += w * w
		a.StdErr += (w - 1/n) * (w - 1/n)
	}
	a.StdErr, a.ESS = math.Sqrt(a.StdErr*n/(n-1)), 1/square
	return a, nil
}

// anneal is one run and returns ln of its weight.
func (m *RBM) anneal(ctx context.Context, base []float64, steps int, key rng.Key) (log float64) {
	r, on, act, h := key.Rand(), make([]bool, m.Visible), make([]float64, m.Hidden), make([]float64, m.Hidden)
	tilt := 0. // (b − a)·v
	field := func() {
		copy(act, m.C)
		tilt = 0
		for i, is := range on {
			if is {
				tilt += m.B[i] - base[i]
				for j, w := range m.W[i*m.Hidden : (i+1)*m.Hidden] {
					act[j] += w
				}
			}
		}
	}
	value := func(beta float64) float64 {
		for j, a := range act {
			h[j] = beta * a
		}
		return beta*tilt + softpluses(h)
	}
	for i, a := range base {
		on[i] = r.Float64() < sigmoid(a)
	}
	for t := 1; t <= steps && ctx.Err() == nil; t++ {
		last, beta := float64(t-1)/float64(steps), float64(t)/float64(steps)
		field()
		log += value(beta) - value(last)
		for j, a := range act {
			h[j] = beta * bernoulli(r, sigmoid(beta*a))
		}
		for i, b := range m.B {
			a := (1-beta)*base[i] + beta*b
			for j, w := range m.W[i*m.Hidden : (i+1)*m.Hidden] {
				a += w * h[j]
			}
			on[i] = r.Float64() < sigmoid(a)
		}
	}
	return log
}

// Sample draws rows of visible units by chains of their own from independent units of even
// odds, sweeps of both layers long.
func (m *RBM) Sample(ctx context.Context, n, sweeps int, seed uint64) ([]float64, error) {
	if n < 1 || sweeps < 1 {
		return nil, fmt.Errorf("field: rbm: sample: got %d rows of %d sweeps, want at least one of each", n, sweeps)
	}
	rows, across, key := make([]float64, n*m.Visible), transposed(m.W, m.Hidden), rng.New(seed).Named("rbm").Named("sample")
	par.Each(n, func(i int) {
		r, v, p, h := key.At(uint64(i)).Rand(), row(rows, i, m.Visible), make([]float64, m.Hidden), make([]float64, m.Hidden)
		for k := range v {
			v[k] = bernoulli(r, .5)
		}
		for s := 0; s < sweeps && ctx.Err() == nil; s++ {
			m.hidden(v, p)
			m.sweep(r, across, p, h, v)
		}
	})
	return rows, ctx.Err()
}
