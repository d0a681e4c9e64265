// Package nn holds the layers that encoders and decoders are made of.
package nn

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// Dense returns x·W + b, B×out, with parameters "weight" (in×out) and "bias" (out) of the
// scope, both uniform on ±1/√in at the start.
func Dense(s *model.Scope, x *g.Node, out int) *g.Node {
	in := x.Shape().Dim(-1)
	w := s.Param("weight", model.FanIn(in), in, out)
	b := s.Param("bias", model.FanIn(in), out)
	return g.Add(g.Dot(x, w).Product(), g.ExpandAxes(b, 0))
}

// MLP returns x through dense layers "hidden0", "hidden1", … of the given widths, each
// followed by max(·, 0).
func MLP(s *model.Scope, x *g.Node, widths []int) *g.Node {
	for i, width := range widths {
		x = ReLU(Dense(s.In(fmt.Sprintf("hidden%d", i)), x, width))
	}
	return x
}

// ReLU returns max(x, 0).
func ReLU(x *g.Node) *g.Node { return g.MaxScalar(x, 0.) }
