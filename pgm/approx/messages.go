package approx

import (
	"context"
	"math"
	"slices"

	"github.com/elbo-go/elbo/internal/discrete"
	"github.com/elbo-go/elbo/pgm"
)

// messages are those of all factors to their variables, as logarithms with a maximum of 0. With
// the powers ρ they are (Wainwright, Jaakkola & Willsky 2005, section IV)
//
//	m_f→i(xᵢ) ∝ Σ φ_f^(1/ρ_f) Π_j≠i [Π_g m_g→j^ρ_g / m_f→j],
//
// belief propagation where ρ = 1; with maxima for sums they are max-product's.
type messages struct {
	*problem
	max   bool          // maxima for sums
	rho   []float64     // by factor
	root  [][]float64   // ln φ^(1/ρ) less its maximum, by factor
	exp   [][]float64   // the same out of logarithms
	m     [][][]float64 // by factor, slot and state
	sum   [][]float64   // Σ_f ρ_f m_f→v by variable and state
	sent  int
	in    [][]float64 // scratch: messages to a factor, by slot
	lin   [][]float64 // the same out of logarithms
	buf   [2][][]float64
	out   []float64
	table [2][]float64
}

func newMessages(g *pgm.Graph, e pgm.Evidence) (*messages, error) {
	p, err := newProblem(g, e)
	if err != nil {
		return nil, err
	}
	return messagesOf(p)
}

func messagesOf(p *problem) (*messages, error) {
	m := &messages{problem: p, rho: make([]float64, len(p.factors)), sum: p.table()}
	var widest, cells, arity int
	for i, f := range p.factors {
		m.rho[i] = 1
		to := make([][]float64, len(f.Vars))
		for k, c := range f.Card {
			to[k] = make([]float64, c)
			widest = max(widest, c)
		}
		m.m = append(m.m, to)
		cells, arity = max(cells, len(f.Log)), max(arity, len(f.Vars))
	}
	m.in, m.lin = make([][]float64, arity), make([][]float64, arity)
	for range arity {
		m.buf[0], m.buf[1] = append(m.buf[0], make([]float64, widest)), append(m.buf[1], make([]float64, widest))
	}
	m.out = make([]float64, widest)
	m.table = [2][]float64{make([]float64, cells), make([]float64, cells)}
	for v := range m.sum {
		m.refresh(v)
	}
	return m, m.powers()
}

// powers works φ^(1/ρ) out.
func (m *messages) powers() error {
	m.root, m.exp = make([][]float64, len(m.factors)), make([][]float64, len(m.factors))
	for i, f := range m.factors {
		top := discrete.Largest(f.Log)
		if math.IsInf(top, -1) {
			return pgm.ErrImpossible
		}
		m.root[i], m.exp[i] = make([]float64, len(f.Log)), make([]float64, len(f.Log))
		for k, x := range f.Log {
			m.root[i][k] = (x - top) / m.rho[i]
			m.exp[i][k] = math.Exp(m.root[i][k])
		}
	}
	return nil
}

// refresh adds the messages to a variable up anew.
func (m *messages) refresh(v int) {
	clear(m.sum[v])
	for _, at := range m.at[v] {
		for s, x := range m.m[at.factor][at.slot] {
			m.sum[v][s] += m.rho[at.factor] * x
		}
	}
}

// incoming writes the message of the variable in a slot to its factor: the sum of the messages
// to it less the factor's own. States that the factor itself rules out have no difference; they
// get the sum over the others.
func (m *messages) incoming(f, slot int, dst []float64) []float64 {
	v := m.factors[f].Vars[slot]
	own, dst := m.m[f][slot], dst[:len(m.sum[v])]
	top := math.Inf(-1)
	for s, x := range m.sum[v] {
		if dst[s] = x - own[s]; math.IsInf(own[s], -1) {
			dst[s] = m.others(f, v, s)
		}
		top = max(top, dst[s])
	}
	if !math.IsInf(top, -1) {
		for s := range dst {
			dst[s] -= top
		}
	}
	return dst
}

func (m *messages) others(f, v, s int) (sum float64) {
	for _, at := range m.at[v] {
		if at.factor != f {
			sum += m.rho[at.factor] * m.m[at.factor][at.slot][s]
		}
	}
	return sum
}

// faint is the least sum of products, of factors at most 1, that is trusted: terms below the
// smallest float64 are less than a rounding of it. Smaller ones are worked out in logarithms.
const faint = 1e-280

