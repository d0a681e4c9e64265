package nets_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
	_ "github.com/elbo-go/elbo/vae/all"
	"github.com/elbo-go/elbo/vae/nets"
	"github.com/elbo-go/elbo/vi"
)

// TestNetsOfImagesFitEverySize encodes and decodes images of sizes from 8 to 33 with one and
// three channels: codes and images come out in the shapes that went in.
func TestNetsOfImagesFitEverySize(t *testing.T) {
	shapes := [][]int{{8, 8}, {8, 9, 3}, {9, 8, 1}, {10, 13, 3}, {11, 11}, {15, 16, 2}, {16, 15}, {17, 31, 3}, {28, 28}, {28, 28, 1}, {32, 32, 3}, {33, 20}}
	for _, net := range nets.ImageNames() {
		for _, shape := range shapes {
			c := zoo.Pictures(net, shape...)
			c.Hidden = []int{16} // of three rectifiers all may be closed
			n := zoo.Network(t, "vae", c, dtypes.Float32)
			z := zoo.Must[[]float32](t)(n.Reconstruct(t.Context(), zoo.Uniform(2*c.Dim)))
			if len(z) != 2*c.Dim {
				t.Errorf("%s of %v: got %d values from two rows, want %d", net, shape, len(z), 2*c.Dim)
			}
			mean, _, err := n.Encode(t.Context(), zoo.Uniform(2*c.Dim))
			if err != nil || len(mean) != 4 || mean[0] == mean[2] {
				t.Errorf("%s of %v: got codes %v, error %v, want two different ones", net, shape, mean, err)
			}
		}
	}
}

// TestGradientsOfNetsOfImages holds every derivative of the loss of the whole model to central
// differences, on square, odd and coloured images and for several likelihoods.
func TestGradientsOfNetsOfImages(t *testing.T) {
	worst, checked := tk.Difference{}, 0
	for _, net := range nets.ImageNames() {
		for i, shape := range [][]int{{8, 8}, {9, 8, 3}, {16, 17}} {
			c := zoo.Pictures(net, shape...)
			c.Channels, c.Hidden = []int{2, 3}[:1+i/2], []int{3}[:1-i%2]
			c.Likelihood = []string{"bernoulli", "discretized-logistic", "gaussian-learned"}[i]
			if i == 2 {
				c.Channels = []int{1, 2}
			}
			m := zoo.New(t, "vae", c)
			p := tk.Params(t, dtypes.Float64)
			d := tk.GradientWithin(t, 1e-6, p, func(s *model.Scope, in []*g.Node) []*g.Node {
				return []*g.Node{g.MulScalar(m.Terms(s, vae.Batch{X: in[0]}, vi.Estimator{}).Loss(in[1], 0), .01)}
			}, zoo.Rows(zoo.BatchOf(c.Likelihood, 2, c.Dim)), tk.Matrix([]float64{.7}))
			if d.Count != p.Count() {
				t.Errorf("%s of %v: got %d derivatives, want %d", net, shape, d.Count, p.Count())
			}
			if d.Scaled > worst.Scaled {
				worst = d
			}
			checked += d.Count
		}
	}
	t.Logf("worst of %d derivatives: %v", checked, worst)
}

// TestWeightsAreCounted: the count that memory is guarded by is that of the weights of the
// deterministic autoencoder, biases and norms left out.
func TestWeightsAreCounted(t *testing.T) {
	for _, net := range vae.NetNames() {
		for _, shape := range [][]int{{8, 8}, {9, 12, 3}, {28, 28}} {
			for _, channels := range [][]int{{3}, {2, 5}, {4, 4}} {
				c := zoo.Pictures(net, shape...)
				c.Channels, c.Hidden = channels, []int{6, 4}
				n := zoo.Network(t, "ae", c, dtypes.Float32)
				zoo.Must[[]float32](t)(n.Reconstruct(t.Context(), zoo.Uniform(c.Dim)))
				count := int64(0)
				for _, a := range tk.Export(t, n.Params) {
					if strings.HasSuffix(a.Name, "weight") {
						count += int64(len(a.Data))
					}
				}
				if got := c.Weights(); got != count {
					t.Errorf("%s of %v, channels %v: got %d weights, want %d", net, shape, channels, got, count)
				}
			}
		}
	}
}

func TestWidestLayerOfImages(t *testing.T) {
	for _, c := range []struct {
		net  string
		want int64
	}{{"mlp", 784}, {"conv", 14 * 14 * 32}, {"resnet", 28 * 28 * 32}} {
		cfg := zoo.Pictures(c.net, 28, 28)
		cfg.Channels = []int{32, 64}
		if got := cfg.Widest(); got != c.want {
			t.Errorf("%s: got %d values, want %d", c.net, got, c.want)
		}
	}
}

