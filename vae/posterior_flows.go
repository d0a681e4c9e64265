package vae

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/bij"
	"github.com/elbo-go/elbo/model"
)

// The flows of q(z|x). Each starts as the identity, or as a change of order.

// zeroHead is a dense layer that starts at zero.
func zeroHead(s *model.Scope, h *g.Node, out int) *g.Node {
	in := h.Shape().Dim(-1)
	w := s.Param("weight", model.Constant(0), in, out)
	return g.Add(g.Dot(h, w).Product(), g.ExpandAxes(s.Param("bias", model.Constant(0), out), 0))
}

// emittedWeights counts the head of a flow of K maps whose parameters the encoder emits.
func emittedWeights(size func(latent, steps int) int) func(c Config, h int64) int64 {
	return func(c Config, h int64) int64 { return h * int64(size(c.Latent, c.FlowSteps)) }
}

// planarFlow is K planar maps whose parameters the encoder emits (Rezende & Mohamed 2015, section
// 4.2).
func planarFlow(c Config, s *model.Scope, h *g.Node) bij.Bijector {
	return bij.NewAmortizedPlanar(s, c.Latent, c.FlowSteps, zeroHead(s.In("head"), h, bij.PlanarSize(c.Latent, c.FlowSteps)))
}

// radialFlow is K radial maps whose parameters the encoder emits.
func radialFlow(c Config, s *model.Scope, h *g.Node) bij.Bijector {
	return bij.NewAmortizedRadial(s, c.Latent, c.FlowSteps, zeroHead(s.In("head"), h, bij.RadialSize(c.Latent, c.FlowSteps)))
}

// Of Sylvester's maps: the most columns of an orthogonal matrix, and reflections of a Householder
// one (van den Berg et al. 2018, section 6.1, take 8 of the latter and 16 or 32 columns).
const (
	sylvesterColumns     = 8
	sylvesterReflections = 8
)

// sylvesterSize is the number of parameters of K maps with a free Q.
func sylvesterSize(n, k int) int {
	m := min(n, sylvesterColumns)
	return bij.SylvesterSize(m, k, n*m)
}

// sylvesterFlow is K Sylvester maps whose parameters, orthogonal Q among them, the encoder emits
// (van den Berg et al. 2018, section 4.1).
func sylvesterFlow(c Config, s *model.Scope, h *g.Node) bij.Bijector {
	delta := zeroHead(s.In("head"), h, sylvesterSize(c.Latent, c.FlowSteps))
	return bij.NewOrthogonalSylvester(s, c.Latent, min(c.Latent, sylvesterColumns), c.FlowSteps, delta)
}

// householderSize is the number of parameters of K maps with a Q of reflections.
func householderSize(n, k int) int { return bij.SylvesterSize(n, k, sylvesterReflections*n) }

// householderFlow has Q of reflections (van den Berg et al. 2018, section 4.2).
func householderFlow(c Config, s *model.Scope, h *g.Node) bij.Bijector {
	delta := zeroHead(s.In("head"), h, householderSize(c.Latent, c.FlowSteps))
	return bij.NewHouseholderSylvester(s, c.Latent, sylvesterReflections, c.FlowSteps, delta)
}

// triangularSize is the number of parameters of K maps with a fixed Q.
func triangularSize(n, k int) int { return bij.SylvesterSize(n, k, 0) }

// triangularFlow has Q by turns the identity and the reversal (van den Berg et al. 2018, section
// 4.3).
func triangularFlow(c Config, s *model.Scope, h *g.Node) bij.Bijector {
	return bij.NewTriangularSylvester(s, c.Latent, c.FlowSteps, zeroHead(s.In("head"), h, triangularSize(c.Latent, c.FlowSteps)))
}

// splineFlow is K couplings by rational-quadratic splines that see the encoder's features, each
// half by turns (Durkan et al. 2019); a code of one dimension has splines of its features alone.
func splineFlow(c Config, s *model.Scope, h *g.Node) bij.Bijector {
	var chain bij.Chain
	net := bij.Net{Hidden: []int{splineWidth}, Context: h}
	for k := range c.FlowSteps {
		at := s.In(fmt.Sprintf("step%d", k))
		if c.Latent == 1 {
			chain = append(chain, bij.NewSplineAutoregressive(at, 1, bij.SplineLaw{}, net))
			continue
		}
		chain = append(chain, bij.NewSplineCoupling(at, c.Latent, k%2 == 1, bij.SplineLaw{}, net))
	}
	return chain
}

// splineWidth is the width of a coupling's network.
const splineWidth = 128

// splineWeights counts the weights of the couplings, or some more.
func splineWeights(c Config, h int64) int64 {
	l := int64(c.Latent)
	return int64(c.FlowSteps) * splineWidth * (l + h + l*int64(bij.SplineLaw{}.Params()))
}

// iafFlow is K inverse autoregressive steps that see the encoder's features, the order of the
// elements turned round between them (Kingma et al. 2016, algorithm 1).
func iafFlow(c Config, s *model.Scope, h *g.Node) bij.Bijector {
	var chain bij.Chain
	for k := range c.FlowSteps {
		if k > 0 {
			chain = append(chain, bij.NewReverse(c.Latent))
		}
		net := bij.Net{Hidden: []int{iafWidth(c.Latent)}, Context: h}
		chain = append(chain, bij.NewIAF(s.In(fmt.Sprintf("step%d", k)), c.Latent, net))
	}
	return chain
}

// iafWidth is the width of an autoregressive network: 16 units an element, at most 1,024.
func iafWidth(latent int) int { return max(latent, min(1024, 16*latent)) }

// iafWeights counts the weights of the steps.
func iafWeights(c Config, h int64) int64 {
	return int64(c.FlowSteps) * int64(iafWidth(c.Latent)) * (3*int64(c.Latent) + h)
}
