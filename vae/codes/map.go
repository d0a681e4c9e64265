package codes

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
	"github.com/elbo-go/elbo/vae"
)

// The parts of a prior of maps of codes.

// pixels is the network of the prior.
func pixels(c vae.Config) nn.PixelCNN {
	return nn.PixelCNN{Layers: c.Whole("prior-layers"), Channels: c.Whole("prior-channels"), Kernel: 3}
}

// embedded gives each number of a map, B×h×w, a vector, B×h×w×width.
func embedded(s *model.Scope, ids *g.Node, values, width int) *g.Node {
	return nn.Embedding(s, ids, values, width)
}

// codeLogits are the logits of a number by the features of its place, B×h×w×K.
func codeLogits(s *model.Scope, h *g.Node, values int) *g.Node {
	return nn.Conv2D{Out: values, Kernel: nn.Square(1)}.Apply(s, nn.ReLU(h))
}

// plus adds two features of which the first may be nil.
func plus(a, b *g.Node) *g.Node {
	if a == nil {
		return b
	}
	return g.Add(a, b)
}

// resized brings the features of a coarser map to the places of a finer one; nil stays nil.
func resized(m *g.Node, to vae.CodeMap) *g.Node {
	if m == nil {
		return nil
	}
	return nn.Bilinear(m, to.Height, to.Width)
}
