package vae

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
)

// The parts that several models are made of.

// Mirrored is p(x|z) by the net's way back from the code.
func (c Config) Mirrored(s *model.Scope, z *g.Node) dist.Distribution {
	return c.Distribution(s, c.Outputs(s, z))
}
