package bnn

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/nn"
)

// linearized names the methods whose draws w predict by the network that is linear in the weights
// about the mode w*,
//
//	f(x, w*) + J(x)(w − w*),  J = ∂f/∂w at w*:
//
// their curvature is that of this network, and it is this network's posterior (Immer et al.
// 2021). Directions that no row has a say in keep the prior's spread; through the network
// itself, where layers multiply it, draws along them are far from the data.
var linearized = map[string]bool{"laplace-kfac": true}

// tangentOf returns the outputs of that network: x B×in; mode and draw hold weights and biases in
// turn. Each layer's outputs z go with what the weights' differences change in them, dz.
func tangentOf(x *g.Node, mode, draw []*g.Node) *g.Node {
	var dx *g.Node
	for l := 0; l < len(mode); l += 2 {
		z := affine(x, mode[l], mode[l+1])
		dz := affine(x, g.Sub(draw[l], mode[l]), g.Sub(draw[l+1], mode[l+1]))
		if l > 0 {
			dz = g.Add(dz, g.Dot(dx, mode[l]).Product())
		}
		if l+2 == len(mode) {
			return g.Add(z, dz)
		}
		zero := g.ZerosLike(z)
		x, dx = nn.ReLU(z), g.Where(g.GreaterThan(z, zero), dz, zero)
	}
	return x
}
