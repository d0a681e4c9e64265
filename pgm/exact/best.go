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
			keep += p.cells(k.vars)
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

// maximise sums the first variables of the order out, takes maxima over the others, and goes
// back through the tables of these for the states.
func (b *Best) maximise(p *problem, sums int) {
	order := b.Plan.Order
	cliques := p.cliques(order)
	buckets, _ := p.buckets(order)
	b.LogValue = p.constant
	tables := make([]*pgm.Factor, len(cliques))
	for i, k := range cliques {
		tables[i] = pgm.Product(k.vars, p.cardOf(k.vars), nil, buckets[i]...)
		buckets[i] = nil
		eliminate := (*pgm.Factor).Max
		if i < sums {
			eliminate = (*pgm.Factor).Marginal
		}
		m := eliminate(tables[i], k.vars[:len(k.vars)-1])
		if k.parent < 0 {
			b.LogValue += m.Log[0]
		} else {
			buckets[k.parent] = append(buckets[k.parent], m)
		}
		if i < sums {
			tables[i] = nil
		}
	}
	for i, k := range slices.Backward(cliques[sums:]) {
		b.States[k.v] = 0
		first := tables[sums+i].At(b.States)
		at := 0
		for s := 1; s < p.card[k.v]; s++ {
			b.States[k.v] = s
			if x := tables[sums+i].At(b.States); x > first {
				first, at = x, s
			}
		}
		b.States[k.v] = at
	}
}
