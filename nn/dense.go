// Package nn holds the layers that encoders and decoders are made of.
package nn

import (
	"slices"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// Dense returns x·W + b, …×out for x of shape …×in, with parameters "weight" (in×out) and
// "bias" (out) of the scope, both uniform on ±1/√in at the start. All leading axes are one to
// the product, so that it is a matrix product.
func Dense(s *model.Scope, x *g.Node, out int) *g.Node {
	dims := slices.Clone(x.Shape().Dimensions)
	in := dims[len(dims)-1]
	if len(dims) != 2 {
		x = g.Reshape(x, -1, in)
	}
	w := s.Param("weight", model.FanIn(in), in, out)
	b := s.Param("bias", model.FanIn(in), out)
	y := g.Add(g.Dot(x, w).Product(), g.ExpandAxes(b, 0))
	if len(dims) == 2 {
		return y
	}
	dims[len(dims)-1] = out
	return g.Reshape(y, dims...)
}
