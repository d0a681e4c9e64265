package vi

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/special"
)

// Enumerated is a latent variable of C states that is summed over instead of drawn: every
// quantity is exact. The tables have the states first.
type Enumerated struct {
	LogLik *g.Node // ln p(x|z = c), C×B
	LogP   *g.Node // ln p(z = c), C×B or C×1
	LogQ   *g.Node // ln q(z = c|x), C×B
}

// Terms returns the terms of the ELBO (Kingma et al. 2014, eq. 7), without Monte-Carlo error:
// the log-likelihood 1×B and the KL divergence B×1.
func (e Enumerated) Terms() Terms {
	q := g.Exp(e.LogQ)
	kl := g.ReduceSum(finiteProduct(q, g.Sub(e.LogQ, e.LogP)), 0)
	return Terms{
		LogLik: g.ExpandAxes(g.ReduceSum(finiteProduct(q, e.LogLik), 0), 0),
		KL:     g.ExpandAxes(kl, -1),
		Kind:   KindELBO,
	}
}

// Evidence returns ln p(x) = ln Σ_c p(x|z = c) p(z = c), B.
func (e Enumerated) Evidence() *g.Node { return special.LogSumExp(g.Add(e.LogLik, e.LogP), 0) }

// Posterior returns ln p(z = c|x), C×B.
func (e Enumerated) Posterior() *g.Node {
	return g.Sub(g.Add(e.LogLik, e.LogP), g.ExpandAxes(e.Evidence(), 0))
}

// States decodes all C states of a one-hot code for each datum: it returns LogLik for a decoder
// that gives ln p(x|z), B·C values, for codes z of (C·B)×C beside rows x of (C·B)×D.
func States(x *g.Node, c int, logLik func(x, z *g.Node) *g.Node) *g.Node {
	b := x.Shape().Dim(0)
	row := x.Shape().Dimensions[1:]
	rows := g.BroadcastToDims(g.ExpandAxes(x, 0), append([]int{c, b}, row...)...)
	eye := g.ConvertDType(g.Diagonal(x.Graph(), c), x.DType())
	codes := g.BroadcastToDims(g.ExpandAxes(eye, 1), c, b, c)
	out := logLik(g.Reshape(rows, append([]int{c * b}, row...)...), g.Reshape(codes, c*b, c))
	return g.Reshape(out, c, b)
}

// finiteProduct is p·x with 0 where p is 0, also if x is infinite there.
func finiteProduct(p, x *g.Node) *g.Node {
	zero := g.Equal(p, g.ZerosLike(p))
	return g.Mul(p, g.Where(zero, g.ZerosLike(g.Add(p, x)), g.Add(x, g.ZerosLike(p))))
}
