// Package network draws Bayesian networks as SVG: nodes in layers, parents above children, with few
// crossings of edges (Sugiyama, Tagawa & Toda 1981), and in each node the probabilities of its
// states as bars.
package network

import (
	"fmt"
	"io"
	"slices"
)

// Kind is how a node's state is known.
type Kind int

// The kinds of nodes.
const (
	Free Kind = iota // not known
	Seen             // evidence
	Set              // set from outside
)

// Node is a variable of a network.
type Node struct {
	Name    string    // above its states
	Parents []int     // places of the parents
	States  []string  // names of the states
	P       []float64 // probability of each state; nil draws no bars
	Kind    Kind      // how its state is known
}

// MaxNodes is the largest network that is drawn.
const MaxNodes = 1000

// Draw writes the network as SVG under a title, which may be empty.
func Draw(w io.Writer, title string, nodes []Node) error {
	if err := check(nodes); err != nil {
		return err
	}
	boxes := make([]box, len(nodes))
	for i, n := range nodes {
		boxes[i] = newBox(n)
	}
	g := newLayered(parentsOf(nodes))
	g.order()
	g.place(boxes)
	return newPicture(title, g, boxes).write(w)
}

// check is the error of nodes that cannot be drawn.
func check(nodes []Node) error {
	if len(nodes) < 1 || len(nodes) > MaxNodes {
		return fmt.Errorf("plot: network: got %d nodes, want 1 to %d", len(nodes), MaxNodes)
	}
	for i, n := range nodes {
		if n.P != nil && len(n.P) != len(n.States) {
			return fmt.Errorf("plot: network: node %s: got %d probabilities, want one for each of %d states", n.Name, len(n.P), len(n.States))
		}
		for _, p := range n.P {
			if !(p >= -1e-9 && p <= 1+1e-9) {
				return fmt.Errorf("plot: network: node %s: got a probability of %g, want 0 to 1", n.Name, p)
			}
		}
		for _, p := range n.Parents {
			if p < 0 || p >= len(nodes) || p == i {
				return fmt.Errorf("plot: network: node %s: got parent %d, want another node below %d", n.Name, p, len(nodes))
			}
		}
	}
	if depths := depths(parentsOf(nodes)); slices.Contains(depths, -1) {
		return fmt.Errorf("plot: network: node %s: got a cycle at or above it, want none", nodes[slices.Index(depths, -1)].Name)
	}
	return nil
}

func parentsOf(nodes []Node) [][]int {
	parents := make([][]int, len(nodes))
	for i, n := range nodes {
		parents[i] = slices.Compact(slices.Sorted(slices.Values(n.Parents)))
	}
	return parents
}
