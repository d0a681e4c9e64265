package vi

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
)

// ARM returns E f(z) over z_l ~ Bernoulli(σ(φ_l)), B, for logits φ of B×L, with the gradient
// of augment-REINFORCE-merge (Yin & Zhou 2019, eq. 9),
//
//	∂/∂φ_l = E_u (f(z′) − f(z)) (u_l − ½),  z′_l = 1[u_l > σ(−φ_l)],  z_l = 1[u_l < σ(φ_l)].
//
// The value is the mean of both evaluations; f maps B×L to B, and its own parameters get the
// gradient of that mean.
func ARM(s *model.Scope, name string, q dist.Bernoulli, f func(z *g.Node) *g.Node) *g.Node {
	u := s.Uniform(name, q.Logits.Shape().Dimensions...)
	as := func(hit *g.Node) *g.Node { return g.ConvertDType(hit, u.DType()) }
	probs := g.StopGradient(q.Mean())
	far := f(as(g.GreaterThan(u, g.StopGradient(g.Logistic(g.Neg(q.Logits))))))
	near := f(as(g.LessThan(u, probs)))
	slope := g.Mul(g.ExpandAxes(g.Sub(far, near), -1), g.AddScalar(u, -.5))
	value := g.MulScalar(g.Add(far, near), .5)
	return g.Add(value, withValue(g.ZerosLike(value), g.ReduceSum(g.Mul(g.StopGradient(slope), q.Logits), -1)))
}
