package hierarchy

import (
	"fmt"
	"slices"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vae/nets"
	"github.com/elbo-go/elbo/vi"
)

// normal is the distribution of a group of latents.
type normal = dist.Normal

// maxLayers bounds the groups of a hierarchy, each of which is a part of the graph.
const maxLayers = 64

// layerOptions are the settings that all hierarchies have. The sizes are from the data up, as papers
// have them.
func layerOptions(sizes, usage, warmup, small string) []vae.Option {
	return []vae.Option{
		{Name: "layers", Usage: usage, Default: sizes, Kind: vae.List, Min: 1, Max: vae.MaxWidth, Small: small},
		{Name: "layer-warmup", Usage: "percent of the training over which the weight of a layer's KL term rises from 0 to 1: one number, or one of each layer from the data up",
			Default: warmup, Kind: vae.List, Min: 0, Max: 100},
	}
}

// betweenOption are the layers between two layers of latents.
var betweenOption = vae.Option{Name: "layer-hidden", Usage: "widths of the dense layers between two layers of latents; 0 is none",
	Default: "256", Kind: vae.List, Min: 0, Max: vae.MaxWidth, Small: "3"}

// topFirst returns the sizes of the layers in the order of drawing.
func topFirst(c vae.Config) []int {
	sizes := c.List("layers")
	slices.Reverse(sizes)
	return sizes
}

// between are the widths of the dense layers between two layers of latents.
func between(c vae.Config) []int {
	return slices.DeleteFunc(c.List(betweenOption.Name), func(n int) bool { return n == 0 })
}

// total is the sum of whole numbers.
func total(sizes []int) (n int) {
	for _, v := range sizes {
		n += v
	}
	return n
}

// checkLayers tells what is wrong with the number of groups and of their schedules.
func checkLayers(c vae.Config) error {
	groups, warm := len(c.List("layers")), len(c.List("layer-warmup"))
	if groups > maxLayers {
		return fmt.Errorf("vae: %s: layers: got %d of them, want at most %d", c.ModelName(), groups, maxLayers)
	}
	if n := total(c.List("layers")); n > vae.MaxWidth {
		return fmt.Errorf("vae: %s: layers: got %d latents in all, want at most %d", c.ModelName(), n, vae.MaxWidth)
	}
	if warm != 1 && warm != groups {
		return fmt.Errorf("vae: %s: layer-warmup: got %d numbers, want one, or one of each of %d layers", c.ModelName(), warm, groups)
	}
	return nil
}

// soft is the normal distribution of features h with −5 < ln σ < 5, as 5·tanh(a/5) of a dense layer
// a (Vahdat & Kautz 2020, their code): beyond, one row can end a training.
func soft(s *model.Scope, h *g.Node, size int) normal {
	return normal{Loc: nn.Dense(s.In("mean"), h, size), LogScale: softClamp(nn.Dense(s.In("logscale"), h, size))}
}

// softClamp is 5·tanh(a/5).
func softClamp(a *g.Node) *g.Node { return g.MulScalar(g.Tanh(g.MulScalar(a, .2)), 5) }

// ramps returns the share of the training over which the weight of each group rises, in the order of
// drawing.
func (m hierarchy) ramps() []float64 {
	given := m.cfg.List("layer-warmup")
	out := make([]float64, len(m.sizes))
	for l := range out {
		out[l] = float64(given[min(len(given)-1, len(out)-1-l)]) / 100
	}
	return out
}

// warms tells whether the weight of some group rises.
func (m hierarchy) warms() bool { return slices.Max(m.ramps()) > 0 }

// share is w_l(t) = min(1, t/W_l), the weight of the KL term of a group that rises over a share W_l of the
// training.
func share(w float64, progress *g.Node) *g.Node {
	if w == 0 {
		return special.ScalarLike(progress, 1)
	}
	return g.MinScalar(g.MulScalar(progress, 1/w), 1.)
}

// powers are the weights of the groups by column, 1×L.
func (m hierarchy) powers(progress *g.Node) *g.Node {
	var out []*g.Node
	for l, w := range m.ramps() {
		out = append(out, g.BroadcastToDims(share(w, progress), 1, m.sizes[l]))
	}
	return g.Concatenate(out, 1)
}

// cost is what training pays for the KL term,
//
//	β Σ_l w_l(t) max(λ, mean over the batch of KL_l),  w_l(t) = min(1, t/W_l),
//
// with λ free nats a group (Kingma et al. 2016, eq. 15) and the deterministic warm-up of each layer
// over a share W_l of the training (Sønderby et al. 2016, section 2.3). With a capacity it is that of
// all groups.
func (m hierarchy) cost(r vi.Rate, kl, progress *g.Node) *g.Node {
	if r.Capacity != nil {
		return r.Cost(kl)
	}
	sum := special.ScalarLike(kl, 0)
	for l, w := range m.ramps() {
		v := g.ReduceAllSum(g.ReduceMean(m.column(kl, l), 0))
		if r.FreeBits > 0 {
			v = g.MaxScalar(v, r.FreeBits)
		}
		if w > 0 {
			v = g.Mul(v, share(w, progress))
		}
		sum = g.Add(sum, v)
	}
	return g.Mul(r.Beta, sum)
}

// figures are the KL divergences of the layers, counted from the data as in papers.
func (m hierarchy) figures(kl *g.Node) (out []vi.Figure) {
	for i := range m.sizes {
		l := len(m.sizes) - 1 - i
		out = append(out, vi.Figure{Name: fmt.Sprintf("KL of layer %d, nats", i+1), Value: g.ReduceAllSum(g.ReduceMean(m.column(kl, l), 0))})
	}
	return out
}

// stacked is the generator of layers of dense networks,
//
//	z_l ~ N(μ_l(z_{l−1}), σ_l²(z_{l−1})),  x ~ p(x|z_G),
//
// in which each layer sees the one above it alone (Sønderby et al. 2016, eq. 1–3).
func stacked(c vae.Config, sizes []int) generator {
	return generator{
		start: func(s *model.Scope, n int) *g.Node {
			return g.BroadcastToDims(g.Scalar(s.Graph(), s.DType(), 0.), n, sizes[0])
		},
		prior: func(s *model.Scope, l int, h *g.Node) normal {
			if l == 0 {
				return dist.StandardNormal(h)
			}
			s = layerScope(s, sizes, l)
			return soft(s, nn.MLP(s, h, between(c)), sizes[l])
		},
		next: func(_ *model.Scope, _ int, _, z *g.Node) *g.Node { return z },
		data: c.Mirrored,
	}
}

// layerScope is the scope of group l, by its number from the data.
func layerScope(s *model.Scope, sizes []int, l int) *model.Scope {
	return nets.Stage(s, "layer", len(sizes)-l)
}

// denseChain counts the weights of dense layers of the widths between from a number of values to two
// heads of another.
func denseChain(c vae.Config, in, out int) (n int64) {
	for _, w := range between(c) {
		n, in = n+int64(in)*int64(w), w
	}
	return n + 2*int64(in)*int64(out)
}

// stackedWeights counts the weights of networks on each layer that lead to the one above, as both
// p(z) and a guide have them, and those of the networks next to the data.
func stackedWeights(c vae.Config) int64 {
	sizes := topFirst(c)
	bottom := c
	bottom.Latent = sizes[len(sizes)-1]
	n := bottom.NetConfig().Weights() + c.PriorWeights()
	for l := 1; l < len(sizes); l++ {
		n += 2 * denseChain(c, max(sizes[l-1], sizes[l]), max(sizes[l-1], sizes[l]))
	}
	return n
}