func TestWrongNetsAreErrors(t *testing.T) {
	for _, c := range []struct {
		model, want string
		change      func(c *vae.Config)
	}{
		{"vae", `vae: vae: net: got "unet", want one of mlp, conv, resnet, dcgan, vq`, func(c *vae.Config) { c.Net = "unet" }},
		{"conv-vae", `net: got "mlp", want one of conv, resnet, dcgan, vq`, func(c *vae.Config) { c.Net = "mlp" }},
		{"linear-vae", `net: got "conv", want none: its networks are its own`, func(*vae.Config) {}},
		{"vae", "channels: got none, want at least one for the net conv; set --channels", func(c *vae.Config) { c.Channels = nil }},
		{"vae", "channels of stage 1: got 0, want 1 to 65536", func(c *vae.Config) { c.Channels = []int{1, 0} }},
		{"vae", "got rows of shape [64], want images H×W or H×W×C with sides of at least 8", func(c *vae.Config) { c.Shape = []int{64} }},
		{"vae", "got rows of shape [], want images", func(c *vae.Config) { c.Shape = nil }},
		{"vae", "got rows of shape [4 16], want images", func(c *vae.Config) { c.Shape = []int{4, 16} }},
		{"vae", "--net mlp takes any rows", func(c *vae.Config) { c.Shape = []int{2, 2, 2, 8} }},
		{"vae", "shape of a row: got [8 9], want one of 64 values", func(c *vae.Config) { c.Shape = []int{8, 9} }},
		{"vae", "weights for rows of 64 values, want at most", func(c *vae.Config) { c.Hidden = []int{1 << 16}; c.Channels = []int{1 << 10} }},
		{"vae", "weights for rows of 1 values, want at most", func(c *vae.Config) { c.Hidden = []int{1 << 16, 1 << 16} }},
	} {
		cfg := zoo.Pictures("conv", 8, 8)
		c.change(&cfg)
		if m, err := vae.New(c.model, cfg); err == nil || m != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want one with %q", c.model, err, c.want)
		}
	}
}

// TestSettingsAreCheckedBeforeTheData: without rows, what they decide is no error.
func TestSettingsAreCheckedBeforeTheData(t *testing.T) {
	c := zoo.Pictures("conv", 8, 8)
	c.Dim, c.Shape = 0, nil
	if err := vae.Check("vae", c); err != nil {
		t.Errorf("a net of images without data: %v", err)
	}
	c.Latent = 0
	if err := vae.Check("vae", c); err == nil || !strings.Contains(err.Error(), "latent size: got 0") {
		t.Errorf("got error %v, want one about the latent size", err)
	}
	if got := (vae.Config{}).Resolved("conv-vae").Net; got != "conv" {
		t.Errorf("net of conv-vae: got %q, want conv", got)
	}
	if got := (vae.Config{}).Resolved("linear-vae").Net; got != "" {
		t.Errorf("net of linear-vae: got %q, want none", got)
	}
}

// TestLikelihoodsOfColouredImages: every likelihood gives a finite bound, the record of which
// is that of three values a pixel, and means in the shape of the rows.
func TestLikelihoodsOfColouredImages(t *testing.T) {
	for _, l := range vae.Likelihoods() {
		c := zoo.Pictures("conv", 8, 8, 3)
		c.Likelihood = l.Name
		n := zoo.Network(t, "conv-vae", c, dtypes.Float64)
		var x []float32
		for _, row := range zoo.BatchOf(l.Name, 5, c.Dim) {
			for _, v := range row {
				x = append(x, float32(v))
			}
		}
		r := zoo.Must[vi.Record](t)(n.Evaluator(vi.Estimator{Samples: 2}).Record(t.Context(), x, rng.New(1), 1))
		if math.IsNaN(r.Bound) || math.IsInf(r.Bound, 0) || r.N != 5 || !(r.KL > 0) {
			t.Errorf("%s: got record %+v", l.Name, r)
		}
		mean := zoo.Must[[]float32](t)(n.Reconstruct(t.Context(), x))
		if len(mean) != len(x) {
			t.Errorf("%s: got %d values of means, want %d", l.Name, len(mean), len(x))
		}
	}
}

// TestNetsAreNamedAndDescribed: names are unique, and the usual net of every model exists.
func TestNetsAreNamedAndDescribed(t *testing.T) {
	seen := map[string]bool{}
	for _, n := range vae.Nets() {
		if n.Name == "" || n.Summary == "" || seen[n.Name] {
			t.Errorf("got net %q, %q, want names and summaries, each once", n.Name, n.Summary)
		}
		seen[n.Name] = true
	}
	for _, s := range vae.Specs() {
		for _, n := range s.Nets {
			if !seen[n] {
				t.Errorf("%s: got net %q, want one of %v", s.Name, n, vae.NetNames())
			}
		}
	}
}

// TestTheDecoderSeesEveryPixel: the derivative of each mean by the code is not 0 where no
// rectifier is closed, so cropping and padding lose no row or column.
func TestTheDecoderSeesEveryPixel(t *testing.T) {
	for _, net := range nets.ImageNames() {
		c := zoo.Pictures(net, 17, 13, 2)
		c.Channels, c.Hidden, c.Latent = []int{8}, []int{16}, 8
		n := zoo.Network(t, "vae", c, dtypes.Float64)
		z := make([]float32, 64*8)
		rng.New(3).Normal(z)
		x := zoo.Must[[]float32](t)(n.Decode(t.Context(), z))
		for i := range c.Dim {
			varies := false
			for row := 1; row < 64; row++ {
				varies = varies || x[row*c.Dim+i] != x[i]
			}
			if !varies {
				t.Errorf("%s: value %d is the same for 64 codes", net, i)
			}
		}
	}
}

// TestFeaturesSeeEveryPixel: each pixel changes the code of some random net.
func TestFeaturesSeeEveryPixel(t *testing.T) {
	for _, net := range nets.ImageNames() {
		c := zoo.Pictures(net, 16, 12)
		c.Channels, c.Hidden = []int{8}, nil
		n := zoo.Network(t, "vae", c, dtypes.Float64)
		x := make([]float32, (c.Dim+1)*c.Dim)
		for i := range c.Dim {
			x[i*c.Dim+i] = 1
		}
		mean, _, err := n.Encode(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		for i := range c.Dim {
			if slices.Equal(mean[2*i:2*i+2], mean[2*c.Dim:]) {
				t.Errorf("%s: pixel %d does not change the code", net, i)
			}
		}
	}
}
