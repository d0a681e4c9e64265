package bnn

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// tinyVariance keeps the derivative of √v finite where a row's inputs and with them the
// variance of its outputs are 0, as behind max(·, 0) with a bias known to float32.
const tinyVariance = 1e-12

// local draws each row's outputs instead of weights (Kingma, Salimans & Welling 2015, eq. 6):
//
//	y = x·M + b + √(x²·S² + s²)∘E,  E ~ N(0, 1), B×out.
//
// The outputs have the distribution that independent weights for every row give them, so the
// noise of the gradient averages out over a batch.
func local(s *model.Scope, x *g.Node, w, b normal) *g.Node {
	mean := affine(x, w.M, b.M)
	variance := affine(g.Square(x), g.Square(w.S), g.Square(b.S))
	eps := s.Normal("noise", mean.Shape().Dimensions...)
	return g.Add(mean, g.Mul(g.Sqrt(g.AddScalar(variance, tinyVariance)), eps))
}
