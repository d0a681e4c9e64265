package vae_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/internal/scalarref"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// remedy is a small VAE with remedies.
func remedy(r vae.Remedies) vae.Config {
	return vae.Config{Dim: 5, Hidden: []int{6, 4}, Latent: 3, Likelihood: "bernoulli", Sigma: 1, Remedies: r}
}

// remediedTerms are the KL divergence of each row, B×L, and the means of the guide in a training step.
func remediedTerms(t *testing.T, c vae.Config, p *model.Params, x [][]float64) (kl, mean []float64) {
	t.Helper()
	m := zoo.New(t, "vae", c)
	out := tk.Values(t, model.NewProgram(p, "terms", func(s *model.Scope, in []*g.Node) []*g.Node {
		mean, _ := m.(vae.Encoder).Encode(s, vae.Batch{X: in[0]})
		return []*g.Node{m.Terms(s, vae.Batch{X: in[0]}, vi.Estimator{}).KL, mean}
	}).Training(), rng.New(1), zoo.Rows(x))
	return out[0], out[1]
}

// Whatever the encoder's outputs, every dimension of every row has the rate; with wide guides of
// mean 0 it is met to rounding.
func TestEveryDimensionHasTheMinimumRate(t *testing.T) {
	x := scalarref.BinaryBatch(8, 5)
	for _, rate := range []float64{.05, .5, 4} {
		for _, bias := range []float64{-30, -2, 0, 2, 30} {
			p := tk.Params(t, dtypes.Float64)
			tk.Import(t, p, model.Array{Name: "encoder/logvar/bias", Trainable: true, Dims: []int{3}, Data: []float64{bias, bias, bias}})
			kl, _ := remediedTerms(t, remedy(vae.Remedies{MinRate: rate}), p, x)
			least := math.Inf(1)
			for _, v := range kl {
				least = math.Min(least, v)
			}
			if least < rate*(1-1e-9) {
				t.Errorf("rate %v, bias %v: got a dimension of %v nats", rate, bias, least)
			}
			if bias == 30 && least > rate+.05 {
				t.Errorf("rate %v: got at least %v of a wide guide, want about the rate", rate, least)
			}
		}
	}
}

// In training the means have the deviation γ√(v/(v + ε)) and the shift for their mean, so that the mean
// rate is at least ½ Σ (γ² + b²) up to ε.
func TestMeansHaveTheirScaleOverABatch(t *testing.T) {
	x := scalarref.GrayBatch(40, 5)
	p := tk.Params(t, dtypes.Float64)
	shift := []float64{.3, 0, -1}
	tk.Import(t, p, model.Array{Name: "encoder/norm/shift", Trainable: true, Dims: []int{3}, Data: shift},
		model.Array{Name: "encoder/mean/weight", Trainable: true, Dims: []int{4, 3}, Data: []float64{90, -50, 70, 40, 80, -60, -30, 70, 99, 60, 30, 20}})
	kl, mean := remediedTerms(t, remedy(vae.Remedies{MeanScale: .8}), p, x)
	rate, want := 0., 0.
	for j := range 3 {
		m, v := 0., 0.
		for i := range 40 {
			m += mean[i*3+j] / 40
			v += mean[i*3+j] * mean[i*3+j] / 40
			rate += kl[i*3+j] / 40
		}
		tk.Close(t, "mean of μ", m, shift[j], 1e-12)
		tk.Close(t, "deviation of μ", math.Sqrt(v-m*m), .8, 1e-4) // ε is small beside the variance
		want += .5 * v
	}
	if rate < want || math.Abs(want-.5*(3*.64+1.09)) > 1e-3 {
		t.Errorf("mean rate: got %v, want at least %v", rate, want)
	}
	for _, a := range tk.Export(t, p) {
		if strings.HasPrefix(a.Name, "encoder/norm/") && a.Name != "encoder/norm/shift" && (a.Trainable || len(a.Data) != 3 || a.Data[0] == 0 || a.Data[0] == 1) {
			t.Errorf("%s: got %v, want running moments that moved", a.Name, a.Data)
		}
	}
}

