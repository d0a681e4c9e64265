package vae

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
)

// Net is a family of networks that leads from rows to a feature map and from a map back to rows. What
// the heads of q(z|x) read, and the parameters of p(x|z), are made of the two by dense layers (see
// [Config.features] and [Config.outputs]).
type Net struct {
	Name    string // as on the command line
	Summary string // one line
	Images  bool   // rows must be images, with sides of at least [minSide]

	down    func(c Config, s *model.Scope, x *g.Node) *g.Node // rows, B×D → feature map, B×h×w×C
	up      func(c Config, s *model.Scope, m *g.Node) *g.Node // feature map, B×h×w×C → rows, B×D; without Images of any C
	extent  func(c Config) extent                             // h, w and C of the feature map
	weights func(c Config) int64                              // of features, heads and outputs, without biases
	widest  func(c Config) int64                              // values of the widest layer for a row
}

// nets holds the choices of --net.
var nets = []Net{mlpNet, convNet, resNet, dcganNet, vqNet}

// everyNet and imageNets are choices for [Spec.Nets]: all nets, the MLP first, and those of images, the
// plain convolutions first.
var (
	everyNet  = NetNames()
	imageNets = NetNames()[1:]
)

// Nets lists the families of networks.
func Nets() []Net { return slices.Clone(nets) }

// NetNames lists the names of the families.
func NetNames() []string {
	var out []string
	for _, n := range nets {
		out = append(out, n.Name)
	}
	return out
}

// net returns the family of the configuration, by default the MLP.
func (c Config) net() Net {
	for _, n := range nets {
		if n.Name == cmp.Or(c.Net, mlpNet.Name) {
			return n
		}
	}
	panic(fmt.Errorf("vae: net: got %q, want one of %s", c.Net, strings.Join(NetNames(), ", ")))
}

// featureMap returns the feature map of rows x, B×h×w×C of the sizes of [Config.mapExtent]: the
// net without its dense layers, or a 1×1 map of the last hidden layer of an MLP.
func (c Config) featureMap(s *model.Scope, x *g.Node) *g.Node { return c.net().down(c, s, x) }

// fromMap returns the parameters of p(x|m), B×D, for maps m, B×h×w×C′ with the sides of
// [Config.mapExtent] and any number of channels: nets of images begin with a 3×3 convolution
// "enter" to theirs.
func (c Config) fromMap(s *model.Scope, m *g.Node) *g.Node {
	e := c.mapExtent()
	if d := m.Shape().Dimensions; len(d) != 4 || d[1] != e.height || d[2] != e.width {
		panic(fmt.Errorf("vae: net %s: got a map of shape %v, want B×%d×%d×C", c.net().Name, d, e.height, e.width))
	}
	if c.net().Images {
		m = threeByThree(e.channels).Apply(s.In("enter"), m)
	}
	return c.net().up(c, s, m)
}

// mapExtent is the shape of the feature map of a row.
func (c Config) mapExtent() extent { return c.net().extent(c) }

// features returns h(x), B×F, of rows x, B×D: of nets of images by dense layers of the hidden
// widths after the feature map.
func (c Config) features(s *model.Scope, x *g.Node) *g.Node {
	h := flat(c.featureMap(s, x))
	if c.net().Images {
		h = nn.MLP(s, h, c.Hidden)
	}
	return h
}

// outputs returns the parameters of p(x|z), B×D, for codes z, B×L: the way of [Config.features]
// back.
func (c Config) outputs(s *model.Scope, z *g.Node) *g.Node {
	if c.Remedies.Skip {
		return c.skipping(s, z)
	}
	if c.net().Images {
		return c.net().up(c, s, spread(s, nn.MLP(s, z, c.reversed()), c.mapExtent()))
	}
	return c.net().up(c, s, g.Reshape(z, -1, 1, 1, z.Shape().Dim(-1)))
}

// Widest returns the number of values of the widest layer for one row.
func (c Config) Widest() int64 {
	return max(int64(c.Dim), int64(c.Latent), int64(slices.Max(append([]int{1}, c.Hidden...))), c.net().widest(c))
}

// weights counts the weights of an encoder and of the decoder that mirrors it.
func (c Config) weights() int64 {
	return c.net().weights(c) + c.posteriorWeights() + c.priorWeights() + c.skipWeights()
}

// minSide is the smallest side of images for the nets of convolutions.
const minSide = 8

// image returns height, width and channels of a row that is an image.
func (c Config) image() (height, width, channels int, ok bool) {
	if n := len(c.Shape); n < 2 || n > 3 {
		return 0, 0, 0, false
	}
	channels = 1
	if len(c.Shape) == 3 {
		channels = c.Shape[2]
	}
	height, width = c.Shape[0], c.Shape[1]
	return height, width, channels, min(height, width) >= minSide && channels > 0
}

// checkNet tells whether the model can have the net and its settings, whatever the data.
func (c Config) checkNet(s Spec) error {
	if !slices.Contains(s.Nets, c.Net) && c.Net != "" {
		want := "none: its networks are its own"
		if len(s.Nets) > 0 {
			want = "one of " + strings.Join(s.Nets, ", ")
		}
		return fmt.Errorf("vae: %s: net: got %q, want %s", s.Name, c.Net, want)
	}
	for i, w := range c.Channels {
		if w < 1 || w > maxWidth {
			return fmt.Errorf("vae: %s: channels of stage %d: got %d, want 1 to %d", s.Name, i, w, maxWidth)
		}
	}
	if c.net().Images && len(c.Channels) == 0 {
		return fmt.Errorf("vae: %s: channels: got none, want at least one for the net %s; set --channels", s.Name, c.Net)
	}
	return nil
}

// checkShape tells whether the net can be built for rows of the shape.
func (c Config) checkShape(name string) error {
	size := 1
	for _, n := range c.Shape {
		size *= n
	}
	if c.Shape != nil && size != c.Dim {
		return fmt.Errorf("vae: %s: shape of a row: got %v, want one of %d values", name, c.Shape, c.Dim)
	}
	if !c.net().Images {
		return nil
	}
	if _, _, _, ok := c.image(); !ok {
		return fmt.Errorf("vae: %s: net %s: got rows of shape %v, want images H×W or H×W×C with sides of at least %d; the model vae with --net mlp takes any rows",
			name, c.Net, c.Shape, minSide)
	}
	return nil
}
