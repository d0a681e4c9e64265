package exact

import (
	"fmt"
	"math"
	"slices"

	"github.com/elbo-go/elbo/pgm"
)

// Result is the answer to a joint query.
type Result struct {
	// LogZ is ln Σ of all assignments that agree with the evidence: ln P(evidence) of a
	// Bayesian network, ln Z of a Markov network.
	LogZ float64
	// Joint is p(query | evidence), its variables in the order of the query.
	Joint *pgm.Factor
	// Plan is how it was found.
	Plan Plan
}

// Eliminate finds p(query | evidence) and ln P(evidence) by variable elimination (Zhang &
// Poole 1994). With no query it finds ln P(evidence).
func Eliminate(g *pgm.Graph, e pgm.Evidence, query []int, c Config) (*Result, error) {
	p, err := newProblem(g, e)
	if err != nil {
		return nil, err
	}
	if err := p.checkQuery(query); err != nil {
		return nil, err
	}
	rest := slices.DeleteFunc(slices.Clone(p.free), func(v int) bool { return slices.Contains(query, v) })
	plan, err := p.plan(c, rest, nil, func(k []clique) float64 { return p.eliminationBytes(k, query) })
	if err != nil {
		return nil, err
	}
	left, constant := p.sumOut(plan.Order)
	table := p.fold(newLayout(query, p.card), left, 1, sums)
	joint := &pgm.Factor{Vars: slices.Clone(query), Card: p.cardOf(query), Log: table.logarithms()}
	z := joint.Normalise() + constant
	if math.IsInf(z, -1) {
		return nil, pgm.ErrImpossible
	}
	return &Result{LogZ: z, Joint: joint, Plan: plan}, nil
}

// checkQuery is the error of variables that are not there, are evidence or come twice.
func (p *problem) checkQuery(query []int) error {
	for i, v := range query {
		if !slices.Contains(p.free, v) || slices.Contains(query[:i], v) {
			return fmt.Errorf("pgm: exact: query: got variable %d, want each once, below %d and not evidence", v, len(p.card))
		}
	}
	return nil
}

// sumOut eliminates the variables of an order and returns the tables that are left and the sum of
// the logarithms of those that became numbers.
func (p *problem) sumOut(order []int) (left []*piece, constant float64) {
	buckets, left := p.buckets(order)
	constant = p.constant
	for i, k := range p.cliques(order) {
		m := p.fold(newLayout(k.vars, p.card), buckets[i], p.card[k.v], sums)
		buckets[i] = nil
		switch {
		case k.parent >= 0:
			buckets[k.parent] = append(buckets[k.parent], m)
		case len(k.vars) > 1:
			left = append(left, m)
		default:
			constant += m.shift
		}
	}
	return left, constant
}

// buckets puts each factor to the first of its variables that leaves; left are those of which
// none does.
func (p *problem) buckets(order []int) (buckets [][]*piece, left []*piece) {
	when := make(map[int]int, len(order))
	for i, v := range order {
		when[v] = i
	}
	buckets = make([][]*piece, len(order))
	for _, f := range p.factors {
		first := len(order)
		for _, v := range f.Vars {
			if i, in := when[v]; in {
				first = min(first, i)
			}
		}
		if first == len(order) {
			left = append(left, pieceOf(f))
			continue
		}
		buckets[first] = append(buckets[first], pieceOf(f))
	}
	return buckets, left
}

// eliminationBytes is the largest table, twice the largest message (maxima and sums) and the
// messages that wait, at the worst step, and the answer.
func (p *problem) eliminationBytes(cliques []clique, query []int) float64 {
	table, waiting, worst := 0., 0., 0.
	wait := make([]float64, len(cliques))
	for i, k := range cliques {
		table = max(table, p.cells(k.vars))
		m := p.cells(k.vars[:len(k.vars)-1])
		worst = max(worst, table+waiting+2*m)
		waiting += m - wait[i]
		if k.parent >= 0 {
			wait[k.parent] += m
		}
	}
	return 8 * max(worst, table+waiting+3*p.cells(query))
}
