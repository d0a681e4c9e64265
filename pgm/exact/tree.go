package exact

import (
	"fmt"
	"math"
	"slices"

	"github.com/elbo-go/elbo/pgm"
)

// Tree is a junction tree that has seen its evidence: every marginal and ln P(evidence) after
// one pass to the roots and one back (Lauritzen & Spiegelhalter 1988; Jensen et al. 1990).
type Tree struct {
	// LogZ is ln P(evidence), or ln Z of a Markov network.
	LogZ float64
	// Marginals are p(x | evidence) of every variable; those of evidence are 0 and 1.
	Marginals [][]float64
	// Plan is how the tree was made.
	Plan Plan

	wanted []*pgm.Factor
	read   []func() // puts what was summed where it is kept
	p      *problem
	nodes  []node
}

// node is a clique of the tree with the factors that were put to it.
type node struct {
	vars    []int // those shared with the parent first
	sep     []int // shared with the parent
	parent  int   // later in the list; −1 at a root
	kids    []int
	factors []*piece
	message *piece // to the parent on the way up, from the parent on the way down
}

// NewTree makes the tree and passes its messages. Joints asks for p(xs | evidence) of sets of
// variables as well, each of which lies inside one factor's scope.
func NewTree(g *pgm.Graph, e pgm.Evidence, c Config, joints ...[]int) (*Tree, error) {
	p, err := newProblem(g, e)
	if err != nil {
		return nil, err
	}
	t := &Tree{p: p, Marginals: make([][]float64, len(p.card)), wanted: make([]*pgm.Factor, len(joints))}
	t.Plan, err = p.plan(c, p.free, nil, func(k []clique) float64 { nodes, _ := join(k); return p.treeBytes(nodes) })
	if err != nil {
		return nil, err
	}
	t.build()
	if t.LogZ = t.up(); math.IsInf(t.LogZ, -1) {
		return nil, pgm.ErrImpossible
	}
	t.down(joints)
	for _, read := range t.read {
		read()
	}
	for v, s := range e {
		t.Marginals[v] = make([]float64, p.card[v])
		t.Marginals[v][s] = 1
	}
	for i, f := range t.wanted {
		if f == nil {
			return nil, fmt.Errorf("pgm: exact: joint of %d: got variables of no one clique, want those of one factor that are not evidence", joints[i])
		}
	}
	return t, nil
}

// Joint is the i-th joint that NewTree was asked for.
func (t *Tree) Joint(i int) *pgm.Factor { return t.wanted[i] }

// join makes maximal cliques: a clique that is all of a child's but the child's own variable
// becomes one with it. The clique i is in the node into[i].
func join(cliques []clique) (nodes []node, into []int) {
	kids := make([][]int, len(cliques))
	into = make([]int, len(cliques))
	for i, k := range cliques {
		if k.parent >= 0 {
			kids[k.parent] = append(kids[k.parent], i)
		}
	}
	top := make([]int, 0, len(cliques)) // last clique of each node
	for i, k := range cliques {
		into[i] = -1
		for _, c := range kids[i] {
			if len(cliques[c].vars) == len(k.vars)+1 {
				into[i] = into[c]
				top[into[c]] = i
				break
			}
		}
		if into[i] < 0 {
			into[i] = len(nodes)
			nodes = append(nodes, node{vars: k.vars, parent: -1})
			top = append(top, i)
		}
	}
	for i := range nodes {
		k := cliques[top[i]]
		nodes[i].sep = k.vars[:len(k.vars)-1]
		if k.parent >= 0 {
			nodes[i].parent = into[k.parent]
			nodes[into[k.parent]].kids = append(nodes[into[k.parent]].kids, i)
		}
	}
	return nodes, into
}

// build joins the cliques and puts each factor to the node of its first variable to leave.
func (t *Tree) build() {
	cliques := t.p.cliques(t.Plan.Order)
	var into []int
	t.nodes, into = join(cliques)
	buckets, _ := t.p.buckets(t.Plan.Order)
	for i := range cliques {
		n := &t.nodes[into[i]]
		n.factors = append(n.factors, buckets[i]...)
	}
}

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

// postorder lists children before parents.
func (t *Tree) postorder() []int {
	var order []int
	for i := range t.nodes {
		if t.nodes[i].parent < 0 {
			order = append(order, i)
		}
	}
	for k := 0; k < len(order); k++ {
		order = append(order, t.nodes[order[k]].kids...)
	}
	slices.Reverse(order)
	return order
}

// down passes messages back; that to a root is 1/Z, which makes beliefs probabilities.
func (t *Tree) down(joints [][]int) {
	asked := t.asked(joints)
	for _, i := range slices.Backward(t.postorder()) {
		n := &t.nodes[i]
		if n.parent < 0 {
			n.message = &piece{nums: []float64{1}, shift: -n.message.shift}
		}
		targets := asked[i]
		for _, k := range n.kids {
			targets = append(targets, &target{vars: t.nodes[k].sep})
		}
		if len(targets) > 0 {
			t.p.spread(t.belief(n), targets)
		}
		for k, kid := range n.kids {
			t.nodes[kid].message = t.nodes[kid].message.under(targets[len(asked[i])+k].sum)
		}
	}
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
	return logPiece(p.vars, sum)
}

// asked are the marginals that are read off each node: a variable is read off the smallest clique
// that has it, a joint off the first.
func (t *Tree) asked(joints [][]int) [][]*target {
	asked, at := make([][]*target, len(t.nodes)), make([]int, len(t.p.card))
	for v := range at {
		at[v] = -1
	}
	for i, n := range t.nodes {
		for _, v := range n.vars {
			if at[v] < 0 || t.p.size(n.vars) < t.p.size(t.nodes[at[v]].vars) {
				at[v] = i
			}
		}
	}
	for v, i := range at {
		if i >= 0 {
			m := &target{vars: []int{v}}
			t.read = append(t.read, func() { t.Marginals[v] = normal(m.sum) })
			asked[i] = append(asked[i], m)
		}
	}
	for k, joint := range joints {
		i := slices.IndexFunc(t.nodes, func(n node) bool { return shared(sorted(joint), sorted(n.vars)) == len(joint) })
		if i < 0 {
			continue
		}
		vars := slices.DeleteFunc(slices.Clone(t.nodes[i].vars), func(v int) bool { return !slices.Contains(joint, v) })
		m := &target{vars: vars}
		asked[i] = append(asked[i], m)
		t.read = append(t.read, func() {
			f := &pgm.Factor{Vars: vars, Card: t.p.cardOf(vars), Log: m.sum}
			for j, x := range f.Log {
				f.Log[j] = math.Log(x)
			}
			t.wanted[k] = pgm.Product(slices.Clone(joint), t.p.cardOf(joint), nil, f)
		})
	}
	return asked
}

func sorted(xs []int) []int { return slices.Sorted(slices.Values(xs)) }

// normal makes numbers sum to 1.
func normal(xs []float64) []float64 {
	sum := 0.
	for _, x := range xs {
		sum += x
	}
	for i := range xs {
		xs[i] /= sum
	}
	return xs
}

// treeBytes is the largest clique, all messages, and two more of the largest while one is made.
func (p *problem) treeBytes(nodes []node) float64 {
	table, messages, largest := 0., 0., 0.
	for _, n := range nodes {
		m := p.cells(n.sep)
		table, messages, largest = max(table, p.cells(n.vars)), messages+m, max(largest, m)
	}
	return 8 * (table + messages + 2*largest)
}
