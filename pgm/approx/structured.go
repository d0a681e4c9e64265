package approx

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/exact"
)

// Structured is mean field with clusters of variables whose joint is kept (Saul & Jordan 1996):
// q(x) = Π_c q_c(x_c), each of which is set in turn to
//
//	q_c(x_c) ∝ exp Σ_f E_q[ln φ_f | x_c],
//
// a graphical model of its own, solved exactly by a junction tree. LogZ is the bound
// L(q) = Σ_f E_q[ln φ_f] + Σ_c H(q_c) ≤ ln Z, an equation where one cluster holds all.
// Variables of no cluster are clusters of one. Factors with zeros have to lie inside a cluster.
func Structured(ctx context.Context, g *pgm.Graph, e pgm.Evidence, clusters [][]int, c Config) (*Result, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	p, err := newProblem(g, e)
	if err != nil {
		return nil, err
	}
	s, err := newStructure(p, g.Vars, clusters)
	if err != nil {
		return nil, err
	}
	return c.climb(ctx, s.q, math.Inf(-1), func() (change, bound float64, err error) {
		for i := range s.clusters {
			d, err := s.update(&s.clusters[i])
			if err != nil {
				return 0, 0, err
			}
			change = max(change, d)
		}
		return change, s.bound(), nil
	})
}

// structure is q: the distributions of its clusters.
type structure struct {
	*problem
	vars     []pgm.Variable
	clusters []cluster
	of       []int      // the cluster of each variable
	shares   [][]*share // by factor
	q        [][]float64
}

// cluster is a set of variables with a joint distribution.
type cluster struct {
	vars    []int
	parts   []*share
	entropy float64
}

// share is what a factor and a cluster have in common.
type share struct {
	factor  int
	cluster int
	slots   []int
	joint   []float64 // q of those variables, the last changes fastest
}

func newStructure(p *problem, vars []pgm.Variable, clusters [][]int) (*structure, error) {
	s := &structure{problem: p, vars: vars, of: make([]int, len(p.card)), shares: make([][]*share, len(p.factors)), q: p.uniform()}
	for v := range s.of {
		s.of[v] = -1
	}
	add := func(vs []int) error {
		var k cluster
		for _, v := range vs {
			if v < 0 || v >= len(p.card) || s.of[v] >= 0 {
				return fmt.Errorf("pgm: approx: structured: cluster %d: got variable %d, want each of %d in one cluster at most", vs, v, len(p.card))
			}
			s.of[v] = len(s.clusters)
			if _, seen := p.evidence[v]; !seen {
				k.vars = append(k.vars, v)
			}
		}
		s.clusters = append(s.clusters, k)
		return nil
	}
	for _, vs := range clusters {
		if err := add(vs); err != nil {
			return nil, err
		}
	}
	for v := range s.of {
		if s.of[v] < 0 {
			if err := add([]int{v}); err != nil {
				return nil, err
			}
		}
	}
	for i, f := range p.factors {
		if s.divide(i); len(s.shares[i]) > 1 && !positive(f) {
			return nil, fmt.Errorf("pgm: approx: structured: factor %d over %d: got a value of 0 between clusters, want positive ones", i, f.Vars)
		}
	}
	return s, nil
}

// divide parts a factor by clusters.
func (s *structure) divide(i int) {
	for slot, v := range s.factors[i].Vars {
		at := slices.IndexFunc(s.shares[i], func(p *share) bool { return p.cluster == s.of[v] })
		if at < 0 {
			at = len(s.shares[i])
			p := &share{factor: i, cluster: s.of[v], joint: []float64{1}}
			s.shares[i] = append(s.shares[i], p)
			s.clusters[s.of[v]].parts = append(s.clusters[s.of[v]].parts, p)
		}
		p, k := s.shares[i][at], s.card[v]
		p.slots = append(p.slots, slot)
		size := len(p.joint) * k
		p.joint = make([]float64, size)
		for a := range p.joint {
			p.joint[a] = 1 / float64(size)
		}
	}
}

// place is the place in the table of a part of the states of its factor.
func (s *structure) place(p *share, states []int) (at int) {
	f := s.factors[p.factor]
	for _, slot := range p.slots {
		at = at*f.Card[slot] + states[slot]
	}
	return at
}

// expectation is E[ln φ | the states of a part] under q of the other parts of its factor.
func (s *structure) expectation(p *share) []float64 {
	f, sum := s.factors[p.factor], make([]float64, len(p.joint))
	states := make([]int, len(f.Vars))
	for _, x := range f.Log {
		w := 1.
		for _, other := range s.shares[p.factor] {
			if other != p {
				w *= other.joint[s.place(other, states)]
			}
		}
		if w > 0 {
			sum[s.place(p, states)] += w * x
		}
		next(states, f.Card)
	}
	return sum
}

// update sets a cluster to its best given the others and returns the largest change.
func (s *structure) update(k *cluster) (change float64, err error) {
	if len(k.vars) == 0 {
		return 0, nil
	}
	own := &pgm.Graph{}
	local := make(map[int]int, len(k.vars))
	for i, v := range k.vars {
		local[v] = i
		own.Vars = append(own.Vars, s.vars[v])
	}
	joints := make([][]int, len(k.parts))
	for i, p := range k.parts {
		f := &pgm.Factor{Log: s.expectation(p)}
		for _, slot := range p.slots {
			f.Vars, f.Card = append(f.Vars, local[s.factors[p.factor].Vars[slot]]), append(f.Card, s.factors[p.factor].Card[slot])
		}
		own.Factors, joints[i] = append(own.Factors, f), f.Vars
	}
	tree, err := exact.NewTree(own, nil, exact.Config{}, joints...)
	if err != nil {
		return 0, fmt.Errorf("pgm: approx: structured: cluster %d: %w", k.vars, err)
	}
	k.entropy = tree.LogZ
	states := make([]int, len(k.vars))
	for i, p := range k.parts {
		q, f := tree.Joint(i), own.Factors[i]
		at := make([]int, len(f.Vars))
		for a := range p.joint {
			for j, v := range f.Vars {
				states[v] = at[j]
			}
			p.joint[a] = math.Exp(q.At(states))
			next(at, f.Card)
		}
		k.entropy -= mean(p.joint, f.Log)
	}
	for i, v := range k.vars {
		for x, q := range tree.Marginals[i] {
			change = max(change, math.Abs(q-s.q[v][x]))
		}
		s.q[v] = tree.Marginals[i]
	}
	return change, nil
}

// bound is L(q).
func (s *structure) bound() float64 {
	sum := s.constant
	for i := range s.factors {
		p := s.shares[i][0]
		sum += mean(p.joint, s.expectation(p))
	}
	for _, k := range s.clusters {
		sum += k.entropy
	}
	return sum
}
