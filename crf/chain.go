// Package crf is the linear-chain conditional random field: its exact inference, sparse features
// of text by templates, training by L-BFGS and OWL-QN, the column files of CoNLL and their chunks.
package crf

import (
	"fmt"
	"math"
)

// Chain is the distribution of T labels below C that a linear-chain field gives one sequence
// (Lafferty, McCallum & Pereira 2001, eq. 1),
//
//	p(y) = exp(Σ_t u_t(y_t) + Σ_{t>0} A(y_{t−1}, y_t)) / Z.
type Chain struct {
	// Labels is C.
	Labels int
	// Unary is u, T×C by rows.
	Unary []float64
	// Transition is A, C×C by rows; a row is the label left.
	Transition []float64
}

// Marginals are the probabilities of single labels and of neighbours.
type Marginals struct {
	// LogZ is ln Z.
	LogZ float64
	// Node is p(y_t = j), T×C.
	Node []float64
	// Edge is p(y_{t−1} = i, y_t = j) of t = 1, …, T−1, (T−1)×C×C.
	Edge []float64
}

// Len returns T.
func (c Chain) Len() int { return len(c.Unary) / max(c.Labels, 1) }

// check wants shapes that fit and finite numbers.
func (c Chain) check() error {
	if c.Labels < 1 || len(c.Unary) == 0 || len(c.Unary)%c.Labels != 0 {
		return fmt.Errorf("crf: chain: unary scores: got %d for %d labels, want a row of them for each of one or more steps", len(c.Unary), c.Labels)
	}
	if len(c.Transition) != c.Labels*c.Labels {
		return fmt.Errorf("crf: chain: transitions: got %d, want %d×%d", len(c.Transition), c.Labels, c.Labels)
	}
	for _, part := range []struct {
		name   string
		values []float64
	}{{"unary score", c.Unary}, {"transition", c.Transition}} {
		for i, v := range part.values {
			if math.IsNaN(v) || math.Abs(v) > largest {
				return fmt.Errorf("crf: chain: %s %d: got %v, want a number of at most %g in size", part.name, i, v, largest)
			}
		}
	}
	return nil
}

// largest bounds a score so that sums over 10⁹ steps stay finite.
const largest = 1e290

// Score returns Σ_t u_t(y_t) + Σ_{t>0} A(y_{t−1}, y_t), of which exp is p(y) Z.
func (c Chain) Score(y []int) (float64, error) {
	if err := c.check(); err != nil {
		return 0, err
	}
	if len(y) != c.Len() {
		return 0, fmt.Errorf("crf: score: labels: got %d, want %d", len(y), c.Len())
	}
	s := 0.
	for t, j := range y {
		if j < 0 || j >= c.Labels {
			return 0, fmt.Errorf("crf: score: label %d: got %d, want 0 to %d", t, j, c.Labels-1)
		}
		s += c.Unary[t*c.Labels+j]
		if t > 0 {
			s += c.Transition[y[t-1]*c.Labels+j]
		}
	}
	return s, nil
}

// LogZ returns ln Z.
func (c Chain) LogZ() (float64, error) {
	if err := c.check(); err != nil {
		return 0, err
	}
	var l lattice
	l.transitions(c.Labels, c.Transition)
	return l.forward(c.Unary), nil
}

// Marginals returns the probabilities of labels and of pairs of neighbours by the forward and
// backward recursions (Rabiner 1989, eq. 19–27 and 37).
func (c Chain) Marginals() (Marginals, error) {
	if err := c.check(); err != nil {
		return Marginals{}, err
	}
	var l lattice
	l.transitions(c.Labels, c.Transition)
	m := Marginals{LogZ: l.forward(c.Unary), Node: make([]float64, len(c.Unary))}
	l.backward(c.Unary, m.Node)
	cc := c.Labels * c.Labels
	m.Edge = make([]float64, (c.Len()-1)*cc)
	for t := 1; t < c.Len(); t++ {
		l.edge(t, m.Edge[(t-1)*cc:t*cc])
	}
	return m, nil
}

// Viterbi returns the labels of the largest score, and that score (Viterbi 1967). Of equal scores
// it takes the lowest labels from the end backwards.
func (c Chain) Viterbi() ([]int, float64, error) {
	if err := c.check(); err != nil {
		return nil, 0, err
	}
	n, steps := c.Labels, c.Len()
	best, next := append([]float64(nil), c.Unary[:n]...), make([]float64, n)
	from := make([]int32, steps*n)
	for t := 1; t < steps; t++ {
		for j := range n {
			next[j] = math.Inf(-1)
		}
		back := from[t*n : (t+1)*n]
		for i, b := range best {
			for j, a := range c.Transition[i*n : (i+1)*n] {
				if v := b + a; v > next[j] {
					next[j], back[j] = v, int32(i)
				}
			}
		}
		for j, u := range c.Unary[t*n : (t+1)*n] {
			next[j] += u
		}
		best, next = next, best
	}
	y := make([]int, steps)
	for j, v := range best {
		if v > best[y[steps-1]] {
			y[steps-1] = j
		}
	}
	for t := steps - 1; t > 0; t-- {
		y[t-1] = int(from[t*n+y[t]])
	}
	return y, best[y[steps-1]], nil
}
