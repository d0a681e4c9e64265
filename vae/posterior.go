package vae

import (
	"fmt"
	"slices"
	"strings"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/bij"
	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vi"
)

// posteriors holds the families of q(z|x) beside the diagonal normal distribution: each builds
// the map that bends it from the encoder's features h.
var posteriors = []struct {
	name string
	flow func(c Config, s *model.Scope, h *g.Node) bij.Bijector
}{
	{"planar", planarFlow},
	{"iaf", iafFlow},
}

// normalPosterior is the usual family.
const normalPosterior = "normal"

// PosteriorNames lists the families of q(z|x).
func PosteriorNames() []string {
	out := []string{normalPosterior}
	for _, p := range posteriors {
		out = append(out, p.name)
	}
	return out
}

// maxFlowSteps bounds the maps of a flow, each of which is a part of the graph.
const maxFlowSteps = 1000

// checkPosterior tells whether the model can have the family of guides.
func (c Config) checkPosterior(s Spec) error {
	switch {
	case c.Posterior == "" || c.Posterior == normalPosterior:
		return nil
	case !slices.Contains(PosteriorNames(), c.Posterior):
		return fmt.Errorf("vae: %s: posterior: got %q, want one of %s", s.Name, c.Posterior, strings.Join(PosteriorNames(), ", "))
	case !s.Flows:
		return fmt.Errorf("vae: %s: posterior: got %q, want %s: its guide is its own", s.Name, c.Posterior, normalPosterior)
	case c.FlowSteps < 1 || c.FlowSteps > maxFlowSteps:
		return fmt.Errorf("vae: %s: steps of the posterior's flow: got %d, want 1 to %d", s.Name, c.FlowSteps, maxFlowSteps)
	}
	return nil
}

// bent tells whether the guide is a flow.
func (c Config) bent() bool { return c.Posterior != "" && c.Posterior != normalPosterior }

// planarFlow is K planar maps whose parameters the encoder emits (Rezende & Mohamed 2015, section
// 4.2). It starts near the identity: the head of its parameters starts at zero.
func planarFlow(c Config, s *model.Scope, h *g.Node) bij.Bijector {
	return bij.NewAmortizedPlanar(s, c.Latent, c.FlowSteps, zeroHead(s.In("head"), h, bij.PlanarSize(c.Latent, c.FlowSteps)))
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

// posteriorWeights counts the weights of the flow of the guide.
func (c Config) posteriorWeights() int64 {
	l, h, k := int64(c.Latent), int64(c.Dim), int64(c.FlowSteps)
	if n := len(c.Hidden); n > 0 {
		h = int64(c.Hidden[n-1])
	}
	switch c.Posterior {
	case "planar":
		return h * int64(bij.PlanarSize(c.Latent, c.FlowSteps))
	case "iaf":
		return k * int64(iafWidth(c.Latent)) * (3*l + h)
	}
	return 0
}

// ClosedKL tells whether the guide has its KL divergence and its entropy in closed form.
func (n *Network) ClosedKL() bool { return !n.Config.bent() }

// zeroHead is a dense layer that starts at zero.
func zeroHead(s *model.Scope, h *g.Node, out int) *g.Node {
	in := h.Shape().Dim(-1)
	w := s.Param("weight", model.Constant(0), in, out)
	return g.Add(g.Dot(h, w).Product(), g.ExpandAxes(s.Param("bias", model.Constant(0), out), 0))
}

// flowed is the variational autoencoder whose guide is a normal distribution bent by a flow,
//
//	z = f_K(… f_1(z₀; h) …; h),  z₀ ~ N(μ(h), diag σ²(h)),  h = net(x),
//	ln q(z|x) = ln q₀(z₀) − Σ_k ln|det ∂f_k|
//
// (Rezende & Mohamed 2015, eq. 15). The prior is evaluated at z, the end of the flow.
type flowed struct {
	cfg  Config
	flow func(c Config, s *model.Scope, h *g.Node) bij.Bijector
}

// newFlowed builds the model of a checked configuration.
func newFlowed(c Config) Model {
	for _, p := range posteriors {
		if p.name == c.Posterior {
			return flowed{c, p.flow}
		}
	}
	panic(fmt.Errorf("vae: posterior: got %q, want one of %s", c.Posterior, strings.Join(PosteriorNames(), ", ")))
}

// guide is q(z|x).
func (m flowed) guide(s *model.Scope, x *g.Node) bij.Flow {
	s = s.In("encoder")
	h := m.cfg.features(s, x)
	q := m.cfg.heads(s, h)
	return bij.Flow{Of: m.flow(m.cfg, s.In("flow"), h), Loc: q.Loc, LogScale: q.LogScale}
}

// Terms implements [Model].
func (m flowed) Terms(s *model.Scope, x *g.Node, e vi.Estimator) vi.Terms {
	return e.ELBO(s, x, m.Latent(s, x))
}

// Latent implements [Probabilistic].
func (m flowed) Latent(s *model.Scope, x *g.Node) vi.Latent {
	q := m.guide(s, x)
	return vi.Latent{Q: q, P: dist.StandardNormal(q.Loc), Decode: func(z *g.Node) dist.Distribution { return m.Decode(s, z) }}
}

// momentPairs is the number of antithetic pairs of draws behind the moments of a flow.
const momentPairs = 16

// Encode implements [Encoder] with the moments of 16 antithetic pairs of draws of z₀ whose
// second moments are one, so that they are exact for a flow that is affine by element. All data
// have the same noise: the code of a row does not depend on the rows beside it.
func (m flowed) Encode(s *model.Scope, x *g.Node) (mean, variance *g.Node) {
	q := m.guide(s, x)
	eps := s.Normal("moments", momentPairs, 1, m.cfg.Latent)
	eps = g.Mul(eps, g.Reciprocal(g.Sqrt(g.ReduceAndKeep(g.Square(eps), g.ReduceMean, 0))))
	eps = g.Concatenate([]*g.Node{eps, g.Neg(eps)}, 0)
	z0 := g.Add(g.ExpandAxes(q.Loc, 0), g.Mul(g.ExpandAxes(g.Exp(q.LogScale), 0), eps))
	z, _ := q.Of.Forward(z0)
	mean = g.ReduceMean(z, 0)
	return mean, g.ReduceMean(g.Square(g.Sub(z, g.ExpandAxes(mean, 0))), 0)
}

// Decode implements [Decoder].
func (m flowed) Decode(s *model.Scope, z *g.Node) dist.Distribution {
	return m.cfg.mirrored(s.In("decoder"), z)
}

// Prior implements [Generator].
func (m flowed) Prior(s *model.Scope, n int) dist.Distribution {
	return amortized{latent: m.cfg.Latent}.Prior(s, n)
}
