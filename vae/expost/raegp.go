package expost

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vae/nets"
)

func init() {
	vae.Register(vae.Spec{
		Name:     "rae-gp",
		Summary:  "regularised autoencoder that pays for the slope of its decoder; a mixture of normal distributions to sample from",
		Paper:    "Ghosh et al. 2020",
		Sections: "D5",
		Measured: "slope within 1e-7 of differences of the decoder; digits, 20 epochs: reconstruction −63.4, against −76.8 of the VAE",
		Test:     "vae/expost/rae_test.go, vae/expost/mixture_test.go",
		Nets:     nets.Names(),
		Options: []vae.Option{
			codeWeight, {Name: "slope-weight", Usage: "λ, weight of the squared slope of the decoder at a code", Default: "0.1", Kind: vae.Number, Min: 0, Max: 1e6}, componentsOption,
		},
		Stages: mixtureStages,
		New:    func(c vae.Config) vae.Model { return rae{c, slopePenalty} },
	})
}

// slopeStep is the distance of codes that differences are taken over, for codes of deviations about 1:
// they keep two to three of the seven digits of float32, and few rectifiers change between them.
const slopeStep = 2e-3

// slopePenalty is λ E‖∂x̂/∂z‖² (Ghosh et al. 2020, eq. 10), of the decoder's mean x̂, with the squared
// Frobenius norm of the Jacobian J by one draw a row (Hutchinson 1990): E_v‖Jᵀv‖² with v ~ N(0, I) from a
// derivative that has one itself, or for nets of images, whose convolutions have none, E_u‖Ju‖² with
// u ~ N(0, I) from central differences.
func slopePenalty(m rae, s *model.Scope, z *g.Node) *g.Node {
	decode := func(z *g.Node) *g.Node { return m.Decode(s, vae.Code{Z: z}).Mean() }
	var slope *g.Node
	if m.NetConfig().Family().Images {
		u := g.MulScalar(s.Normal("slope", z.Shape().Dimensions...), slopeStep)
		slope = g.MulScalar(g.Sub(decode(g.Add(z, u)), decode(g.Sub(z, u))), .5/slopeStep)
	} else {
		mean := decode(z)
		v := s.Normal("slope", mean.Shape().Dimensions...)
		slope = g.Gradient(g.ReduceAllSum(g.Mul(mean, v)), z)[0]
	}
	return g.MulScalar(g.ReduceAllSum(g.Square(slope)), m.Number("slope-weight")/float64(z.Shape().Dim(0)))
}
