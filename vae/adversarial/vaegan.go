package adversarial

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/optim"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vae/nets"
	"github.com/elbo-go/elbo/vi"
)

func init() {
	vae.Register(vae.Spec{
		Name:     "vae-gan",
		Summary:  "VAE whose decoder a critic teaches: by its features on reconstructions, by its verdict on samples",
		Paper:    "Larsen et al. 2016",
		Sections: "D11",
		Measured: "a ring of 8 modes (radius 50 sd): 8 found with 3 seeds of 3, .89 to .91 of the samples within 3 sd; each loss moves its player alone, to the bit; MNIST, 10 epochs: own FID 1.14, 3.30 of the VAE with its nets, .16 of halves of the data",
		Test:     "vae/adversarial/vaegan_test.go, paper/vaegan_test.go",
		Nets:     append(nets.ImageNames(), nets.MLP),
		Fixed:    []string{"gaussian"},
		Momentum: .5,
		Unranked: true,
		Usual:    vae.Usual{LR: 5e-4, Epochs: 12},
		Weights:  func(c vae.Config) int64 { return c.Weights() + criticWeights(c, c.List("critic")) },
		Options: []vae.Option{
			{Name: "gamma", Usage: "weight of the critic's features against its verdict in the decoder's loss", Default: "0.01", Kind: vae.Number, Min: 0, Max: 1e6},
			{Name: "rest", Usage: "accuracy above which the critic rests; 1 is never", Default: "0.8", Kind: vae.Number, Min: .5, Max: 1},
			{Name: "r1", Usage: "weight of the critic's squared slope at data in its loss", Default: "0.1", Kind: vae.Number, Min: 0, Max: 1e6},
			{Name: "critic", Usage: "channels of the critic's convolutions of images", Default: "16,32", Kind: vae.List, Min: 1, Max: vae.MaxWidth, Small: "2"},
			gameOption(),
		},
		New: newVAEGAN,
	})
}

// vaeGAN is the VAE/GAN, with critic D, its features D_l and the losses
//
//	L_like = E_q(z|x) ½‖D_l(x) − D_l(x̃)‖²/s²,  x̃ = E[x|z],  s² the mean square of a number of D_l(x),
//	encoder: β KL(q(z|x) ‖ p(z)) + L_like,
//	decoder: γ L_like + how badly x̃ and x_p = E[x|z_p], z_p ~ p(z), fool D,
//	critic: how badly it tells x from x̃ and x_p
//
// (Larsen et al. 2016, algorithm 1, with the generator's loss of [games]). What training minimises is
// no bound: its features change with the critic. The terms of the bound that it reports are those of
// p(x|z) = N(x̃, σ²), by which it can be compared with other models and which it does not maximise.
type vaeGAN struct {
	vae.Amortized
	c vae.Config
}

// newVAEGAN builds the model of a checked configuration. Images are decoded to values between 0
// and 1.
func newVAEGAN(c vae.Config) vae.Model {
	m := vaeGAN{c: c}
	m.Amortized = vae.Amortized{Size: c.Latent, Guide: c.GaussianGuide, Data: func(s *model.Scope, z *g.Node) dist.Distribution {
		out := c.Outputs(s, z)
		if len(c.Shape) > 1 {
			out = g.Logistic(out)
		}
		return c.Distribution(s, out)
	}}
	return m
}

// Terms implements [vae.Model].
func (m vaeGAN) Terms(s *model.Scope, b vae.Batch, e vi.Estimator) vi.Terms {
	l := m.Latent(s, b)
	decode, copies := l.Decode, []dist.Distribution(nil)
	l.Decode = func(z *g.Node) dist.Distribution {
		copies = append(copies, decode(z))
		return copies[len(copies)-1]
	}
	t := e.ELBO(s, b.X, l)
	critic := func(x *g.Node) (features, logit *g.Node) {
		return rowCritic(m.c, s.In("critic"), x, m.c.List("critic"))
	}

	prior := g.Squeeze(m.Prior(s, b.Size()).Sample(s, "prior", 1), 0)
	features, real := critic(b.X)
	again, rebuilt := critic(g.Slice(copies[0].Mean(), g.AxisRange(0, b.Size()))) // of the first draw
	_, drawn := critic(m.Decode(s, b.Code(prior)).Mean())
	v := m.adversary().judge(real, rebuilt, drawn).smoothed(b.X, real)
	apart := featureLoss(features, again)

	// The encoder's loss is the one that takes β: −E ln p(x|z) + β KL with the penalty that puts
	// L_like in the place of the first term.
	t.Penalty = g.Add(g.ReduceAllMean(t.LogLik), apart)
	t.Routes = []optim.Route{{Scope: "decoder", Loss: g.Add(g.MulScalar(apart, m.c.Number("gamma")), v.fool)}, v.route()}
	t.Figures = append([]vi.Figure{{Name: "feature loss", Value: apart}}, v.figures()...)
	return t
}

// adversary is the critic in training.
func (m vaeGAN) adversary() adversary {
	return adversary{scope: "critic", game: m.c.Choice("game"), rest: m.c.Number("rest"), r1: m.c.Number("r1")}
}

// featureLoss is ½‖a − b‖² of rows over the mean square of a number of a, in the mean. The scale is
// what batch norms do in the original: without it the encoder would trade the code for the size of
// features that grow with the critic's weights.
func featureLoss(a, b *g.Node) *g.Node {
	square := g.ReduceAllSum(g.Square(g.Sub(a, b)))
	return g.Div(g.MulScalar(square, .5/float64(a.Shape().Dim(0))), g.AddScalar(g.ReduceAllMean(g.Square(a)), 1e-12))
}
