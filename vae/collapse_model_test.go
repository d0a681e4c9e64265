package vae_test

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

func init() {
	vae.Register(vae.Spec{
		Name: "test-collapse", Summary: "VAE whose decoder needs no code, for tests", Fixed: []string{"bernoulli"}, Gaussian: true,
		New: func(c vae.Config) vae.Model { return autoregressive{c} },
	})
}

// autoregressive is p(x|z) = ∏_d Bernoulli(x_d | x_<d, z) with a hidden layer a bit: a decoder that can be
// the law of the rows by itself, so that nothing makes it use z (Bowman et al. 2016).
type autoregressive struct{ vae.Config }

// autoregressiveWidth is the number of hidden units a bit.
const autoregressiveWidth = 8

func (m autoregressive) Latent(s *model.Scope, b vae.Batch) vi.Latent {
	q := m.GaussianGuide(s.In("encoder"), b.X)
	return vi.Latent{Q: q, P: vae.NormalPrior(m.Config, s, b.Size()), Decode: func(z *g.Node) dist.Distribution { return m.Decode(s, b.Code(z)) }}
}

func (m autoregressive) Terms(s *model.Scope, b vae.Batch, e vi.Estimator) vi.Terms {
	return e.ELBO(s, b.X, m.Latent(s, b))
}

func (m autoregressive) Encode(s *model.Scope, b vae.Batch) (mean, variance *g.Node) {
	q := m.GaussianGuide(s.In("encoder"), b.X)
	return q.Mean(), q.Variance()
}

func (m autoregressive) Decode(s *model.Scope, c vae.Code) dist.Distribution {
	logits := func(x *g.Node) *g.Node { return m.logits(s.In("decoder"), x, c.Z) }
	zeros := g.ZerosLike(g.BroadcastToDims(g.Slice(c.Z, g.AxisRange(), g.AxisRange(0, 1)), c.Z.Shape().Dim(0), m.Dim))
	return bitByBit{dist.Bernoulli{Logits: logits(zeros)}, logits}
}

func (m autoregressive) Prior(s *model.Scope, n int) dist.Distribution {
	return vae.NormalPrior(m.Config, s, n)
}

// logits are those of the bits of x, B×D, each given z and the three bits before it: by hidden units of
// which each bit has its own for z, and all have the same for bits.
func (m autoregressive) logits(s *model.Scope, x, z *g.Node) *g.Node {
	const reach = 3
	d, h, l := m.Dim, autoregressiveWidth, m.Config.Latent
	signs := g.AddScalar(g.MulScalar(x, 2), -1)
	hidden := g.Reshape(g.Dot(z, s.Param("code", model.FanIn(l), l, d*h)).Product(), -1, d, h)
	for back := 1; back <= reach; back++ {
		none := g.ZerosLike(g.Slice(x, g.AxisRange(), g.AxisRange(0, back)))
		shifted := g.Concatenate([]*g.Node{none, g.Slice(signs, g.AxisRange(), g.AxisRange(0, d-back))}, 1)
		w := s.Param(fmt.Sprint("bit", back), model.Constant(.5*float64(1/back)), h) // the bit before decides at first
		hidden = g.Add(hidden, g.Mul(g.ExpandAxes(shifted, -1), g.Reshape(w, 1, 1, h)))
	}
	hidden = g.Tanh(g.Add(hidden, g.Reshape(s.Param("bias", model.Constant(0), h), 1, 1, h)))
	out := g.Mul(hidden, g.Reshape(s.Param("out", model.Constant(.5), h), 1, 1, h))
	return g.Add(g.ReduceSum(out, -1), g.ExpandAxes(s.Param("level", model.Constant(0), d), 0))
}

// bitByBit has the log-density of the bits one after the other. Its moments and draws are those of bits
// that see zeros before them.
type bitByBit struct {
	dist.Bernoulli
	logits func(x *g.Node) *g.Node
}

func (d bitByBit) LogProb(x *g.Node) *g.Node { return dist.Bernoulli{Logits: d.logits(x)}.LogProb(x) }
