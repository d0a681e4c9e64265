package vae

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

func init() {
	Register(Spec{
		Name:     "rae-gp",
		Summary:  "regularised autoencoder that pays for the slope of its decoder; a mixture of normal distributions to sample from",
		Paper:    "Ghosh et al. 2020",
		Sections: "D5",
		Measured: "digits",
		Test:     "vae/rae_test.go, vae/mixture_test.go",
		Nets:     everyNet[:1], // whose derivative has one itself
		Options: []Option{
			codeWeight, {Name: "slope-weight", Usage: "λ, weight of the squared slope of the decoder at a code", Default: "0.1", Kind: Number, Min: 0, Max: 1e6}, componentsOption,
		},
		Stages: mixtureStages,
		New:    func(c Config) Model { return rae{c, slopePenalty} },
	})
}

// slopePenalty is λ E‖∂x̂/∂z‖² (Ghosh et al. 2020, eq. 10), of the decoder's mean x̂, with the Frobenius
// norm of the Jacobian J by E_v‖Jᵀv‖², v ~ N(0, I) (Hutchinson 1990): one draw a row.
func slopePenalty(m rae, s *model.Scope, z *g.Node) *g.Node {
	mean := m.Decode(s, Code{Z: z}).Mean()
	v := s.Normal("slope", mean.Shape().Dimensions...)
	pulled := g.Gradient(g.ReduceAllSum(g.Mul(mean, v)), z)[0]
	return g.MulScalar(g.ReduceAllSum(g.Square(pulled)), m.number("slope-weight")/float64(z.Shape().Dim(0)))
}
