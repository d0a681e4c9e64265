package approx

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/elbo-go/elbo/internal/discrete"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/pgm"
)

// ErrNoAssignment is the error of a search that ended where the model has probability 0.
var ErrNoAssignment = errors.New("pgm: approx: maximum: got an assignment of probability 0, want one that is possible; try damping or an exact method")

// Best is an assignment of high probability.
type Best struct {
	// States are the states of all variables.
	States []int
	// LogValue is Σ ln φ of them. Less ln Z it is ln p(states | evidence).
	LogValue float64
	// Bound is a value that no assignment exceeds, +∞ of Maximum, which knows none.
	Bound float64
	// Ties is the number of variables two states of which had the same largest belief.
	Ties int
	// Sweeps is how many there were, and Messages how many messages were sent.
	Sweeps, Messages int
	// Change is the largest change of the last sweep.
	Change float64
}

// tie is how near two beliefs are that are taken for the same.
const tie = 1e-9

// Maximum is max-product belief propagation,
//
//	m_f→i(xᵢ) ∝ max φ_f Π_j≠i Π_g≠f m_g→j,
//
// exact on trees (Pearl 1988). Variables are read off one after the other, each given those
// before it, so that ties between assignments of the same value do not mix them (Dawid 1992), and
// once more each for itself, which helps on loops. From there blocks of variables take their best
// states given the others until none is better (Besag 1986), which changes nothing on trees.
func Maximum(ctx context.Context, g *pgm.Graph, e pgm.Evidence, c Config) (*Best, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	p, err := newProblem(g, e)
	if err != nil {
		return nil, err
	}
	m, err := messagesOf(p)
	if err != nil {
		return nil, err
	}
	m.max = true
	last, moving := m.run(ctx, c)
	if moving != nil && !errors.Is(moving, ErrNotConverged) {
		return nil, moving
	}
	b := &Best{Bound: math.Inf(1), Sweeps: last.Sweep, Change: last.Change, Ties: m.shared()}
	if err := b.climb(g, p, m.decode(), m.argmax()); err != nil {
		return nil, err
	}
	b.Messages = m.sent
	return b, moving
}

// argmax is the state of the largest belief of every variable.
func (m *messages) argmax() []int {
	states := make([]int, len(m.card))
	for v, sum := range m.sum {
		states[v] = argmax(sum)
	}
	for v, s := range m.evidence {
		states[v] = s
	}
	return states
}

// climb takes the best of assignments, in each of which blocks take their best states first,
// where they are small enough.
func (b *Best) climb(g *pgm.Graph, p *problem, starts ...[]int) error {
	k, err := newBlocks(p)
	if err == nil && !k.possible() {
		return pgm.ErrImpossible
	}
	b.LogValue = math.Inf(-1)
	for _, states := range starts {
		if err == nil {
			newChain(k, rng.New(0).Rand()).climb(states)
		}
		if value := g.LogValue(states); value > b.LogValue {
			b.States, b.LogValue = states, value
		}
	}
	if math.IsInf(b.LogValue, -1) {
		return ErrNoAssignment
	}
	return nil
}

// shared counts the variables whose best state is not the only one.
func (m *messages) shared() (count int) {
	for v, sum := range m.sum {
		if _, seen := m.evidence[v]; seen {
			continue
		}
		top, best := discrete.Largest(sum), 0
		for _, x := range sum {
			if x >= top-tie {
				best++
			}
		}
		if best > 1 {
			count++
		}
	}
	return count
}

// decode sets variables in an order in which each neighbours one before it, where the graph
// allows: to the state of the largest belief given those.
func (m *messages) decode() []int {
	states, set := make([]int, len(m.card)), make([]bool, len(m.card))
	for v, s := range m.evidence {
		states[v], set[v] = s, true
	}
	seen := slices.Clone(set)
	for root := range m.card {
		if set[root] {
			continue
		}
		seen[root] = true
		for queue := []int{root}; len(queue) > 0; queue = queue[1:] {
			v := queue[0]
			states[v], set[v] = m.given(v, states, set), true
			for _, at := range m.at[v] {
				for _, u := range m.factors[at.factor].Vars {
					if !seen[u] {
						seen[u] = true
						queue = append(queue, u)
					}
				}
			}
		}
	}
	return states
}

// given is the best state of a variable by the messages that its factors would send if those
// of their variables that are set could have no other state.
func (m *messages) given(v int, states []int, set []bool) int {
	sum := make([]float64, m.card[v])
	for _, at := range m.at[v] {
		m.gather(at.factor)
		for j, u := range m.factors[at.factor].Vars {
			for s := range m.in[j] {
				if set[u] && s != states[u] {
					m.in[j][s] = math.Inf(-1)
				} else if set[u] {
					m.in[j][s] = 0
				}
			}
		}
		to, err := m.compute(at.factor, at.slot)
		if err != nil {
			continue // the states that are set contradict each other, on a loop
		}
		for s, x := range to {
			sum[s] += x
		}
	}
	return argmax(sum)
}

// climb starts at an assignment and sets every block to its best given the others until none
// gets better. Blocks whose states are impossible start at the best of their own factors.
func (c *chain) climb(states []int) {
	for i, k := range c.list {
		to := slices.IndexFunc(k.states, func(a []int) bool {
			for slot, v := range k.vars {
				if a[slot] != states[v] {
					return false
				}
			}
			return true
		})
		if to < 0 {
			to = argmax(k.own)
		}
		c.move(i, to)
	}
	for better := true; better; {
		better = false
		for i := range c.list {
			c.score(i, 1)
			if to := argmax(c.prob); c.prob[to] > c.prob[c.now[i]]+tie {
				c.move(i, to)
				better = true
			}
		}
	}
	for i, k := range c.list {
		for slot, v := range k.vars {
			states[v] = c.state(i, slot)
		}
	}
}

// argmax is the first place of the largest number.
func argmax(x []float64) (best int) {
	for i := range x {
		if x[i] > x[best] {
			best = i
		}
	}
	return best
}
