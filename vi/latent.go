package vi

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// Latent is a latent-variable model at a batch of data: x ~ p(x|z), z ~ p(z), with the
// guide q(z|x). Guide and prior may be of numbers, with log-densities B×L, or have event axes,
// such as a normal distribution with a full covariance or a flow, with log-densities B.
type Latent struct {
	// Q is q(z|x), B×L. It is a [dist.Reparameterized] or a [Scored] distribution but for
	// estimators of the score function, which take any.
	Q dist.Distribution
	// P is p(z), broadcast against B×L.
	P dist.Distribution
	// Decode returns p(x|z) for rows of z.
	Decode func(z *g.Node) dist.Distribution
}

// Scored is a guide that gives the log-density of its own draws along with them, as flows do
// whose inverse has no closed form. Its draws are differentiable.
type Scored interface {
	dist.Distribution
	// RsampleLogProb returns M draws as M×shape, and ln q of each with the batch axes.
	RsampleLogProb(s *model.Scope, name string, m int) (z, logQ *g.Node)
}

// rsample returns M draws with a gradient, M×B×L.
func (l Latent) rsample(s *model.Scope, m int) *g.Node {
	switch q := l.Q.(type) {
	case dist.Reparameterized:
		return q.Rsample(s, "z", m)
	case Scored:
		z, _ := q.RsampleLogProb(s, "z", m)
		return z
	}
	panic(fmt.Errorf("vi: guide: got %T, whose draws have no gradient, want a reparameterized one or an objective of the score function", l.Q))
}

// draw returns M draws, M×B×L, with ln q of each, M×B, or M×B×L for a guide of numbers. It
// tells whether the draws have a gradient.
func (l Latent) draw(s *model.Scope, m int) (z, logQ *g.Node, pathwise bool) {
	switch q := l.Q.(type) {
	case Scored:
		z, logQ = q.RsampleLogProb(s, "z", m)
		return z, logQ, true
	case dist.Reparameterized:
		z = q.Rsample(s, "z", m)
		return z, q.LogProb(z), true
	}
	z = g.StopGradient(l.Q.Sample(s, "z", m))
	return z, l.Q.LogProb(z), false
}

// Joint returns ln p(x|z) and ln p(z), M×B each, for z of M×B×L.
func (l Latent) Joint(x, z *g.Node) (logLik, logPrior *g.Node) {
	logPrior = perDatum(l.P.LogProb(z))
	return l.logLik(x, z), g.BroadcastToDims(logPrior, z.Shape().Dimensions[:2]...)
}

// FromPrior returns M draws of z ~ p(z) for each of B data, M×B×L.
func (l Latent) FromPrior(s *model.Scope, name string, m, b int) *g.Node {
	d := l.P.Mean().Shape().Dimensions
	if d[0] == b {
		return l.P.Sample(s, name, m)
	}
	if d[0] != 1 {
		panic(fmt.Errorf("vi: prior: got %d rows, want 1 or %d", d[0], b))
	}
	return g.Reshape(l.P.Sample(s, name, m*b), append([]int{m, b}, d[1:]...)...)
}

// logLik returns ln p(x|z), M×B, for z of M×B×L. The draws are decoded as one batch.
func (l Latent) logLik(x, z *g.Node) *g.Node {
	d := z.Shape().Dimensions
	m, b := d[0], d[1]
	flat := g.Reshape(z, append([]int{m * b}, d[2:]...)...)
	if m > 1 {
		row := x.Shape().Dimensions[1:]
		all := g.BroadcastToDims(g.ExpandAxes(x, 0), append([]int{m, b}, row...)...)
		x = g.Reshape(all, append([]int{m * b}, row...)...)
	}
	return g.Reshape(special.SumDims(l.Decode(flat).LogProb(x)), m, b)
}

// perDatum sums log-densities over all axes beyond those of draws and data: M×B×… to M×B.
func perDatum(x *g.Node) *g.Node {
	for x.Rank() > 2 {
		x = g.ReduceSum(x, -1)
	}
	return x
}

// byDim gives a KL divergence or an entropy the axes B×L; it is B×1 for distributions with
// event axes, whose value cannot be split by dimension.
func byDim(x *g.Node) *g.Node {
	for x.Rank() > 2 {
		x = g.ReduceSum(x, -1)
	}
	if x.Rank() == 1 {
		x = g.ExpandAxes(x, -1)
	}
	return x
}

// ratio returns the mean over the draws of ln q − ln p, B×L where both are by number, else B×1.
func ratio(logQ, logP *g.Node) *g.Node {
	if logQ.Rank() != logP.Rank() {
		logQ, logP = perDatum(logQ), perDatum(logP)
	}
	return byDim(g.ReduceMean(g.Sub(logQ, logP), 0))
}