// Elsewhere the norm has its running moments: a row's code does not depend on the rows beside it.
func TestCodesOfNormedMeansDoNotDependOnTheBatch(t *testing.T) {
	n := zoo.Network(t, "vae", remedy(vae.Remedies{MeanScale: .8, MinRate: .1, Skip: true}), dtypes.Float32)
	x := zoo.Uniform(20 * 5)
	mean, _, err := n.Encode(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	one, _, err := n.Encode(t.Context(), x[35:40])
	if err != nil {
		t.Fatal(err)
	}
	zoo.Near(t, "code", one, mean[21:24])
}

// The gradients of a training step with batch moments, and of one without, against differences.
func TestGradientsOfRemediesAgreeWithDifferences(t *testing.T) {
	for _, r := range []vae.Remedies{{MinRate: .3}, {MeanScale: .7}, {Skip: true}, {MinRate: .1, MeanScale: 1.2, Skip: true}} {
		m := zoo.New(t, "vae", remedy(r))
		p := tk.Params(t, dtypes.Float64)
		loss := func(s *model.Scope, in []*g.Node) []*g.Node {
			return []*g.Node{m.Terms(s, vae.Batch{X: in[0]}, vi.Estimator{}).Loss(in[1], 0)}
		}
		d := tk.GradientWithin(t, 1e-5, p, loss, zoo.Rows(scalarref.BinaryBatch(4, 5)), tk.Matrix([]float64{.7}))
		if d.Count != p.Count() {
			t.Errorf("%+v: got %d derivatives, want %d", r, d.Count, p.Count())
		}
	}
	p := tk.Params(t, dtypes.Float64)
	x := []float64{1, -2, .5, .3, .2, 4, -1, 0, 2, 2, 2, -3}
	normOf := func(x []float64) ([]float64, []float64) {
		out := tk.Values(t, model.NewProgram(p, "norm", func(s *model.Scope, in []*g.Node) []*g.Node {
			y := vae.Normed(s, in[0], .9)
			sum := g.ReduceAllSum(g.Mul(y, g.Square(y)))
			return []*g.Node{sum, g.Gradient(sum, in[0])[0]}
		}).Training(), rng.New(1), tk.Matrix(x, 6, 2))
		return out[0], out[1]
	}
	_, slope := normOf(x)
	for i := range x {
		moved := append([]float64(nil), x...)
		moved[i] += 1e-5
		up, _ := normOf(moved)
		moved[i] -= 2e-5
		down, _ := normOf(moved)
		tk.Close(t, "derivative through the batch's moments", slope[i], (up[0]-down[0])/2e-5, 1e-6)
	}
}

// Each dense layer of the decoder but the first has L more inputs, and they count as weights.
func TestSkippingDecodersSeeTheCodeInEveryLayer(t *testing.T) {
	for _, net := range vae.NetNames() {
		c := zoo.Pictures(net, 8, 8)
		c.Hidden, c.Latent, c.Remedies = []int{6, 4}, 3, vae.Remedies{Skip: true}
		n := zoo.Network(t, "ae", c, dtypes.Float32)
		zoo.Must[[]float32](t)(n.Reconstruct(t.Context(), zoo.Uniform(c.Dim)))
		count, layers := int64(0), map[string]int{}
		for _, a := range tk.Export(t, n.Params) {
			if strings.HasSuffix(a.Name, "weight") {
				count += int64(len(a.Data))
			}
			if len(a.Dims) == 2 {
				layers[a.Name] = a.Dims[0]
			}
		}
		if got := n.Config.Weights(); got != count {
			t.Errorf("%s: got %d weights, want %d", net, got, count)
		}
		last := layers["decoder/out/weight"] + layers["decoder/spread/weight"]
		if layers["decoder/hidden0/weight"] != 3 || layers["decoder/hidden1/weight"] != 4+3 || last != 6+3 {
			t.Errorf("%s: got inputs %v, want 3, 7 and 9 of the decoder's dense layers", net, layers)
		}
	}
	c := remedy(vae.Remedies{Skip: true})
	c.Hidden = nil
	if n := zoo.New(t, "vae", c).(vae.Amortized); n.Size != 3 || c.SkipWeights() != 0 {
		t.Errorf("without hidden layers: got %d more weights, want none", c.SkipWeights())
	}
}

func TestWrongRemediesAreErrors(t *testing.T) {
	for _, bad := range []struct {
		model, want string
		edit        func(c *vae.Config)
	}{
		{"vae", "minimum rate: got 10", func(c *vae.Config) { c.Remedies.MinRate = 10 }},
		{"vae", "scale of the means: got NaN", func(c *vae.Config) { c.Remedies.MeanScale = math.NaN() }},
		{"linear-vae", "its decoder is its own", func(c *vae.Config) { c.Remedies.Skip, c.Likelihood = true, "gaussian" }},
		{"ae", "its guide is its own", func(c *vae.Config) { c.Remedies.MinRate = .1 }},
		{"vae", "got the posterior planar", func(c *vae.Config) { c.Remedies.MinRate, c.Posterior, c.FlowSteps = .1, "planar", 2 }},
		{"vae", "got the prior maf", func(c *vae.Config) { c.Remedies.MeanScale, c.Prior = 1, "maf" }},
	} {
		c := remedy(vae.Remedies{})
		bad.edit(&c)
		if err := vae.Check(bad.model, c); err == nil || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("%s: got %v, want %q", bad.model, err, bad.want)
		}
	}
}
