package vae

import (
	"slices"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
)

// The parts that several models are made of.

// mirrored is p(x|z) by an MLP with the encoder's widths in reverse.
func (c Config) mirrored(s *model.Scope, z *g.Node) dist.Distribution {
	widths := slices.Clone(c.Hidden)
	slices.Reverse(widths)
	return c.distribution(s, nn.Dense(s.In("out"), nn.MLP(s, z, widths), c.Dim))
}
