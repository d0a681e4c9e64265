package eval

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vi"
)

// transition is one Hamiltonian Monte-Carlo move of chains C×N×L that leaves
//
//	p_β(z) ∝ p(z) p(x|z)^β
//
// invariant (Neal 2011, section 3.2): fresh momenta, leapfrog steps of size ε, and acceptance
// with probability min(1, e^−ΔH), which is returned beside the new z and its ln p(x|z), C×N. A
// chain's ε is drawn from half to one and a half of the given size, so that no path closes on
// itself (Neal 2011, section 4.2).
func transition(s *model.Scope, l vi.Latent, x, z, step, beta *g.Node, leapfrogs int) (next, accepted, logLik *g.Node) {
	d := z.Shape().Dimensions
	energy := func(z *g.Node) (logP, logLik *g.Node) {
		lik, prior := l.Joint(x, z)
		return g.Add(prior, g.Mul(beta, lik)), lik
	}
	slope := func(z *g.Node) *g.Node {
		logP, _ := energy(z)
		return g.Gradient(g.ReduceAllSum(logP), z)[0]
	}
	eps := g.Mul(step, g.AddScalar(s.Uniform("jitter", d[:2]...), .5))
	for eps.Rank() < len(d) {
		eps = g.ExpandAxes(eps, -1)
	}
	kinetic := func(p *g.Node) *g.Node {
		sum := g.Square(p)
		for sum.Rank() > 2 {
			sum = g.ReduceSum(sum, -1)
		}
		return g.MulScalar(sum, .5)
	}
	half := g.MulScalar(eps, .5)
	start, p := z, s.Normal("momentum", d...)
	before, likBefore := energy(start)
	h := g.Sub(before, kinetic(p))
	p = g.Add(p, g.Mul(half, slope(z)))
	for i := range leapfrogs {
		z = g.Add(z, g.Mul(eps, p))
		kick := eps
		if i == leapfrogs-1 {
			kick = half
		}
		p = g.Add(p, g.Mul(kick, slope(z)))
	}
	after, likAfter := energy(z)
	change := g.Sub(g.Sub(after, kinetic(p)), h) // −ΔH
	probability := g.Exp(g.Min(change, g.ZerosLike(change)))
	// A divergent path has an energy that is not finite: it is refused.
	finite := g.LogicalAnd(g.IsFinite(change), g.IsFinite(likAfter))
	probability = g.Where(finite, probability, g.ZerosLike(probability))
	accept := g.LessThan(s.Uniform("accept", d[:2]...), probability)
	pick := accept
	for pick.Rank() < len(d) {
		pick = g.ExpandAxes(pick, -1)
	}
	next = g.Where(g.BroadcastToDims(pick, d...), z, start)
	return next, probability, g.Where(accept, likAfter, likBefore)
}

// likelihood is ln p(x|z) of chains, C×N.
func likelihood(l vi.Latent, x, z *g.Node) *g.Node {
	lik, _ := l.Joint(x, z)
	return lik
}
