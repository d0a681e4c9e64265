package expost

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
)

// The distributions of the codes of a two-stage VAE.

// ladder is p(z, u) of n rows, n×2L.
type ladder struct {
	of   *twoStage
	s    *model.Scope
	rows int
}

// LogProb implements [dist.Distribution].
func (d ladder) LogProb(both *g.Node) *g.Node {
	z, u := d.of.parts(both)
	return g.ReduceSum(g.Add(dist.StandardNormal(u).LogProb(u), d.of.down(d.s, u).LogProb(z)), -1)
}

// Mean is NaN: that of z has no closed form.
func (d ladder) Mean() *g.Node { return unknown(d.of.Config, d.s, d.rows, 2*d.of.Config.Latent) }

// Variance is NaN like the mean.
func (d ladder) Variance() *g.Node { return d.Mean() }

// Sample implements [dist.Distribution].
func (d ladder) Sample(s *model.Scope, name string, m int) *g.Node {
	u := s.In(name).Normal("u", m, d.rows, d.of.Config.Latent)
	z := g.Squeeze(d.of.down(d.s, u).Sample(s.In(name), "z", 1), 0)
	return g.StopGradient(g.Concatenate([]*g.Node{z, u}, -1))
}

// codesOf is p(z) = ∫ p(z|u) p(u) du, to draw from.
type codesOf struct{ ladder }

// LogProb is NaN: the integral has no closed form.
func (d codesOf) LogProb(z *g.Node) *g.Node {
	return g.AddScalar(g.ReduceSum(g.ZerosLike(z), -1), math.NaN())
}

// Mean is NaN: it has no closed form.
func (d codesOf) Mean() *g.Node { return unknown(d.of.Config, d.s, d.rows, d.of.Config.Latent) }

// Variance is NaN like the mean.
func (d codesOf) Variance() *g.Node { return d.Mean() }

// Sample implements [dist.Distribution].
func (d codesOf) Sample(s *model.Scope, name string, m int) *g.Node {
	z, _ := d.of.parts(d.ladder.Sample(s, name, m))
	return z
}

// unknown is an array of NaN.
func unknown(c vae.Config, s *model.Scope, dims ...int) *g.Node {
	return g.BroadcastToDims(g.Scalar(s.Graph(), s.DType(), math.NaN()), dims...)
}

// climb is q(z, u|x) = q(z|x) q(u|z), B×2L.
type climb struct {
	ladder
	first dist.Normal // q(z|x)
}

// LogProb implements [dist.Distribution].
func (d climb) LogProb(both *g.Node) *g.Node {
	z, u := d.of.parts(both)
	return g.ReduceSum(g.Add(d.first.LogProb(z), d.of.up(d.s, z).LogProb(u)), -1)
}

// Sample implements [dist.Distribution].
func (d climb) Sample(s *model.Scope, name string, m int) *g.Node { return d.Rsample(s, name, m) }

// Rsample implements [dist.Reparameterized].
func (d climb) Rsample(s *model.Scope, name string, m int) *g.Node {
	z := d.first.Rsample(s, name, m)
	u := g.Squeeze(d.of.up(d.s, z).Rsample(s.In(name), "u", 1), 0)
	return g.Concatenate([]*g.Node{z, u}, -1)
}
