package adversarial

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
	"github.com/elbo-go/elbo/optim"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vae/nets"
	"github.com/elbo-go/elbo/vi"
)

func init() {
	vae.Register(vae.Spec{
		Name:     "aae",
		Summary:  "autoencoder whose codes a critic cannot tell from draws of N(0, I); also called WAE-GAN",
		Paper:    "Makhzani et al. 2016; Tolstikhin et al. 2018",
		Sections: "D11",
		Measured: "codes of points of a square have the moments of N(0, I) within .1 and each element its distribution within .05; without the critic they are .6 and .28 off",
		Test:     "vae/adversarial/aae_test.go",
		Nets:     nets.Names(),
		Momentum: .5,
		Unranked: true,
		Options: []vae.Option{
			{Name: "adversarial", Usage: "weight of the loss of the encoder against the critic", Default: "10", Kind: vae.Number, Min: 0, Max: 1e6},
			{Name: "encoder", Usage: "code of a row: one point, or a draw from a normal distribution", Default: "point", Kind: vae.Choice, Choices: []string{"point", "normal"}},
			{Name: "critic", Usage: "widths of the critic's hidden layers", Default: "256,256", Kind: vae.List, Min: 1, Max: vae.MaxWidth, Small: "4"},
			{Name: "rest", Usage: "accuracy above which the critic rests; 1 is never", Default: "0.9", Kind: vae.Number, Min: .5, Max: 1},
			{Name: "r1", Usage: "weight of the critic's squared slope at draws from the prior in its loss", Default: "1", Kind: vae.Number, Min: 0, Max: 1e6},
			gameOption(),
		},
		New: func(c vae.Config) vae.Model { return &aae{c} },
	})
}

// aae is the adversarial autoencoder: encoder and decoder minimise
//
//	−E_q(z|x)[ln p(x|z)] − λ E_q(z)[ln D(z)]
//
// while a critic D learns to tell draws from the prior N(0, I) from codes, and so brings the aggregate
// q(z) = E_x q(z|x) to the prior (Makhzani et al. 2016, section 2; as a divergence beside a cost of
// transport: Tolstikhin et al. 2018, algorithm 1). There is no bound on the evidence.
type aae struct{ vae.Config }

// Terms implements [vae.Model], with one draw of a code.
func (m *aae) Terms(s *model.Scope, b vae.Batch, _ vi.Estimator) vi.Terms {
	z, variance := m.Encode(s, b)
	if m.drawn() {
		z = g.Add(z, g.Mul(g.Sqrt(variance), s.Normal("z", z.Shape().Dimensions...)))
	}
	prior := g.Squeeze(m.Prior(s, b.Size()).Sample(s, "prior", 1), 0)
	_, real := denseCritic(s.In("critic"), prior, m.List("critic"))
	_, fake := denseCritic(s.In("critic"), z, m.List("critic"))
	v := adversary{scope: "critic", game: m.Choice("game"), rest: m.Number("rest"), r1: m.Number("r1")}.judge(real, fake).smoothed(prior, real)
	lp := m.Decode(s, b.Code(z)).LogProb(b.X)
	return vi.Terms{
		LogLik:  g.ExpandAxes(g.ReduceSum(lp, -1), 0),
		Kind:    vi.KindLogProb,
		Penalty: g.MulScalar(v.fool, m.Number("adversarial")),
		Routes:  []optim.Route{v.route()},
		Figures: v.figures(),
	}
}

// drawn tells whether codes are draws from q(z|x).
func (m *aae) drawn() bool { return m.Choice("encoder") == "normal" }

// Encode implements [vae.Encoder]; the variance of a point is 0.
func (m *aae) Encode(s *model.Scope, b vae.Batch) (mean, variance *g.Node) {
	s = s.In("encoder")
	if m.drawn() {
		q := m.GaussianGuide(s, b.X)
		return q.Mean(), q.Variance()
	}
	z := nn.Dense(s.In("mean"), m.Features(s, b.X), m.Latent)
	return z, g.ZerosLike(z)
}

// Decode implements [vae.Decoder].
func (m *aae) Decode(s *model.Scope, c vae.Code) dist.Distribution {
	return m.Mirrored(s.In("decoder"), c.Z)
}

// Prior implements [vae.Generator].
func (m *aae) Prior(s *model.Scope, n int) dist.Distribution { return vae.NormalPrior(m.Config, s, n) }
