package exact

import (
	"math"
	"slices"

	"github.com/elbo-go/elbo/pgm"
)

// Best is a most probable assignment.
type Best struct {
	// States are the states of the variables asked for, and of the evidence; −1 elsewhere.
	States []int
	// LogValue is ln max Σ φ: the maximum over the variables asked for of the sum over the
	// others. Less ln Z it is ln p(states | evidence).
	LogValue float64
	// Plan is how it was found.
	Plan Plan
}

// MPE is the most probable explanation: the maximum over all variables (Pearl 1988).
func MPE(g *pgm.Graph, e pgm.Evidence, c Config) (*Best, error) {
	var all []int
	for v := range g.Vars {
		if _, seen := e[v]; !seen {
			all = append(all, v)
		}
	}
	return MAP(g, e, all, c)
}

// MAP is the maximum over some variables of the sum over the others (Park & Darwiche 2004):
// sums are eliminated before maxima, which makes it dearer than either.
func MAP(g *pgm.Graph, e pgm.Evidence, vars []int, c Config) (*Best, error) {
	p, err := newProblem(g, e)
	if err != nil {
		return nil, err
	}
	if err := p.checkQuery(vars); err != nil {
		return nil, err
	}
	rest := slices.DeleteFunc(slices.Clone(p.free), func(v int) bool { return slices.Contains(vars, v) })
	plan, err := p.plan(c, rest, vars, func(k []clique) float64 {
		keep := 0.
		for _, k := range k[len(rest):] {
			keep += p.cells(k.vars[:len(k.vars)-1])
		}
		return p.eliminationBytes(k, nil) + 8*keep
	})
	if err != nil {
		return nil, err
	}
	b := &Best{States: make([]int, len(p.card)), Plan: plan}
	for v := range b.States {
		b.States[v] = -1
	}
	for v, s := range e {
		b.States[v] = s
	}
	if b.maximise(p, len(rest)); math.IsInf(b.LogValue, -1) {
		return nil, pgm.ErrImpossible
	}
	return b, nil
}

// maximise sums the first variables of the order out, takes maxima over the others, and goes back
// through what these were taken of for the states.
func (b *Best) maximise(p *problem, sumsOut int) {
	cliques := p.cliques(b.Plan.Order)
	buckets, _ := p.buckets(b.Plan.Order)
	b.LogValue = p.constant
	for i, k := range cliques {
		m := maxima
		if i < sumsOut {
			m = sums
		}
		message := p.fold(newLayout(k.vars, p.card), buckets[i], p.card[k.v], m)
		if k.parent < 0 {
			b.LogValue += message.shift
		} else {
			buckets[k.parent] = append(buckets[k.parent], message)
		}
		if i < sumsOut {
			buckets[i] = nil
		}
	}
	for i, k := range slices.Backward(cliques[sumsOut:]) {
		first, at := math.Inf(-1), 0
		for s := range p.card[k.v] {
			b.States[k.v] = s
			if x := p.at(buckets[sumsOut+i], b.States); x > first {
				first, at = x, s
			}
		}
		b.States[k.v] = at
	}
}

// at is the logarithm of a product at an assignment.
func (p *problem) at(pieces []*piece, states []int) (sum float64) {
	for _, x := range pieces {
		at := 0
		for _, v := range x.vars {
			at = at*p.card[v] + states[v]
		}
		if x.logs != nil {
			sum += x.logs[at]
		} else {
			sum += math.Log(x.nums[at]) + x.shift
		}
	}
	return sum
}
