package nets_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vae/nets"
)

// mapped runs rows through the net's feature map, changes it to so many channels, and back to rows.
func mapped(c vae.Config, channels int) model.Func {
	return func(s *model.Scope, in []*g.Node) []*g.Node {
		m := c.FeatureMap(s.In("encoder"), in[0])
		code := m
		if m.Shape().Dim(-1) != channels {
			code = g.Slice(m, g.AxisRange(), g.AxisRange(), g.AxisRange(), g.AxisRange(0, channels))
		}
		return []*g.Node{m, c.FromMap(s.In("decoder"), code)}
	}
}

// TestFeatureMapsHaveTheirExtentAndLeadBack: for every net and odd, coloured and plain images; the
// MLP has a map of one position, on images and tables alike. A batch of one row has the same values
// as that row among others: no norm looks at the rows beside.
func TestFeatureMapsHaveTheirExtentAndLeadBack(t *testing.T) {
	for _, net := range nets.Names() {
		for _, shape := range [][]int{{28, 28}, {9, 13}, {9, 13, 3}, {32, 32, 3}, {5}} {
			c := zoo.Pictures(net, shape...)
			if len(shape) == 1 && net != "mlp" {
				continue
			}
			e := c.MapExtent()
			run := func(rows int) [][]float64 {
				prog := model.NewProgram(tk.Params(t, dtypes.Float64), "maps", mapped(c, 2))
				return tk.Values(t, prog, rng.Key{}, tk.Matrix(zoo.Float64s(zoo.Uniform(rows*c.Dim)), rows, c.Dim))
			}
			three, one := run(3), run(1)
			if len(three[0]) != 3*e.Size() || len(three[1]) != 3*c.Dim {
				t.Errorf("%s of %v: got a map of %d values and %d values of rows, want %d and %d", net, shape, len(three[0]), len(three[1]), 3*e.Size(), 3*c.Dim)
			}
			for i := range one[1] {
				if math.Abs(one[1][i]-three[1][i]) > 1e-12 {
					t.Fatalf("%s of %v: value %d: got %v alone and %v among others", net, shape, i, one[1][i], three[1][i])
				}
			}
		}
	}
}

func TestExtentsOfMaps(t *testing.T) {
	for _, c := range []struct {
		net, want string
		shape     []int
		channels  []int
	}{
		{"mlp", "{1 1 3}", []int{28, 28}, nil},
		{"mlp", "{1 1 3}", []int{6}, nil},
		{"conv", "{7 7 4}", []int{28, 28}, []int{2, 4}},
		{"dcgan", "{4 4 4}", []int{32, 32, 3}, []int{2, 4}},
		{"resnet", "{5 7 2}", []int{9, 13}, []int{2, 4}},
		{"vq", "{7 7 4}", []int{28, 28}, []int{2, 4}},
		{"vq", "{8 8 4}", []int{32, 32, 3}, []int{2, 4}},
		{"vq", "{16 16 6}", []int{32, 32, 3}, []int{6}},
		{"vq", "{2 3 4}", []int{9, 13}, []int{2, 4}},
		{"vq", "{2 2 4}", []int{8, 8}, []int{2, 4, 8, 8}}, // not below 2×2
	} {
		cfg := zoo.Pictures(c.net, c.shape...)
		cfg.Channels = c.channels
		if got := fmt.Sprint(cfg.MapExtent()); got != c.want {
			t.Errorf("%s of %v: got %s, want %s", c.net, c.shape, got, c.want)
		}
	}
	none := vae.Config{Dim: 6}
	if got := fmt.Sprint(none.MapExtent()); got != "{1 1 6}" {
		t.Errorf("an MLP without layers: got %s, want {1 1 6}", got)
	}
}

// TestGradientsOfFeatureMaps holds the derivatives through the map and back to differences.
func TestGradientsOfFeatureMaps(t *testing.T) {
	worst, checked := tk.Difference{}, 0
	for _, net := range nets.Names() {
		for _, depth := range []int{0, 2} {
			c := zoo.Pictures(net, 9, 8)
			c.Channels, c.Depth = []int{2, 2}, depth
			c = c.Resolved("vae")
			p := tk.Params(t, dtypes.Float64)
			d := tk.GradientWithin(t, 1e-6, p, func(s *model.Scope, in []*g.Node) []*g.Node {
				return []*g.Node{g.MulScalar(g.ReduceAllSum(g.Square(g.AddScalar(mapped(c, 1)(s, in)[1], .3))), .01)}
			}, zoo.Rows(zoo.BatchOf("gaussian", 2, c.Dim)))
			if d.Count != p.Count() {
				t.Errorf("%s: got %d derivatives, want %d", net, d.Count, p.Count())
			}
			if d.Scaled > worst.Scaled {
				worst = d
			}
			checked += d.Count
		}
	}
	t.Logf("worst of %d derivatives: %v", checked, worst)
}

