package nn

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/special"
)

// ReLU returns max(x, 0).
func ReLU(x *g.Node) *g.Node { return g.MaxScalar(x, 0.) }

// LeakyReLU returns x where x > 0 and slope·x elsewhere, for a slope in [0, 1].
func LeakyReLU(x *g.Node, slope float64) *g.Node { return g.Max(x, g.MulScalar(x, slope)) }

// ELU returns x where x > 0 and α(eˣ − 1) elsewhere (Clevert et al. 2016). The exponential
// sees no positive x, whose overflow would make the gradient NaN.
func ELU(x *g.Node, alpha float64) *g.Node {
	return g.Add(g.MaxScalar(x, 0.), g.MulScalar(special.Expm1(g.MinScalar(x, 0.)), alpha))
}

// SiLU returns x·σ(x) (Hendrycks & Gimpel 2016), also called swish.
func SiLU(x *g.Node) *g.Node { return g.Mul(x, g.Logistic(x)) }

// GELU returns x·Φ(x), Φ the normal distribution function (Hendrycks & Gimpel 2016).
func GELU(x *g.Node) *g.Node {
	phi := g.AddScalar(g.Erf(g.MulScalar(x, 1/math.Sqrt2)), 1)
	return g.Mul(x, g.MulScalar(phi, .5))
}

// Softplus returns ln(1 + eˣ).
func Softplus(x *g.Node) *g.Node { return special.Softplus(x) }

// Tanh returns the hyperbolic tangent.
func Tanh(x *g.Node) *g.Node { return g.Tanh(x) }
