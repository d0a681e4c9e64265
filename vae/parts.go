package vae

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
)

// The parts that several models are made of.

// mirrored is p(x|z) by the net's way back from the code.
func (c Config) mirrored(s *model.Scope, z *g.Node) dist.Distribution {
	return c.distribution(s, c.outputs(s, z))
}
