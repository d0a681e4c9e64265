package bnn

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// head is the distribution of a target given the network's outputs f, B×outputs.
type head interface {
	// outputs is the number of a network's outputs.
	outputs() int
	// logProb returns ln p(y|f) of each row, y and result B.
	logProb(s *model.Scope, f, y *g.Node) *g.Node
	// roots returns functions u of the rows, each B, with Σ ∇u∇uᵀ the Fisher matrix of p(y|f)
	// by what u is differentiated by.
	roots(s *model.Scope, f *g.Node) []*g.Node
}

// headOf returns the head that a configuration names.
func headOf(c Config, t *table) head {
	switch c.Head {
	case "classes":
		return categorical{t.classes}
	case "heteroscedastic":
		return heteroscedastic{}
	}
	return homoscedastic{noise: c.Noise / t.target.SD}
}

// column returns one column of f, B.
func column(f *g.Node, j int) *g.Node {
	return g.Reshape(g.Slice(f, g.AxisRange(), g.AxisRange(j, j+1)), f.Shape().Dim(0))
}
