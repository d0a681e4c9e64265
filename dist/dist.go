// Package dist holds probability distributions as values made of graph nodes.
//
// The axes of a distribution's values are batch axes followed by event axes. A distribution of
// numbers has no event axes: it factorises over the elements of its parameters' shape. One of
// vectors has one event axis, one of matrices two. LogProb, KL and Entropy are in nats, have the
// batch axes and no others, and the caller sums over a datum's dimensions (see special.SumDims).
// Shapes: B batch, D data or latent dimensions, M samples.
package dist

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// Distribution is a distribution over arrays of one shape.
type Distribution interface {
	// LogProb returns the log-density (or log-probability) of x, which broadcasts against the
	// parameters; x may have more leading axes, such as one of draws.
	LogProb(x *g.Node) *g.Node
	// Mean returns the mean, NaN where there is none.
	Mean() *g.Node
	// Variance returns the variance of each element, infinite or NaN where there is none.
	Variance() *g.Node
	// Sample returns M draws as M×shape, with the noise of the given name. Draws of a
	// [Reparameterized] distribution are those of Rsample; others carry no gradient.
	Sample(s *model.Scope, name string, m int) *g.Node
}

// Reparameterized is a distribution whose draws are differentiable functions of its
// parameters and parameter-free noise (Kingma & Welling 2014, section 2.4).
type Reparameterized interface {
	Distribution
	// Rsample returns M draws as M×shape.
	Rsample(s *model.Scope, name string, m int) *g.Node
}

// Entropic is a distribution with a closed-form entropy.
type Entropic interface {
	Distribution
	// Entropy returns the entropy.
	Entropy() *g.Node
}

// klPair computes KL(q ‖ p) for the pair of types that it accepts.
type klPair func(q, p Distribution) (*g.Node, bool)

// klPairs holds the closed forms and klNames their types; each distribution's file adds its own.
var (
	klPairs []klPair
	klNames []string
)

// registerKL adds the closed form of KL(q ‖ p) for a pair of types.
func registerKL[Q, P Distribution](kl func(q Q, p P) *g.Node) {
	klNames = append(klNames, fmt.Sprintf("%T ‖ %T", *new(Q), *new(P)))
	klPairs = append(klPairs, func(q, p Distribution) (*g.Node, bool) {
		tq, ok := q.(Q)
		tp, ok2 := p.(P)
		if !ok || !ok2 {
			return nil, false
		}
		return kl(tq, tp), true
	})
}

// KL returns KL(q ‖ p) in closed form, if the pair has one.
func KL(q, p Distribution) (*g.Node, bool) {
	for _, kl := range klPairs {
		if v, ok := kl(q, p); ok {
			return v, true
		}
	}
	return nil, false
}

// MustKL is KL for a pair that is known to have a closed form; it panics otherwise, which
// [model.Program.Run] turns into an error.
func MustKL(q, p Distribution) *g.Node {
	v, ok := KL(q, p)
	if !ok {
		panic(fmt.Errorf("dist: KL(%T ‖ %T) has no closed form here", q, p))
	}
	return v
}

// dims returns the shape of a node as a slice that the caller may change.
func dims(x *g.Node) []int { return append([]int(nil), x.Shape().Dimensions...) }

// like gives a parameter the rank of x by leading axes of size 1; a scalar stays one.
func like(p, x *g.Node) *g.Node {
	for p.Rank() > 0 && p.Rank() < x.Rank() {
		p = g.ExpandAxes(p, 0)
	}
	return p
}

// repeat returns x with m copies along a new first axis.
func repeat(x *g.Node, m int) *g.Node {
	return g.BroadcastToDims(g.ExpandAxes(x, 0), append([]int{m}, dims(x)...)...)
}

// drawn is the shape of m draws like x.
func drawn(m int, x *g.Node) []int { return append([]int{m}, x.Shape().Dimensions...) }

// locScale are the parameters of a family with a location and a log-scale, or the scale that its
// logarithm was taken of: a negative one would otherwise show as a logarithm that is no number.
func locScale(loc, logScale, scale *g.Node) []Parameter {
	p := []Parameter{{"Loc", loc, Support{Set: Real}}, {"LogScale", logScale, Support{Set: Real}}}
	if scale != nil {
		p[1] = Parameter{"Scale", scale, Support{Set: Positive}}
	}
	return p
}
