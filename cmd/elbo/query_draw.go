package main

import (
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/elbo-go/elbo/internal/atomicfile"
	"github.com/elbo-go/elbo/pgm/query"
	"github.com/elbo-go/elbo/plot/network"
)

// checkDraw refuses a name of another format.
func (f *queryFlags) checkDraw() error {
	switch {
	case f.draw == "":
		return nil
	case !strings.EqualFold(filepath.Ext(f.draw), ".svg"):
		return misusef("--draw: got extension %q, want .svg", filepath.Ext(f.draw))
	case f.mpe || f.joint:
		return misusef("--draw: got --mpe or --joint too, want probabilities to draw")
	}
	return nil
}

// drawing writes the network with the marginals of an answer.
func (f *queryFlags) drawing(q *question, a *query.Answer) error {
	if f.draw == "" {
		return nil
	}
	n := q.problem.Network
	nodes := make([]network.Node, len(n.Vars))
	for v, of := range n.Vars {
		nodes[v] = network.Node{Name: of.Name, Parents: n.Parents[v], States: of.States, P: a.Marginals[v]}
		if s, known := q.problem.Evidence[v]; known {
			nodes[v].P = make([]float64, len(of.States))
			nodes[v].P[s], nodes[v].Kind = 1, network.Seen
			if _, set := q.set[v]; set {
				nodes[v].Kind = network.Set
			}
		}
	}
	return atomicfile.WriteFile(f.draw, func(w io.Writer) error { return network.Draw(w, drawTitle(q), nodes) })
}

// drawTitle says what was known.
func drawTitle(q *question) string {
	var parts []string
	for _, v := range slices.Sorted(maps.Keys(q.problem.Evidence)) {
		of, s := q.problem.Graph.Vars[v], q.problem.Evidence[v]
		part := of.Name + " = " + of.States[s]
		if _, set := q.set[v]; set {
			part = "do(" + part + ")"
		}
		parts = append(parts, part)
	}
	if len(parts) == 0 {
		return "Probabilities"
	}
	return "Probabilities given " + few(parts)
}
