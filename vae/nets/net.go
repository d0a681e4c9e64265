// Package nets has the families of networks that lead from rows to features and from codes back to
// rows. A [Config] says which family it is and how large; encoder and decoder are two of its methods:
//
//	c := nets.Config{Dim: 784, Shape: []int{28, 28}, Net: nets.Conv, Channels: []int{32, 64}, Hidden: []int{256}}
//	h := c.Features(s.In("encoder"), x)   // B×784 → B×256
//	out := c.Outputs(s.In("decoder"), z)  // B×L → B×784
//
// Models have the same methods on vae.Config, which also knows what stands between the two.
package nets

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
)

// Config is what a net is built from.
type Config struct {
	Dim      int    // D, values of a row
	Shape    []int  // of a row: H×W or H×W×C of an image; nets of images need it
	Net      string // a name of [Names]; "" is the MLP
	Channels []int  // of the stages of a net of images; the last one serves all that follow
	Hidden   []int  // widths of the encoder's hidden layers; the decoder mirrors them
	Width    int    // of dense layers, or channels of a first stage (see [Config.Sized]); 0 is none
	Depth    int    // dense layers, or blocks of a stage; 0 is the usual one of the net
	Latent   int    // L, values of a code
}

// Net is a family of networks that leads from rows to a feature map and from a map back to rows. What
// the heads of q(z|x) read, and the parameters of p(x|z), are made of the two by dense layers (see
// [Config.Features] and [Config.Outputs]).
type Net struct {
	Name    string // as on the command line
	Summary string // one line
	Images  bool   // rows must be images, with sides of at least 8

	down    func(c Config, s *model.Scope, x *g.Node) *g.Node // rows, B×D → feature map, B×h×w×C
	up      func(c Config, s *model.Scope, m *g.Node) *g.Node // feature map, B×h×w×C → rows, B×D; without Images of any C
	extent  func(c Config) Extent                             // h, w and C of the feature map
	weights func(c Config) int64                              // of features, heads and outputs, without biases
	widest  func(c Config) int64                              // values of the widest layer for a row
}

// The names of the families.
const (
	MLP    = "mlp"    // dense layers, for rows of any kind
	Conv   = "conv"   // convolutions of stride 2 (Burgess et al. 2018)
	ResNet = "resnet" // residual blocks and attention (Ho et al. 2020)
	DCGAN  = "dcgan"  // convolutions with norms and leaky rectifiers (Radford et al. 2016)
	VQ     = "vq"     // convolutions to a map that keeps positions (van den Oord et al. 2017)
)

// MaxWidth bounds layer widths and latent sizes, so that a slip of the finger is an error
// and not an allocation of terabytes.
const MaxWidth = 1 << 16

// nets holds the choices of --net.
var nets = []Net{mlpNet, convNet, resNet, dcganNet, vqNet}

// All lists the families of networks.
func All() []Net { return slices.Clone(nets) }

// Names lists the names of the families, the MLP first.
func Names() []string {
	var out []string
	for _, n := range nets {
		out = append(out, n.Name)
	}
	return out
}

// ImageNames lists the families for images, the plain convolutions first.
func ImageNames() []string { return Names()[1:] }

// Family returns the family of the configuration, by default the MLP.
func (c Config) Family() Net {
	for _, n := range nets {
		if n.Name == cmp.Or(c.Net, MLP) {
			return n
		}
	}
	panic(fmt.Errorf("vae: net: got %q, want one of %s", c.Net, strings.Join(Names(), ", ")))
}

// FeatureMap returns the feature map of rows x, B×h×w×C of the sizes of [Config.MapExtent]: the
// net without its dense layers, or a 1×1 map of the last hidden layer of an MLP.
func (c Config) FeatureMap(s *model.Scope, x *g.Node) *g.Node { return c.Family().down(c, s, x) }

// FromMap returns the parameters of p(x|m), B×D, for maps m, B×h×w×C′ with the sides of
// [Config.MapExtent] and any number of channels: nets of images begin with a 3×3 convolution
// "enter" to theirs.
func (c Config) FromMap(s *model.Scope, m *g.Node) *g.Node {
	e := c.MapExtent()
	if d := m.Shape().Dimensions; len(d) != 4 || d[1] != e.Height || d[2] != e.Width {
		panic(fmt.Errorf("vae: net %s: got a map of shape %v, want B×%d×%d×C", c.Family().Name, d, e.Height, e.Width))
	}
	if c.Family().Images {
		m = ThreeByThree(e.Channels).Apply(s.In("enter"), m)
	}
	return c.Family().up(c, s, m)
}

// MapExtent is the shape of the feature map of a row.
func (c Config) MapExtent() Extent { return c.Family().extent(c) }

// Features returns h(x), B×F, of rows x, B×D: of nets of images by dense layers of the hidden
// widths after the feature map.
func (c Config) Features(s *model.Scope, x *g.Node) *g.Node {
	h := Flat(c.FeatureMap(s, x))
	if c.Family().Images {
		h = nn.MLP(s, h, c.Hidden)
	}
	return h
}

// Outputs returns the parameters of p(x|z), B×D, for codes z, B×L: the way of [Config.Features]
// back.
func (c Config) Outputs(s *model.Scope, z *g.Node) *g.Node {
	if c.Family().Images {
		return c.Family().up(c, s, Spread(s, nn.MLP(s, z, c.Reversed()), c.MapExtent()))
	}
	return c.Family().up(c, s, g.Reshape(z, -1, 1, 1, z.Shape().Dim(-1)))
}

// Weights counts the weights of an encoder with the two heads of a normal distribution and of the
// decoder that mirrors it, without biases.
func (c Config) Weights() int64 { return c.Family().weights(c) }

// Widest returns the number of values of the widest layer for one row.
func (c Config) Widest() int64 {
	return max(int64(c.Dim), int64(c.Latent), int64(slices.Max(append([]int{1}, c.Hidden...))), c.Family().widest(c))
}

// minSide is the smallest side of images for the nets of convolutions.
const minSide = 8

// Image returns height, width and channels of a row, and whether it is an image that the nets of
// images take.
func (c Config) Image() (height, width, channels int, ok bool) {
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

// CheckShape tells whether the net can be built for rows of the shape; errors name the model.
func (c Config) CheckShape(model string) error {
	size := 1
	for _, n := range c.Shape {
		size *= n
	}
	if c.Shape != nil && size != c.Dim {
		return fmt.Errorf("vae: %s: shape of a row: got %v, want one of %d values", model, c.Shape, c.Dim)
	}
	if !c.Family().Images {
		return nil
	}
	if _, _, _, ok := c.Image(); !ok {
		return fmt.Errorf("vae: %s: net %s: got rows of shape %v, want images H×W or H×W×C with sides of at least %d; the model vae with --net mlp takes any rows",
			model, c.Net, c.Shape, minSide)
	}
	return nil
}
