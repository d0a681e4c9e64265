package adversarial

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vae/nets"
)

// rowCritic is the logits, B, of rows of data and the features of the layer before, B×F. Images go
// through 4×4 convolutions of stride 2 with leaky rectifiers, as in Radford et al. 2016 but without
// norms, of the given channels, whose output is the features, and one more dense layer; rows of other
// kinds through dense layers of the hidden widths.
func rowCritic(c vae.Config, s *model.Scope, x *g.Node, channels []int) (features, logit *g.Node) {
	if !pictured(c) {
		return denseCritic(s, x, c.Hidden)
	}
	n := c.NetConfig()
	n.Channels = channels
	h := n.AsImages(x)
	for i, to := range n.Stages(nets.HalfDown) {
		conv := nn.Conv2D{Out: to.Channels, Kernel: nn.Square(4), Stride: nn.Square(2), Padding: nn.Pad(1)}
		h = nn.LeakyReLU(conv.Apply(nets.Stage(s, "conv", i), h), .2)
	}
	features = nets.Flat(h)
	_, logit = denseCritic(s, features, criticTop(c))
	return features, logit
}

// pictured tells whether the critic sees rows as images.
func pictured(c vae.Config) bool {
	_, _, _, ok := c.NetConfig().Image()
	return ok
}

// criticTop holds the width of the dense layer between convolutions and logit: that of the net's first
// one, or none.
func criticTop(c vae.Config) []int { return c.Hidden[:min(1, len(c.Hidden))] }

// criticWeights counts the weights of the critic.
func criticWeights(c vae.Config, channels []int) int64 {
	n, in, widths := int64(0), int64(c.Dim), c.Hidden
	if pictured(c) {
		of := c.NetConfig()
		of.Channels = channels
		before := int64(of.Picture().Channels)
		for _, to := range of.Stages(nets.HalfDown) {
			n += 16 * before * int64(to.Channels)
			before, in = int64(to.Channels), int64(to.Size())
		}
		widths = criticTop(c)
	}
	for _, w := range widths {
		n += in * int64(w)
		in = int64(w)
	}
	return n + in
}
