package exact

import (
	"math"
	"slices"

	"github.com/elbo-go/elbo/pgm"
)

// pieces are what a node's table is the product of.
func (t *Tree) pieces(n *node, more ...*piece) []*piece {
	all := slices.Concat(n.factors, more)
	for _, k := range n.kids {
		all = append(all, t.nodes[k].message)
	}
	return all
}

// up passes messages from children to parents and returns ln Z.
func (t *Tree) up() float64 {
	z := t.p.constant
	for _, i := range t.postorder() {
		n := &t.nodes[i]
		l := newLayout(n.vars, t.p.card)
		if n.message = t.p.fold(l, t.pieces(n), l.size/t.p.size(n.sep), sums); n.parent < 0 {
			z += n.message.shift
		}
		if math.IsInf(n.message.shift, -1) {
			return n.message.shift
		}
	}
	return z
}

// size is the number of cells of a table that was found to fit.
func (p *problem) size(vars []int) int {
	size := 1
	for _, v := range vars {
		size *= p.card[v]
	}
	return size
}

// down passes messages back; that to a root is 1/Z, which makes beliefs probabilities.
func (t *Tree) down(joints [][]int) {
	asked := t.asked(joints)
	for _, i := range slices.Backward(t.postorder()) {
		n := &t.nodes[i]
		if n.parent < 0 {
			n.message = &piece{nums: []float64{1}, shift: -n.message.shift}
		}
		for _, k := range n.kids {
			kid := &t.nodes[k]
			asked[i] = append(asked[i], &target{kid.sep, func(sum []float64) { kid.message = kid.message.under(sum) }})
		}
		if len(asked[i]) > 0 {
			t.tell(n, asked[i])
		}
		n.factors, n.message, asked[i] = nil, nil, nil // their memory is free
	}
}

// tell sums the belief of a node to its targets. Where these hold more than the belief does, the
// messages that they replace are needed until the last is made: then the belief is made into a
// table first, and the targets follow in batches.
func (t *Tree) tell(n *node, targets []*target) {
	belief := t.belief(n)
	batches := t.p.batches(targets, belief.size)
	if len(batches) > 1 {
		belief = belief.table()
	}
	for _, b := range batches {
		t.p.spread(belief, b)
	}
}

// batches parts targets so that the tables of a batch of several hold at most so many cells.
func (p *problem) batches(targets []*target, most int) (all [][]*target) {
	cells := 0
	for i, x := range targets {
		size := p.size(x.vars)
		if cells += size; i == 0 || cells > most {
			all, cells = append(all, nil), size
		}
		all[len(all)-1] = append(all[len(all)-1], x)
	}
	return all
}

// table is a product that has been made.
func (t *terms) table() *terms {
	cells := t.fold(1)
	if t.mode.log {
		for i, x := range cells {
			cells[i] = math.Exp(x)
		}
	}
	return newTerms(t.layout, sums, 1, []operand{{t.view(t.vars), cells}})
}

// belief is p(clique | evidence): what of it is below e^−108 or so can change no marginal. Where the
// largest numbers of its pieces are far from being had together, larger products might underflow
// before they meet 1/Z: then it is of logarithms.
func (t *Tree) belief(n *node) *terms {
	l := newLayout(n.vars, t.p.card)
	pieces, shift := t.p.gathered(l, t.pieces(n, n.message)), 0.
	for _, x := range pieces {
		shift += x.shift
	}
	if shift > mostSpan {
		return t.p.terms(l, logSums, 0, pieces)
	}
	return t.p.terms(l, sums, math.Exp(shift), pieces)
}

// under is a new message over an old one, with 0/0 = 0 (Lauritzen & Spiegelhalter 1988).
func (p *piece) under(sum []float64) *piece {
	if p.nums != nil {
		for i, x := range p.nums {
			if x > 0 {
				sum[i] /= x
			}
		}
		return numPiece(p.vars, sum, -p.shift)
	}
	for i, x := range p.logs {
		if sum[i] = math.Log(sum[i]); !math.IsInf(x, -1) {
			sum[i] -= x
		}
	}
	q := logPiece(p.vars, sum)
	q.own = true
	return q
}

// asked are the marginals that are read off each node: a variable is read off the smallest clique
// that has it, a joint off the first.
func (t *Tree) asked(joints [][]int) [][]*target {
	asked, at := make([][]*target, len(t.nodes)), slices.Repeat([]int{-1}, len(t.p.card))
	for i, n := range t.nodes {
		for _, v := range n.vars {
			if at[v] < 0 || t.p.size(n.vars) < t.p.size(t.nodes[at[v]].vars) {
				at[v] = i
			}
		}
	}
	for v, i := range at {
		if i >= 0 {
			asked[i] = append(asked[i], &target{[]int{v}, func(sum []float64) { t.Marginals[v] = normal(sum) }})
		}
	}
	for k, joint := range joints {
		i := slices.IndexFunc(t.nodes, func(n node) bool { return shared(sorted(joint), sorted(n.vars)) == len(joint) })
		if i < 0 {
			continue
		}
		vars := slices.DeleteFunc(slices.Clone(t.nodes[i].vars), func(v int) bool { return !slices.Contains(joint, v) })
		asked[i] = append(asked[i], &target{vars, func(sum []float64) {
			for j, x := range sum {
				sum[j] = math.Log(x)
			}
			f := &pgm.Factor{Vars: vars, Card: t.p.cardOf(vars), Log: sum}
			t.wanted[k] = pgm.Product(slices.Clone(joint), t.p.cardOf(joint), nil, f)
		}})
	}
	return asked
}
