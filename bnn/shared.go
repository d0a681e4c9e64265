package bnn

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// shared draws one set of weights for the whole batch (Blundell et al. 2015, section 3.2):
//
//	y = x·(M + S∘E) + b,  E ~ N(0, 1) in the shape of M.
//
// The rows' gradients have their noise in common, so it does not average out over a batch.
func shared(s *model.Scope, x *g.Node, w, b normal) *g.Node {
	return affine(x, w.rsample(s, "weight"), b.rsample(s, "bias"))
}

// rsample returns M + S∘E.
func (q normal) rsample(s *model.Scope, name string) *g.Node {
	return g.Add(q.M, g.Mul(q.S, s.Normal(name+"-noise", q.M.Shape().Dimensions...)))
}
