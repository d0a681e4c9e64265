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

// posteriorFamily is a family of q(z|x) beside the diagonal normal distribution.
type posteriorFamily struct {
	name string
	// flow is the map that bends the normal distribution, from the encoder's features h.
	flow func(c Config, s *model.Scope, h *g.Node) bij.Bijector
	// weights counts the weights of the flow for features of so many values.
	weights func(c Config, h int64) int64
	// white tells that the flow bends ε ~ N(0, I) before the mean and the deviations come in: they
	// scale its parameters to a guide that may be narrow.
	white bool
}

// posteriors holds the families.
var posteriors = []posteriorFamily{
	{"planar", planarFlow, emittedWeights(bij.PlanarSize), true},
	{"radial", radialFlow, emittedWeights(bij.RadialSize), true},
	{"sylvester", sylvesterFlow, emittedWeights(sylvesterSize), true},
	{"householder", householderFlow, emittedWeights(householderSize), true},
	{"triangular", triangularFlow, emittedWeights(triangularSize), true},
	{"spline", splineFlow, splineWeights, true},
	{"iaf", iafFlow, iafWeights, false},
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

// posteriorWeights counts the weights of the flow of the guide.
func (c Config) posteriorWeights() int64 {
	h := int64(c.Dim)
	if n := len(c.Hidden); n > 0 {
		h = int64(c.Hidden[n-1])
	}
	for _, p := range posteriors {
		if p.name == c.Posterior {
			return p.weights(c, h)
		}
	}
	return 0
}

// ClosedKL tells whether the guide has its KL divergence and its entropy in closed form.
func (n *Network) ClosedKL() bool {
	_, open := n.Model.(interface{ OpenKL() })
	return !open && !n.Config.bent() && n.Config.priorFamily().closed
}

// flowed is the variational autoencoder whose guide is a normal distribution bent by a flow,
//
//	z = f_K(… f_1(z₀; h) …; h),  z₀ ~ N(μ(h), diag σ²(h)),  h = net(x),
//	ln q(z|x) = ln q₀(z₀) − Σ_k ln|det ∂f_k|
//
// (Rezende & Mohamed 2015, eq. 15), or the affine map of a flow of noise, z = μ + σf_K(… f_1(ε)),
// which for planar maps is the same family. The prior is evaluated at z, the end of the flow.
type flowed struct {
	cfg    Config
	family posteriorFamily
}

// newFlowed builds the model of a checked configuration.
func newFlowed(c Config) Model {
	for _, p := range posteriors {
		if p.name == c.Posterior {
			return flowed{c, p}
		}
	}
	panic(fmt.Errorf("vae: posterior: got %q, want one of %s", c.Posterior, strings.Join(PosteriorNames(), ", ")))
}

// guide is q(z|x).
func (m flowed) guide(s *model.Scope, x *g.Node) bij.Flow {
	s = s.In("encoder")
	h := m.cfg.Features(s, x)
	q := m.cfg.Heads(s, h)
	f := m.family.flow(m.cfg, s.In("flow"), h)
	if !m.family.white {
		return bij.Flow{Of: f, Loc: q.Loc, LogScale: q.LogScale}
	}
	zero := g.ZerosLike(q.Loc)
	return bij.Flow{Of: bij.Chain{f, bij.Affine{Shift: q.Loc, LogScale: q.LogScale}}, Loc: zero, LogScale: zero}
}

// Terms implements [Model].
func (m flowed) Terms(s *model.Scope, b Batch, e vi.Estimator) vi.Terms {
	return e.ELBO(s, b.X, m.Latent(s, b))
}

// Latent implements [Probabilistic].
func (m flowed) Latent(s *model.Scope, b Batch) vi.Latent {
	q := m.guide(s, b.X)
	return vi.Latent{Q: q, P: m.cfg.CodePrior(s, b.Size()), Decode: func(z *g.Node) dist.Distribution { return m.Decode(s, b.Code(z)) }}
}

// momentPairs is the number of antithetic pairs of draws behind the moments of a flow.
const momentPairs = 16

// Encode implements [Encoder] with the moments of 16 antithetic pairs of draws of z₀ whose
// second moments are one, so that they are exact for a flow that is affine by element. All data
// have the same noise: the code of a row does not depend on the rows beside it.
func (m flowed) Encode(s *model.Scope, b Batch) (mean, variance *g.Node) {
	q := m.guide(s, b.X)
	eps := s.Normal("moments", momentPairs, 1, m.cfg.Latent)
	eps = g.Mul(eps, g.Reciprocal(g.Sqrt(g.ReduceAndKeep(g.Square(eps), g.ReduceMean, 0))))
	eps = g.Concatenate([]*g.Node{eps, g.Neg(eps)}, 0)
	z0 := g.Add(g.ExpandAxes(q.Loc, 0), g.Mul(g.ExpandAxes(g.Exp(q.LogScale), 0), eps))
	z, _ := q.Of.Forward(z0)
	mean = g.ReduceMean(z, 0)
	return mean, g.ReduceMean(g.Square(g.Sub(z, g.ExpandAxes(mean, 0))), 0)
}

// Decode implements [Decoder].
func (m flowed) Decode(s *model.Scope, c Code) dist.Distribution {
	return m.cfg.Mirrored(s.In("decoder"), c.Z)
}

// Prior implements [Generator].
func (m flowed) Prior(s *model.Scope, n int) dist.Distribution {
	return m.cfg.CodePrior(s, n)
}