func TestMapsOfOtherSidesAreErrors(t *testing.T) {
	c := zoo.Pictures("vq", 16, 16)
	prog := model.NewProgram(tk.Params(t, dtypes.Float64), "wrong", func(s *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{c.FromMap(s, g.Reshape(in[0], 1, 3, 4, 2))}
	})
	_, err := prog.Values(rng.Key{}, tk.Vector(make([]float64, 24)...))
	if err == nil || !strings.Contains(err.Error(), "net vq: got a map of shape [1 3 4 2], want B×4×4×C") {
		t.Errorf("got error %v", err)
	}
}

// TestWidthAndDepthShapeTheNet: dense layers, channels that double, and layers and blocks within a
// stage; what was resolved once stays as it is.
func TestWidthAndDepthShapeTheNet(t *testing.T) {
	for _, c := range []struct {
		net                  string
		width, depth         int
		hidden, channels     []int
		wantHidden, wantChan string
	}{
		{"mlp", 0, 0, []int{9, 5}, []int{2, 4}, "[9 5]", "[2 4]"},
		{"mlp", 7, 0, []int{9, 5}, []int{2, 4}, "[7]", "[2 4]"},
		{"mlp", 7, 3, []int{9, 5}, []int{2, 4}, "[7 7 7]", "[2 4]"},
		{"mlp", 0, 3, []int{9, 5}, []int{2, 4}, "[9 9 9]", "[2 4]"},
		{"conv", 6, 0, []int{9}, []int{2, 4, 4}, "[9]", "[6 12 24]"},
		{"vq", 6, 2, []int{9}, nil, "[9]", "[6]"},
		{"resnet", 0, 2, []int{9}, []int{2, 4}, "[9]", "[2 4]"},
	} {
		cfg := zoo.Pictures(c.net, 16, 16)
		cfg.Width, cfg.Depth, cfg.Hidden, cfg.Channels = c.width, c.depth, c.hidden, c.channels
		got := cfg.Resolved("vae")
		if fmt.Sprint(got.Hidden) != c.wantHidden || fmt.Sprint(got.Channels) != c.wantChan {
			t.Errorf("%+v: got hidden %v and channels %v", c, got.Hidden, got.Channels)
		}
		if again := got.Resolved("vae"); fmt.Sprint(again) != fmt.Sprint(got) {
			t.Errorf("%+v: resolved twice: got %v", c, again)
		}
	}
}

// TestDepthAddsLayers: every net has more parameters with a depth of 3 than with its usual one.
func TestDepthAddsLayers(t *testing.T) {
	count := func(net string, depth int) int {
		c := zoo.Pictures(net, 9, 13)
		c.Depth = depth
		n := zoo.Network(t, "vae", c, dtypes.Float32)
		zoo.Must[[]float32](t)(n.Reconstruct(t.Context(), zoo.Uniform(c.Dim)))
		return n.Params.Count()
	}
	for _, net := range nets.Names() {
		if usual, deep := count(net, 0), count(net, 3); deep <= usual {
			t.Errorf("%s: got %d parameters with depth 3 and %d without", net, deep, usual)
		}
	}
}

func TestWrongWidthsAndDepthsAreErrors(t *testing.T) {
	for _, c := range []struct {
		want   string
		change func(c *vae.Config)
	}{
		{"width: got -1, want 1 to 65536", func(c *vae.Config) { c.Width = -1 }},
		{"width: got 65537", func(c *vae.Config) { c.Width = 1<<16 + 1 }},
		{"depth: got 101, want 1 to 100", func(c *vae.Config) { c.Depth = 101 }},
		{"depth: got -2", func(c *vae.Config) { c.Depth = -2 }},
		{"depth: got 2 layers without a width; set --width", func(c *vae.Config) { c.Net, c.Depth, c.Hidden = "mlp", 2, nil }},
		{"weights for rows of 256 values, want at most", func(c *vae.Config) { c.Width, c.Depth = 1<<15, 100 }},
	} {
		cfg := zoo.Pictures("conv", 16, 16)
		c.change(&cfg)
		if m, err := vae.New("vae", cfg); err == nil || m != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got error %v, want one with %q", err, c.want)
		}
	}
}
