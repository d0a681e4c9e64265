package bij

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/special"
)

// Law is how an element of a vector moves, given numbers that depend on other elements: the
// part in which coupling and autoregressive flows of one form differ.
type Law interface {
	// Params is k, the numbers that an element needs.
	Params() int
	// Map returns the map of numbers …×d for p, …×d×k.
	Map(p *g.Node) Bijector
}

// Additive is the law y = x + p₀ of NICE (Dinh, Krueger & Bengio 2015, section 3.2).
type Additive struct{}

// Params implements [Law].
func (Additive) Params() int { return 1 }

// Map implements [Law].
func (Additive) Map(p *g.Node) Bijector { return Affine{Shift: column(p, 0)} }

// Scaling is the law y = p₀ + e^s·x of RealNVP (Dinh, Sohl-Dickstein & Bengio 2017, eq. 8) and
// MAF (Papamakarios et al. 2017, eq. 3), with s = c·tanh(p₁/c), c = 4, which keeps a step from
// overflow.
type Scaling struct{}

// Params implements [Law].
func (Scaling) Params() int { return 2 }

// Map implements [Law].
func (Scaling) Map(p *g.Node) Bijector {
	const c = 4
	return Affine{Shift: column(p, 0), LogScale: g.MulScalar(g.Tanh(g.MulScalar(column(p, 1), 1./c)), c)}
}

// Gated is the law y = σx + (1 − σ)p₀ with σ = 1/(1 + e^−(p₁+2)) of IAF (Kingma et al. 2016,
// eq. 14); with p = 0 it shrinks by .88.
type Gated struct{}

// Params implements [Law].
func (Gated) Params() int { return 2 }

// Map implements [Law].
func (Gated) Map(p *g.Node) Bijector {
	gate := g.AddScalar(column(p, 1), 2)
	return Affine{Shift: g.Mul(g.Logistic(g.Neg(gate)), column(p, 0)), LogScale: special.LogSigmoid(gate)}
}

// splineGain scales what a network says of a spline: at the learning rates of the other laws
// its softmax would move knots too far a step (Durkan et al. 2019 divide by the root of the
// number of hidden units).
const splineGain = .2

// SplineLaw is a monotone rational-quadratic spline (see [Spline]).
type SplineLaw struct {
	Bins  int     // number of bins; 0 is 8
	Bound float64 // the spline moves −Bound … Bound; 0 is 4
	Ends  bool    // the outer slopes are free too, not 1
}

// bins returns the number of bins.
func (l SplineLaw) bins() int {
	if l.Bins == 0 {
		return 8
	}
	return l.Bins
}

// Params implements [Law].
func (l SplineLaw) Params() int {
	if l.Ends {
		return 3*l.bins() + 1
	}
	return 3*l.bins() - 1
}

// Map implements [Law].
func (l SplineLaw) Map(p *g.Node) Bijector {
	k, bound := l.bins(), l.Bound
	if bound == 0 {
		bound = 4
	}
	p = g.MulScalar(p, splineGain)
	return Spline{Widths: cut(p, 0, k), Heights: cut(p, k, 2*k), Slopes: cut(p, 2*k, l.Params()), Bound: bound}
}
