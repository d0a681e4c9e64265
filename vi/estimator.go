package vi

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
)

// Estimator says how the terms of a bound are estimated. The zero value draws one sample and
// uses the closed form of the KL divergence.
type Estimator struct {
	// Samples is M, the draws of z a datum; 0 means 1. More draws lower the variance of the
	// estimate, not its expectation (Kingma & Welling 2014, eq. 7).
	Samples int
	// MonteCarloKL estimates the KL divergence from the draws, as ln q(z|x) − ln p(z).
	MonteCarloKL bool
	// Shuffle also decodes the draws of the neighbouring datum (see [Terms.Shuffled]).
	Shuffle bool
	// Objective is the bound that training maximises and the estimator of its gradient; nil is
	// the ELBO by its terms. It decides the number of draws.
	Objective Objective
}

// Draws returns the draws of z a datum, at least 1.
func (e Estimator) Draws() int {
	if e.Objective != nil {
		return e.Objective.Draws()
	}
	return max(1, e.Samples)
}

// ELBO returns the terms of E_q[ln p(x|z)] − KL(q(z|x) ‖ p(z)) for x, B×D, and with an
// objective its bound besides.
func (e Estimator) ELBO(s *model.Scope, x *g.Node, l Latent) Terms {
	if e.Objective != nil {
		return e.weighted(s, x, l)
	}
	m := e.Draws()
	t := Terms{Kind: KindELBO}
	var z *g.Node
	if kl, ok := dist.KL(l.Q, l.P); ok && !e.MonteCarloKL {
		z = l.rsample(s, m) // M×B×L
		t.KL = byDim(kl)
	} else {
		var logQ *g.Node
		var pathwise bool
		if z, logQ, pathwise = l.draw(s, m); !pathwise {
			l.rsample(s, m) // which says what is wanted
		}
		t.KL = ratio(logQ, l.P.LogProb(z))
	}
	t.LogLik, t.Z = l.logLik(x, z), z
	if e.Shuffle {
		t.Shuffled = l.logLik(x, roll(z))
	}
	return t
}

// JointForm returns the per-datum ELBO in its other form, E_q[ln p(x, z)] + H[q], M×B, for
// the same draws as [Estimator.ELBO] with equal noise.
func (e Estimator) JointForm(s *model.Scope, x *g.Node, l Latent) *g.Node {
	q, ok := l.Q.(dist.Entropic)
	if !ok {
		panic(fmt.Errorf("vi: the entropy of %T has no closed form here", l.Q))
	}
	z := l.rsample(s, e.Draws())
	joint := g.Add(l.logLik(x, z), perDatum(l.P.LogProb(z)))
	return g.Add(joint, g.ExpandAxes(g.ReduceSum(byDim(q.Entropy()), -1), 0))
}

// LogWeights returns ln p(x|z) + ln p(z) − ln q(z|x) for K draws of z a datum, K×B: the
// importance weights behind IWAE bounds and the importance-sampled evidence (Burda et al.
// 2016, eq. 8).
func LogWeights(s *model.Scope, x *g.Node, l Latent, k int) *g.Node {
	z, logQ, _ := l.draw(s, k)
	prior := g.Sub(perDatum(l.P.LogProb(z)), perDatum(logQ))
	return g.Add(l.logLik(x, z), prior)
}

// roll moves every datum's draws to the next datum of the batch.
func roll(z *g.Node) *g.Node {
	if z.Shape().Dim(1) < 2 {
		return z
	}
	last := g.Slice(z, g.AxisRange(), g.AxisRange(-1))
	rest := g.Slice(z, g.AxisRange(), g.AxisRange(0, -1))
	return g.Concatenate([]*g.Node{last, rest}, 1)
}
