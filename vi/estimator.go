package vi

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// Latent is a latent-variable model at a batch of data: x ~ p(x|z), z ~ p(z), with the
// guide q(z|x).
type Latent struct {
	Q      dist.Reparameterized              // q(z|x), B×L
	P      dist.Distribution                 // p(z), broadcast against B×L
	Decode func(z *g.Node) dist.Distribution // p(x|z) for rows of z
}

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
}

// draws returns M, at least 1.
func (e Estimator) draws() int { return max(1, e.Samples) }

// ELBO returns the terms of E_q[ln p(x|z)] − KL(q(z|x) ‖ p(z)) for x, B×D.
func (e Estimator) ELBO(s *model.Scope, x *g.Node, l Latent) Terms {
	m := e.draws()
	z := l.Q.Rsample(s, "z", m) // M×B×L
	t := Terms{LogLik: l.logLik(x, z), Kind: KindELBO}
	if kl, ok := dist.KL(l.Q, l.P); ok && !e.MonteCarloKL {
		t.KL = kl
	} else {
		t.KL = g.ReduceMean(g.Sub(l.Q.LogProb(z), l.P.LogProb(z)), 0)
	}
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
	z := l.Q.Rsample(s, "z", e.draws())
	joint := g.Add(l.logLik(x, z), g.ReduceSum(l.P.LogProb(z), -1))
	return g.Add(joint, g.ExpandAxes(g.ReduceSum(q.Entropy(), -1), 0))
}

// LogWeights returns ln p(x|z) + ln p(z) − ln q(z|x) for K draws of z a datum, K×B: the
// importance weights behind IWAE bounds and the importance-sampled evidence (Burda et al.
// 2016, eq. 8).
func LogWeights(s *model.Scope, x *g.Node, l Latent, k int) *g.Node {
	z := l.Q.Rsample(s, "z", k)
	ratio := g.Sub(l.P.LogProb(z), l.Q.LogProb(z))
	return g.Add(l.logLik(x, z), g.ReduceSum(ratio, -1))
}

// logLik returns ln p(x|z), M×B, for z of M×B×L. The draws are decoded as one batch.
func (l Latent) logLik(x, z *g.Node) *g.Node {
	d := z.Shape().Dimensions
	m, b := d[0], d[1]
	flat := g.Reshape(z, m*b, d[2])
	if m > 1 {
		x = g.Reshape(g.BroadcastToDims(g.ExpandAxes(x, 0), m, b, x.Shape().Dim(1)), m*b, x.Shape().Dim(1))
	}
	return g.Reshape(special.SumDims(l.Decode(flat).LogProb(x)), m, b)
}

// roll moves every datum's draws to the next datum of the batch.
func roll(z *g.Node) *g.Node {
	if z.Shape().Dim(1) < 2 {
		return z
	}
	last := g.Slice(z, g.AxisRange(), g.AxisRange(-1), g.AxisRange())
	rest := g.Slice(z, g.AxisRange(), g.AxisRange(0, -1), g.AxisRange())
	return g.Concatenate([]*g.Node{last, rest}, 1)
}
