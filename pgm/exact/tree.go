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
	t.Plan, err = p.plan(c, p.free, nil, func(k []clique) float64 { t.build(k); return p.treeBytes(t.nodes) })
	if err != nil {
		return nil, err
	}
	if t.LogZ = t.up(); math.IsInf(t.LogZ, -1) {
		return nil, pgm.ErrImpossible
	}
	t.down(joints)
	t.nodes = nil
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
func (t *Tree) build(cliques []clique) {
	order := make([]int, len(cliques))
	for i, k := range cliques {
		order[i] = k.v
	}
	var into []int
	t.nodes, into = join(cliques)
	buckets, _ := t.p.buckets(order)
	for i := range cliques {
		n := &t.nodes[into[i]]
		n.factors = append(n.factors, buckets[i]...)
	}
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
