// Package nn holds the layers that encoders and decoders are made of.
package nn

import (
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
