package regularised

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// kernelOption is the setting of models that compare codes with draws from the prior.
var kernelOption = vae.Option{Name: "kernel", Usage: "kernel of the discrepancy, of seven widths", Default: "imq", Kind: vae.Choice, Choices: []string{"imq", "rbf"}}

// kernel is the one that the option names.
func kernel(c vae.Config) vi.Kernel {
	if c.Choice(kernelOption.Name) == "rbf" {
		return vi.RBF{Squares: vi.KernelScales(c.Latent)}
	}
	return vi.IMQ{Squares: vi.KernelScales(c.Latent)}
}

// discrepancy is the squared maximum mean discrepancy of the codes of a batch, the first draw of z,
// M×B×L, from as many draws of the prior of B rows.
func discrepancy(c vae.Config, s *model.Scope, z *g.Node, prior dist.Distribution) *g.Node {
	first := g.Squeeze(g.Slice(z, g.AxisElem(0)), 0)
	return vi.MMD(kernel(c), first, g.Squeeze(prior.Sample(s, "aggregate", 1), 0))
}
