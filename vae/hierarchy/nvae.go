package hierarchy

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vae/nets"
)

func init() {
	vae.Register(vae.Spec{
		Name:      "nvae",
		Summary:   "groups of latents on a path of residual cells, the guide of each relative to the prior; maps of latents with a net of images",
		Paper:     "Vahdat & Kautz 2020",
		Sections:  "D39",
		Measured:  "embedded digits, 20 epochs: −ELBO 94.2 (vae 99.9), 23 of 24 units active; KL by column within 4 standard errors of draws",
		Test:      "vae/hierarchy/hierarchy_test.go",
		Nets:      nets.Names(),
		Layers:    vae.Config.DenseNet,
		Options:   layerOptions("8,8,8", "latents of each group at each position of the feature map, from the group next to the data up", "0", "2,1"),
		Check:     checkGroups,
		CodeSize:  func(c vae.Config) int { return total(groupSizes(c)) },
		Weights:   residualWeights,
		Scheduled: true, Priors: true,
		New: newNVAE,
	})
}

// newNVAE builds the hierarchy of Vahdat & Kautz 2020 at one scale, that of the net's feature map (one
// position of an MLP). A state h goes from the top to the data, which each group reads and adds to,
//
//	p(z_l|z_<l) = N(μ_l(h), σ_l²(h)),  h ← cell(h + W z_l),
//
// and the guide is relative to the prior (section 3.2),
//
//	q(z_l|z_<l, x) = N(μ_l + Δμ_l, σ_l² Δσ_l²),  Δ from h and r_l,  r_{l−1} = cell(r_l),
//
// with r_G the feature map of x. The cells are residual blocks with group norms in place of batch norms, and
// ln σ and ln Δσ are kept within ±5; spectral regularisation and flows of the original are left out.
func newNVAE(c vae.Config) vae.Model {
	sizes := groupSizes(c)
	return hierarchy{c, sizes, residual(c, sizes), topDown{func(s *model.Scope, x *g.Node, k int) func(int, *g.Node, normal) normal {
		maps := make([]*g.Node, len(sizes))
		r := c.FeatureMap(s, x)
		for l := len(sizes) - 1; l >= 0; l-- {
			if l < len(sizes)-1 {
				r = cell(layerScope(s, sizes, l).In("cell"), r)
			}
			maps[l] = r
		}
		return func(l int, h *g.Node, p normal) normal {
			s := layerScope(s, sizes, l)
			both := nn.SiLU(g.Add(h, vae.Copies(pointwise(s.In("read"), maps[l], h.Shape().Dim(-1)), k)))
			d := mapNormal(c, s, both, sizes[l])
			return normal{Loc: g.Add(p.Loc, d.Loc), LogScale: g.Add(p.LogScale, d.LogScale)}
		}
	}}}
}

// residual is the generator with a state of the shape of the feature map.
func residual(c vae.Config, sizes []int) generator {
	e := c.MapExtent()
	return generator{
		start: func(s *model.Scope, n int) *g.Node {
			h := s.Param("start", model.Gaussian(1), 1, e.Height, e.Width, e.Channels)
			return g.BroadcastToDims(h, n, e.Height, e.Width, e.Channels)
		},
		prior: func(s *model.Scope, l int, h *g.Node) normal {
			if l == 0 {
				return dist.StandardNormal(g.BroadcastToDims(g.Scalar(s.Graph(), s.DType(), 0.), h.Shape().Dim(0), sizes[0]))
			}
			return mapNormal(c, layerScope(s, sizes, l), nn.SiLU(h), sizes[l])
		},
		next: func(s *model.Scope, l int, h, z *g.Node) *g.Node {
			s = layerScope(s, sizes, l)
			z = g.Reshape(z, -1, e.Height, e.Width, sizes[l]/(e.Height*e.Width))
			return cell(s.In("cell"), g.Add(h, pointwise(s.In("write"), z, e.Channels)))
		},
		data: func(s *model.Scope, last *g.Node) dist.Distribution { return c.Distribution(s, c.FromMap(s, last)) },
	}
}

// groupSizes are the numbers of latents of the groups over all positions, in the order of drawing.
func groupSizes(c vae.Config) []int {
	e, sizes := c.MapExtent(), topFirst(c)
	for l := range sizes {
		sizes[l] *= e.Height * e.Width
	}
	return sizes
}

// mapNormal are the moments of a group from features h, B×h×w×C, by 1×1 convolutions, as rows; ln σ is
// within ±5.
func mapNormal(c vae.Config, s *model.Scope, h *g.Node, size int) normal {
	d := h.Shape().Dimensions
	channels := size / (d[1] * d[2])
	return normal{Loc: nets.Flat(pointwise(s.In("mean"), h, channels)), LogScale: softClamp(nets.Flat(pointwise(s.In("logscale"), h, channels)))}
}

// pointwise is a 1×1 convolution.
func pointwise(s *model.Scope, h *g.Node, out int) *g.Node {
	return nn.Conv2D{Out: out, Kernel: nn.Square(1)}.Apply(s, h)
}

// cell is a residual block of as many channels; of maps of one position its convolutions are dense.
func cell(s *model.Scope, h *g.Node) *g.Node {
	d := h.Shape().Dimensions
	if d[1]*d[2] > 1 {
		return nets.Block(s, h, d[3])
	}
	r := h
	for i := range 2 {
		r = pointwise(nets.Stage(s, "conv", i), nn.SiLU(nn.GroupNorm(nets.Stage(s, "norm", i), r, nets.Groups(d[3], d[3]))), d[3])
	}
	return g.Add(h, r)
}

// checkGroups tells what is wrong with the groups on a feature map.
func checkGroups(c vae.Config) error {
	if err := checkLayers(c); err != nil {
		return err
	}
	if c.Dim == 0 || c.NetConfig().CheckShape("") != nil {
		return nil // without data, or such as the net does not take
	}
	if n := total(groupSizes(c)); n > vae.MaxWidth {
		e := c.MapExtent()
		return fmt.Errorf("vae: %s: layers: got %d latents on a map of %d×%d, want at most %d", c.ModelName(), n, e.Height, e.Width, vae.MaxWidth)
	}
	return nil
}

// residualWeights counts the weights of cells and heads and those of the networks next to the data.
func residualWeights(c vae.Config) int64 {
	e := c.MapExtent()
	kernel, channels := int64(9), int64(e.Channels)
	if e.Height*e.Width == 1 {
		kernel = 1
	}
	n := c.NetConfig().Weights()
	for _, latents := range c.List("layers") {
		n += 2*2*kernel*channels*channels + channels*channels + 5*channels*int64(latents)
	}
	return n + 9*channels*channels + c.PriorWeights()
}
