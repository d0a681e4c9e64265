package expost

import (
	"strings"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vae/nets"
	"github.com/elbo-go/elbo/vi"
)

func init() {
	vae.Register(vae.Spec{
		Name:     "rae-l2",
		Summary:  "regularised autoencoder with decay of the decoder's weights; a mixture of normal distributions to sample from",
		Paper:    "Ghosh et al. 2020",
		Sections: "D5",
		Measured: "EM finds a known mixture, and drawn codes have the moments of the codes; digits, 20 epochs: reconstruction −63.8, against −76.8 of the VAE",
		Test:     "vae/expost/rae_test.go, vae/expost/mixture_test.go",
		Nets:     nets.Names(),
		Options: []vae.Option{
			codeWeight, {Name: "decay", Usage: "λ, weight of ½‖θ‖² of the decoder", Default: "0.01", Kind: vae.Number, Min: 0, Max: 1e6}, componentsOption,
		},
		Stages: mixtureStages,
		New:    func(c vae.Config) vae.Model { return rae{c, weightDecay} },
	})
}

// codeWeight is the setting of regularised autoencoders.
var codeWeight = vae.Option{Name: "code-weight", Usage: "weight of ½‖z‖², which keeps codes together", Default: "0.1", Kind: vae.Number, Min: 0, Max: 1e6}

// rae is the regularised autoencoder, which minimises
//
//	−ln p(x|z) + β ½‖z‖² + λ R(decoder),  z = f(x)
//
// (Ghosh et al. 2020, eq. 8 to 10): a smooth decoder in place of the noise of a VAE. What codes look like is
// found after training: p(z) is a mixture of normal distributions with full covariances, fitted to the
// codes of at most 10,000 training rows (section 4).
type rae struct {
	vae.Config
	smooth func(m rae, s *model.Scope, z *g.Node) *g.Node // λ R, a scalar
}

// Terms implements [vae.Model]. The estimator's draws do not matter: there is no noise in a code.
func (m rae) Terms(s *model.Scope, b vae.Batch, _ vi.Estimator) vi.Terms {
	z, _ := m.Encode(s, b)
	lp := special.SumDims(m.Decode(s, b.Code(z)).LogProb(b.X))
	square := g.MulScalar(g.ReduceAllSum(g.Square(z)), .5/float64(b.Size()))
	rough := m.smooth(m, s, z)
	return vi.Terms{
		LogLik: g.ExpandAxes(lp, 0), Z: g.ExpandAxes(z, 0), Kind: vi.KindLogProb,
		Penalty: g.Add(g.MulScalar(square, m.Number(codeWeight.Name)), rough),
		Figures: []vi.Figure{{Name: "½‖z‖²", Value: square}, {Name: "cost of the decoder", Value: rough}},
	}
}

// Encode implements [vae.Encoder]; the variance is 0.
func (m rae) Encode(s *model.Scope, b vae.Batch) (mean, variance *g.Node) {
	s = s.In("encoder")
	z := nn.Dense(s.In("mean"), m.Features(s, b.X), m.Latent)
	return z, g.ZerosLike(z)
}

// Decode implements [vae.Decoder].
func (m rae) Decode(s *model.Scope, c vae.Code) dist.Distribution {
	return m.Mirrored(s.In("decoder"), c.Z)
}

// Prior implements [vae.Generator]; before the fit it is N(0, I).
func (m rae) Prior(s *model.Scope, n int) dist.Distribution { return mixturePrior(m.Config, s, n) }

// weightDecay is λ ½‖θ‖² of all weights and biases of the decoder; scalars, such as a learned scale,
// stay out.
func weightDecay(m rae, s *model.Scope, z *g.Node) *g.Node {
	names, nodes := s.Trainable()
	sum, path := special.ScalarLike(z, 0), s.In("decoder").Path()+"/"
	for i, name := range names {
		if strings.HasPrefix(name, path) && nodes[i].Rank() > 0 {
			sum = g.Add(sum, g.ReduceAllSum(g.Square(nodes[i])))
		}
	}
	return g.MulScalar(sum, .5*m.Number("decay"))
}
