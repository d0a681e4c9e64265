package bnn

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// Estimators lists the ways to draw a layer's outputs under q(w), by falling variance of the
// gradient: local reparameterisation, flipout, one draw of the weights for a whole batch. All
// have the same expectation.
var Estimators = []string{"local", "flipout", "shared"}

// estimator returns the outputs B×out of a layer for inputs B×in, under q of its weights and
// biases.
type estimator func(s *model.Scope, x *g.Node, w, b normal) *g.Node

// estimators holds them by name.
var estimators = map[string]estimator{"local": local, "flipout": flipout, "shared": shared}
