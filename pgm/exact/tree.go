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
	p      *problem
	nodes  []node
}

// node is a clique of the tree with the factors that were put to it.
type node struct {
	vars    []int // those shared with the parent first
	sep     []int // shared with the parent
	parent  int   // later in the list; −1 at a root
	kids    []int
	factors []*pgm.Factor
	message *pgm.Factor // to the parent on the way up, from the parent on the way down
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

// table is the product of a node's factors and the messages to it.
func (t *Tree) table(n *node, buf []float64, more ...*pgm.Factor) *pgm.Factor {
	all := slices.Concat(n.factors, more)
	for _, k := range n.kids {
		all = append(all, t.nodes[k].message)
	}
	return pgm.Product(n.vars, t.p.cardOf(n.vars), buf, all...)
}

// up passes messages from children to parents and returns ln Z.
func (t *Tree) up() float64 {
	z := t.p.constant
	var buf []float64
	for _, i := range t.postorder() {
		n := &t.nodes[i]
		table := t.table(n, buf)
		buf = table.Log
		if n.message = table.Marginal(n.sep); n.parent < 0 {
			z += n.message.Log[0]
		}
	}
	return z
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

// down passes messages back. A belief is scaled to a largest entry of 1 and taken out of log
// space: what is lost below e^−745 of it can change no marginal.
func (t *Tree) down(joints [][]int) {
	var buf []float64
	for _, i := range slices.Backward(t.postorder()) {
		n := &t.nodes[i]
		var from []*pgm.Factor
		if n.parent >= 0 {
			from = []*pgm.Factor{n.message}
		}
		table := t.table(n, buf, from...)
		buf = table.Log
		scale(table.Log)
		t.read(n, table, joints)
		for _, k := range n.kids {
			kid := &t.nodes[k]
			m := table.Sum(table.Log, kid.sep)
			for j, x := range m.Log {
				m.Log[j] = math.Log(x)
			}
			m.Divide(kid.message)
			kid.message = m
		}
	}
}

// scale turns logs into numbers with sum 1.
func scale(xs []float64) {
	top, sum := slices.Max(xs), 0.
	for i, x := range xs {
		xs[i] = math.Exp(x - top)
		sum += xs[i]
	}
	for i := range xs {
		xs[i] /= sum
	}
}

// read takes the marginals that this belief is the first to hold.
func (t *Tree) read(n *node, belief *pgm.Factor, joints [][]int) {
	for _, v := range n.vars {
		if t.Marginals[v] == nil {
			t.Marginals[v] = normal(belief.Sum(belief.Log, []int{v}).Log)
		}
	}
	for i, joint := range joints {
		if t.wanted[i] != nil || shared(sorted(joint), sorted(n.vars)) < len(joint) {
			continue
		}
		f := belief.Sum(belief.Log, joint)
		for j, x := range f.Log {
			f.Log[j] = math.Log(x)
		}
		t.wanted[i] = pgm.Product(slices.Clone(joint), t.p.cardOf(joint), nil, f)
	}
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