// gather works the messages to a factor out.
func (m *messages) gather(f int) {
	for j := range m.factors[f].Vars {
		m.in[j] = m.incoming(f, j, m.buf[0][j])
		if m.max {
			continue
		}
		m.lin[j] = m.buf[1][j][:len(m.in[j])]
		for s, x := range m.in[j] {
			m.lin[j][s] = math.Exp(x)
		}
	}
}

// compute is the message of a factor to one of its slots, after gather; the next call
// overwrites it.
func (m *messages) compute(f, slot int) ([]float64, error) {
	card := m.factors[f].Card
	out := m.out[:card[slot]]
	m.sent++
	if m.max {
		copy(out, maxima.contract(m.root[f], card, m.in, slot, &m.table))
	} else {
		copy(out, sums.contract(m.exp[f], card, m.lin, slot, &m.table))
		least := math.Inf(1)
		for s, x := range out {
			least = min(least, x)
			out[s] = math.Log(x)
		}
		if least < faint {
			copy(out, logs.contract(m.root[f], card, m.in, slot, &m.table))
		}
	}
	top := discrete.Largest(out)
	if math.IsInf(top, -1) {
		return nil, pgm.ErrImpossible
	}
	for s := range out {
		out[s] -= top
	}
	return out, nil
}

// commit makes a message the present one, but for the part of the old that damping keeps,
// and returns its change.
func (m *messages) commit(f, slot int, to []float64, damping float64) (change float64) {
	v, again := m.factors[f].Vars[slot], false
	for s, old := range m.m[f][slot] {
		x := to[s]
		if damping > 0 && !math.IsInf(x, -1) {
			x = damping*old + (1-damping)*x
		}
		if x == old {
			continue
		}
		change = max(change, math.Abs(x-old))
		m.m[f][slot][s] = x
		m.sum[v][s] += m.rho[f] * (x - old)
		again = again || math.IsInf(old, -1)
	}
	if again {
		m.refresh(v)
	}
	return change
}

// run sends messages by the schedule until they stand still.
func (m *messages) run(ctx context.Context, c Config) (Record, error) {
	start := schedules[c.Schedule].start
	sweep, err := start(m, c)
	if err != nil {
		return Record{}, err
	}
	return c.settle(ctx, func() (Record, error) {
		for v := range m.sum {
			m.refresh(v) // what was added to and taken from the sums has rounded
		}
		change, err := sweep()
		for v := range m.sum {
			if math.IsInf(discrete.Largest(m.sum[v]), -1) && err == nil {
				err = pgm.ErrImpossible // what messages rule out has probability 0
			}
		}
		return Record{Change: change}, err
	})
}

// result reads ln Z and the marginals off the messages:
//
//	ln Z ≈ Σ_f E[ln φ_f] + Σᵢ Hᵢ + Σ_f ρ_f (H_f − Σ_i∈f Hᵢ).
func (m *messages) result(last Record) *Result {
	r := &Result{LogZ: m.constant, Marginals: m.known(), Sweeps: last.Sweep, Change: last.Change, Messages: m.sent}
	h := make([]float64, len(m.card))
	for v := range m.card {
		if r.Marginals[v] == nil {
			r.Marginals[v] = slices.Clone(m.sum[v])
			discrete.Softmax(r.Marginals[v])
			h[v] = entropy(r.Marginals[v])
			r.LogZ += h[v]
		}
	}
	for i, f := range m.factors {
		b := m.belief(i)
		r.LogZ += mean(b, f.Log) - m.rho[i]*information(b, f, h)
	}
	return r
}

// belief is p(x_f) ∝ φ_f^(1/ρ_f) Π_i∈f of the messages to it.
func (m *messages) belief(i int) []float64 {
	m.gather(i)
	b := slices.Clone(m.root[i])
	for k, c := range m.factors[i].Card {
		for at := range b {
			b[at] += m.in[k][at/m.stride[i][k]%c]
		}
	}
	discrete.Softmax(b)
	return b
}

// information is Σ_i∈f Hᵢ − H_f, the mutual information of a factor's variables.
func information(b []float64, f *pgm.Factor, h []float64) float64 {
	sum := -entropy(b)
	for _, v := range f.Vars {
		sum += h[v]
	}
	return sum
}

// entropy is −Σ p ln p.
func entropy(p []float64) (sum float64) {
	for _, x := range p {
		if x > 0 {
			sum -= x * math.Log(x)
		}
	}
	return sum
}

// mean is Σ p x, where 0·∞ = 0.
func mean(p, x []float64) (sum float64) {
	for i, p := range p {
		if p > 0 {
			sum += p * x[i]
		}
	}
	return sum
}
