package hierarchy

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vae/nets"
)

func init() {
	vae.Register(vae.Spec{
		Name:      "hvae",
		Summary:   "layers of latents with a guide from the data up, the plain hierarchy",
		Paper:     "Burda et al. 2016; Sønderby et al. 2016",
		Sections:  "D39",
		Measured:  "linear-Gaussian hierarchy: .252 nats below ln p, .248 by its mean field in closed form; MNIST, 20 epochs, two dense layers between layers: −ELBO 99.1, 0 of 16 units active at the top",
		Test:      "vae/hierarchy/linear_test.go, vae/hierarchy/hierarchy_test.go, paper/hierarchy_test.go",
		Nets:      nets.Names(),
		Options:   append(layerOptions("64,32,16", "sizes of the layers of latents, from the one next to the data up", "0", "2,1"), betweenOption),
		Check:     checkLayers,
		CodeSize:  func(c vae.Config) int { return total(topFirst(c)) },
		Weights:   stackedWeights,
		Scheduled: true,
		Priors:    true,
		New:       newHVAE,
	})
}

// newHVAE builds the plain hierarchical VAE, whose layers z_1 (next to the data) to z_L have
//
//	p(x, z) = p(x|z_1) p(z_1|z_2) … p(z_L),  q(z|x) = q(z_1|x) q(z_2|z_1) … q(z_L|z_{L−1}),
//
// each a diagonal normal distribution of dense networks (Sønderby et al. 2016, eq. 1–6). The upper
// layers tend to fall silent: their guide reads no data but a draw of the layer below.
func newHVAE(c vae.Config) vae.Model {
	sizes := topFirst(c)
	return hierarchy{c, sizes, stacked(c, sizes), bottomUp{
		first: func(s *model.Scope, x *g.Node) normal {
			return soft(s.In("layer1"), c.Features(s, x), sizes[len(sizes)-1])
		},
		above: func(s *model.Scope, l int, below *g.Node) normal {
			s = layerScope(s, sizes, l)
			return soft(s, nn.MLP(s, below, between(c)), sizes[l])
		},
	}}
}
