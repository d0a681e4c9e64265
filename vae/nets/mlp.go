package nets

import (
	"slices"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
)

// mlpNet is dense layers with rectifiers, of the hidden widths; the decoder mirrors them.
var mlpNet = Net{
	Name:    MLP,
	Summary: "dense layers of the hidden widths, for rows of any kind",
	down: func(c Config, s *model.Scope, x *g.Node) *g.Node {
		h := nn.MLP(s, x, c.Hidden)
		return g.Reshape(h, -1, 1, 1, h.Shape().Dim(-1))
	},
	up: func(c Config, s *model.Scope, m *g.Node) *g.Node {
		return nn.Dense(s.In("out"), nn.MLP(s, Flat(m), c.Reversed()), c.Dim)
	},
	extent: func(c Config) Extent {
		if n := len(c.Hidden); n > 0 {
			return Extent{1, 1, c.Hidden[n-1]}
		}
		return Extent{1, 1, c.Dim}
	},
	weights: func(c Config) int64 { return c.DenseWeights(c.Dim) },
	widest:  func(Config) int64 { return 0 },
}

// Reversed returns the hidden widths in the decoder's order.
func (c Config) Reversed() []int {
	widths := slices.Clone(c.Hidden)
	slices.Reverse(widths)
	return widths
}

// DenseWeights counts the weights of dense layers from so many values to the code and back.
func (c Config) DenseWeights(from int) int64 {
	n, in := int64(0), int64(from)
	for _, out := range c.Hidden {
		n += 2 * in * int64(out)
		in = int64(out)
	}
	return n + 2*in*int64(c.Latent)
}
