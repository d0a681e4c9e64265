package zoo_test

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vae/nets"
	"github.com/elbo-go/elbo/vi"
)

// Models of a package that is none of the module's rooms: what they need of it has an exported name.
func init() {
	vae.Register(vae.Spec{
		Name: "test-shy", Summary: "VAE whose means stay near 0, for tests", Nets: nets.Names(), Priors: true, Gaussian: true,
		Options: []vae.Option{{Name: "shyness", Usage: "weight of the squared means", Default: "0", Kind: vae.Number, Min: 0, Max: 1e6}},
		New:     newShy,
	})
	vae.Register(vae.Spec{
		Name: "test-pair", Summary: "autoencoder of two dense layers, for tests",
		Options: []vae.Option{
			{Name: "middle", Usage: "width", Default: "4", Kind: vae.Whole, Min: 1, Max: nets.MaxWidth},
			{Name: "squash", Usage: "whether codes are squashed", Default: "false", Kind: vae.Switch},
		},
		New: func(c vae.Config) vae.Model { return pair{c} },
	})
}

// newShy is the VAE and λ E‖μ(x)‖² beside its bound.
func newShy(c vae.Config) vae.Model {
	m := vae.Amortized{Size: c.Latent, Guide: c.GaussianGuide, Data: c.Mirrored, CodePrior: c.CodePrior}
	m.Beside = func(_ *model.Scope, _ vae.Batch, l vi.Latent, t *vi.Terms) {
		square := g.ReduceAllMean(g.Square(l.Q.(dist.Normal).Loc))
		t.Penalty = g.MulScalar(square, c.Number("shyness"))
		t.Figures = []vi.Figure{{Name: "mean square", Value: square}}
	}
	return m
}

// pair is a model with all of its methods its own.
type pair struct{ vae.Config }

// Terms implements [vae.Model].
func (m pair) Terms(s *model.Scope, b vae.Batch, _ vi.Estimator) vi.Terms {
	z, _ := m.Encode(s, b)
	lp := g.ReduceSum(m.Decode(s, b.Code(z)).LogProb(b.X), -1)
	return vi.Terms{LogLik: g.ExpandAxes(lp, 0), Kind: vi.KindLogProb}
}

// Encode implements [vae.Encoder].
func (m pair) Encode(s *model.Scope, b vae.Batch) (mean, variance *g.Node) {
	s = s.In("encoder")
	z := nn.Dense(s.In("code"), nn.ReLU(nn.Dense(s.In("middle"), b.X, m.Whole("middle"))), m.Latent)
	if m.On("squash") {
		z = g.Tanh(z)
	}
	return z, g.ZerosLike(z)
}

// Decode implements [vae.Decoder].
func (m pair) Decode(s *model.Scope, c vae.Code) dist.Distribution {
	s = s.In("decoder")
	return m.Distribution(s, nn.Dense(s.In("out"), c.Z, m.Dim))
}

// TestAModelOfAnotherPackageHasAllThatModelsHave: flags of its own, nets, priors, training, codes and
// samples; the more it pays for its means the smaller they are.
func TestAModelOfAnotherPackageHasAllThatModelsHave(t *testing.T) {
	spec, ok := vae.Lookup("test-shy")
	if !ok || !slices.ContainsFunc(spec.Options, func(o vae.Option) bool { return o.Name == "components" }) {
		t.Fatalf("got %+v, %v, want a model with the settings of the priors", spec, ok)
	}
	x := zoo.Binary(256 * 6)
	square := map[string]float64{}
	for _, shyness := range []string{"0", "100"} {
		c := zoo.Small
		c.Options = map[string]string{"shyness": shyness}
		n := zoo.Trained(t, "test-shy", c, x, 60, .02, 1)
		for _, v := range zoo.Must[vi.Posterior](t)(n.Posterior(t.Context(), x)).Mean {
			square[shyness] += v * v
		}
		for _, v := range zoo.Must[[]float32](t)(n.Sample(t.Context(), 5, rng.New(1))) {
			if !(v >= 0 && v <= 1) {
				t.Errorf("got a sample of %v", v)
			}
		}
	}
	if !(square["100"] < square["0"]/4) {
		t.Errorf("squares of the means: got %v", square)
	}
	picture := zoo.Network(t, "test-shy", zoo.Pictures(nets.Conv, 8, 8), dtypes.Float32)
	if out := zoo.Must[[]float32](t)(picture.Reconstruct(t.Context(), zoo.Uniform(2*64))); len(out) != 2*64 {
		t.Errorf("images: got %d values, want %d", len(out), 2*64)
	}
}

// TestAModelOfAnotherPackageMayHaveNetworksOfItsOwn: with a whole number and a switch for settings, and a likelihood
// as all have.
func TestAModelOfAnotherPackageMayHaveNetworksOfItsOwn(t *testing.T) {
	c := zoo.Small
	c.Options = map[string]string{"middle": "3", "squash": "true"}
	n := zoo.Network(t, "test-pair", c, dtypes.Float64)
	z, _, err := n.Encode(t.Context(), zoo.Uniform(4*6))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range z {
		if !(math.Abs(float64(v)) < 1) {
			t.Errorf("got a code of %v, want it squashed", v)
		}
	}
	want := "encoder/middle/weight [6 4]\nencoder/middle/bias [4]\nencoder/code/weight [4 2]\nencoder/code/bias [2]\ndecoder/out/weight [2 6]\ndecoder/out/bias [6]"
	if got := zoo.Paths(t, "test-pair", vae.Config{Dim: 6}); got != want {
		t.Errorf("got parameters\n%s\nwant\n%s", got, want)
	}
	c.Net = nets.Conv
	if err := vae.Check("test-pair", c); err == nil {
		t.Error("a net is no error, want one: its networks are its own")
	}
}
