package codes

import (
	"fmt"
	"maps"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/optim"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// ofMaps is a configuration of codes on a map of 2×3 places, with few weights.
func ofMaps(name string, options map[string]string) vae.Config {
	spec, _ := vae.Lookup(name)
	c := zoo.Pictures("vq", 8, 12)
	c.Depth, c.Rows, c.Options = 1, 24, spec.Small()
	maps.Copy(c.Options, options)
	return c
}

// coding lists the models of this family with the settings that change what they do.
var coding = []struct {
	name    string
	options map[string]string
	count   int // numbers of a code
	values  int
}{
	{"vq-vae", nil, 6, 5},
	{"vq-vae", map[string]string{"update": "loss"}, 6, 5},
	{"vq-vae", map[string]string{"update": "simvq", "reset": "0"}, 6, 5},
	{"vq-vae", map[string]string{"update": "loss", "space": "cosine", "gradient": "rotation"}, 6, 5},
	{"vq-vae", map[string]string{"quantisers": "3", "code-groups": "2", "reset": "2"}, 36, 5},
	{"vq-vae", map[string]string{"space": "cosine", "quantisers": "2", "reset": "0"}, 12, 5},
	{"fsq-vae", nil, 6, 12},
	{"fsq-vae", map[string]string{"levels": "8,5", "quantisers": "2"}, 12, 40},
	{"lfq-vae", nil, 6, 4},
	{"gumbel-vae", nil, 6, 4},
	{"vq-vae-2", nil, 7, 5},
	{"vq-vae-2", map[string]string{"coarse-quantisers": "2", "coarse-weight": "0"}, 8, 5},
}

// codeStep is a training step of a stage, which returns loss, reconstruction and KL term.
func codeStep(n *vae.Network, stage int) *model.Program {
	return model.NewProgram(n.Params, "step", func(s *model.Scope, in []*g.Node) []*g.Node {
		b := n.Batch(in[0], in[3])
		b.Stage = stage
		t := n.Model.Terms(s, b, vi.Estimator{})
		loss := t.Loss(special.ScalarLike(in[0], 1), 0)
		optim.NewAdam().Descend(s, append([]optim.Route{{Loss: loss}}, t.Routes...), in[1], in[2])
		out := []*g.Node{loss, g.ReduceAllMean(t.LogLik), g.ReduceAllMean(g.ReduceSum(t.KL, -1))}
		for _, f := range t.Figures {
			out = append(out, f.Value)
		}
		return out
	}).Training()
}

// patterned are rows of six shades with stripes of their own.
func patterned(rows, dim int) []float32 {
	x := make([]float32, rows*dim)
	for i := range x {
		x[i] = float32(i/dim%6)/6 + .3*float32((i*(i/dim+3))%5)/5
	}
	return x
}

// fitted takes steps on one batch and returns the first and the last terms.
func fitted(t *testing.T, n *vae.Network, stage, steps int, rate float64) (first, last []float64) {
	t.Helper()
	step, in := codeStep(n, stage), model.Tensor(dtypes.Float64, patterned(24, 96), 24, 96)
	for i := range steps {
		corrected, correct := optim.NewAdam().Scalars(int64(i+1), rate)
		out := tk.Values(t, step, rng.New(2).At(uint64(i)), in, model.Scalar(dtypes.Float64, corrected), model.Scalar(dtypes.Float64, correct), model.Scalar(dtypes.Float64, float64(i)/float64(steps)))
		last = nil
		for _, v := range out {
			last = append(last, v[0])
		}
		if i == 0 {
			first = last
		}
	}
	return first, last
}

// Every setting trains: the reconstruction of one batch improves and depends on the codes, which are
// whole numbers in their range.
func TestModelsOfCodesTrainAndDecodeTheirCodes(t *testing.T) {
	for _, c := range coding {
		cfg := ofMaps(c.name, c.options)
		cfg.Channels = []int{8, 12} // of four channels all may die
		n := zoo.Network(t, c.name, cfg, dtypes.Float64)
		count, values, ok := n.Indices()
		if !ok || count != c.count || values != c.values || n.Config.Latent != count {
			t.Errorf("%s %v: got %d numbers below %d, latent size %d, want %d below %d", c.name, c.options, count, values, n.Config.Latent, c.count, c.values)
		}
		x := patterned(24, 96)
		if err := n.Config.Stages()[0].Start(t.Context(), n, x, rng.New(3)); err != nil {
			t.Fatal(err)
		}
		first, last := fitted(t, n, 0, 60, .005)
		if !(last[1] > first[1]+5) {
			t.Errorf("%s %v: ln p(x|z): got %.2f after %.2f, want it to rise", c.name, c.options, last[1], first[1])
		}
		z := must2(t)(n.Encode(t.Context(), x))
		own, other := meanLogLik(t, n, x, z), meanLogLik(t, n, x, exchangedCodes(z, count, 0, count))
		t.Logf("%s %v: ln p(x|z) %.2f at first, %.2f after 60 steps, %.2f with other codes", c.name, c.options, first[1], own, other)
		if !(own > other+5) {
			t.Errorf("%s %v: codes of other rows cost %.2f nats, want the decoder to see them", c.name, c.options, own-other)
		}
		for _, v := range z {
			if v != float32(int(v)) || v < 0 || int(v) >= values {
				t.Fatalf("%s %v: got code number %v, want a whole one below %d", c.name, c.options, v, values)
			}
		}
		samples := zoo.Must[[]float32](t)(n.Sample(t.Context(), 3, rng.New(1)))
		if len(samples) != 3*96 {
			t.Errorf("%s: got samples of %d values", c.name, len(samples))
		}
	}
}

// The bound of the quantisers: ln p(x|z) as decoding the numbers gives it, and L ln K.
func TestTheBoundOfAQuantiserHasAConstantRate(t *testing.T) {
	for _, c := range coding[:9] {
		n := zoo.Network(t, c.name, ofMaps(c.name, c.options), dtypes.Float64)
		prog := model.NewProgram(n.Params, "bound", func(s *model.Scope, in []*g.Node) []*g.Node {
			b := n.Batch(in[0], nil)
			b.Stage = 0
			terms := n.Model.Terms(s, b, vi.Estimator{})
			z, variance := n.Model.(vae.Encoder).Encode(s, b)
			lp := g.ReduceSum(n.Model.(vae.Decoder).Decode(s, b.Code(z)).LogProb(b.X), -1)
			return []*g.Node{terms.LogLik, lp, terms.KL, variance}
		})
		x := make([]float64, 0, 5*96)
		for _, v := range zoo.Uniform(5 * 96) {
			x = append(x, float64(v))
		}
		out := tk.Values(t, prog, rng.New(1), tk.Matrix(x, 5, 96))
		for i := range 5 {
			tk.Close(t, c.name+": ln p(x|z)", out[0][i], out[1][i], 1e-9)
			tk.Close(t, c.name+": rate", out[2][i], float64(c.count)*math.Log(float64(c.values)), 1e-12)
		}
		for _, v := range out[3] {
			if v != 0 {
				t.Fatalf("%s: variance of a code: got %v, want 0", c.name, v)
			}
		}
	}
}

// sameBits tells whether two rows are equal to the bit.
func sameBits(a, b []float64) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return len(a) == len(b)
}

// What steps set themselves is out of the optimizer's reach, in every stage what does not learn stays
// to the bit, and evaluation changes nothing.
func TestCodebooksMoveInTheirStageAlone(t *testing.T) {
	for _, c := range coding {
		n := zoo.Network(t, c.name, ofMaps(c.name, c.options), dtypes.Float64)
		fitted(t, n, 0, 3, .01)
		before := zoo.Arrays(t, n)
		zoo.Must[[]float32](t)(n.Reconstruct(t.Context(), zoo.Uniform(24*96)))
		zoo.Must[vi.Record](t)(n.Evaluator(vi.Estimator{}).Record(t.Context(), zoo.Uniform(24*96), rng.New(1), 1))
		for name, v := range zoo.Arrays(t, n) {
			if old, ok := before[name]; ok && !sameBits(v, old) {
				t.Errorf("%s %v: evaluation moved %s", c.name, c.options, name)
			}
		}
		before = zoo.Arrays(t, n)
		_, terms := fitted(t, n, 1, 3, .01)
		learned := 0
		for name, v := range zoo.Arrays(t, n) {
			old, ok := before[name]
			switch prior := strings.HasPrefix(strings.TrimPrefix(name, "optimizer/"), "prior/"); {
			case !ok || sameBits(v, old):
			case prior:
				learned++
			default:
				t.Errorf("%s %v: the stage of the prior moved %s", c.name, c.options, name)
			}
		}
		if learned == 0 {
			t.Errorf("%s %v: the prior did not learn", c.name, c.options)
		}
		if limit := float64(c.count) * math.Log(float64(c.values)) * 3; !(terms[2] > 0 && terms[2] < limit) {
			t.Errorf("%s: −ln p(z): got %v, want 0 to %v", c.name, terms[2], limit)
		}
	}
}

// The moments of the optimizer know what it trains.
func TestTheOptimizerLeavesWhatStepsSet(t *testing.T) {
	for update, want := range map[string]string{"ema": "", "loss": "optimizer/quantiser/group0_level0/codes/m", "simvq": "optimizer/quantiser/group0_level0/map/m"} {
		n := zoo.Network(t, "vq-vae", ofMaps("vq-vae", map[string]string{"update": update}), dtypes.Float64)
		fitted(t, n, 0, 2, .01)
		var got []string
		for name := range zoo.Arrays(t, n) {
			if strings.HasPrefix(name, "optimizer/quantiser") && strings.HasSuffix(name, "/m") {
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: the optimizer trains %v, want %q", update, got, want)
		}
	}
}

// The start gives features mean 0 and variance 1 and puts codes among them: five codes leave over less
// than a fifth of the variance of two values a place, 12 in all.
func TestTheStartOfCodebooksFitsTheFeatures(t *testing.T) {
	n := zoo.Network(t, "vq-vae", ofMaps("vq-vae", map[string]string{"commit": "1"}), dtypes.Float64)
	if err := n.Config.Stages()[0].Start(t.Context(), n, patterned(24, 96), rng.New(3)); err != nil {
		t.Fatal(err)
	}
	z, err := startFeatures(t.Context(), n, patterned(24, 96), 6, func(s *model.Scope, b vae.Batch) *g.Node {
		return quantised{n.Config, vector(n.Config)}.places(s.In("encoder"), b.X)
	})
	if err != nil {
		t.Fatal(err)
	}
	mean, scale := standardised(z, 2)
	for j := range mean {
		tk.Close(t, "mean of a feature", mean[j], 0, 1e-9)
		tk.Close(t, "deviation of a feature", scale[j], 1, 1e-9)
	}
	first, _ := fitted(t, n, 0, 1, 0)
	if fit := first[len(first)-1]; !(fit < .2*12) { // the code loss
		t.Errorf("squared distance of the places of a row to their codes: got %v, want at most 2.4", fit)
	}
}

// The decoder starts at the mean of the rows, as logits where its outputs are logits.
func TestTheDecoderStartsAtTheMeanOfTheRows(t *testing.T) {
	x := make([]float32, 4*96)
	for i := range x {
		x[i] = []float32{0, 1, .25, .5}[i%4]
	}
	for likelihood, want := range map[string][]float64{"bernoulli": {-6, 6, math.Log(1. / 3), 0}, "gaussian": {0, 1, .25, .5}} {
		for _, name := range []string{"vq-vae", "fsq-vae", "lfq-vae", "gumbel-vae"} {
			c := ofMaps(name, nil)
			c.Likelihood = likelihood
			n := zoo.Network(t, name, c, dtypes.Float64)
			if err := n.Config.Stages()[0].Start(t.Context(), n, x, rng.New(3)); err != nil {
				t.Fatal(err)
			}
			for i, v := range zoo.Arrays(t, n)["decoder/offset"] {
				tk.Close(t, name+", "+likelihood+": offset", v, want[i%4], 1e-6)
			}
		}
	}
}

// A column that does not vary keeps its scale.
func TestStandardisedColumns(t *testing.T) {
	z := []float64{1, 5, 3, 5}
	mean, scale := standardised(z, 2)
	if mean[0] != 2 || mean[1] != 5 || scale[0] != 1 || scale[1] != 1 || z[0] != -1 || z[2] != 1 || z[1] != 0 {
		t.Errorf("got means %v, deviations %v and %v", mean, scale, z)
	}
}

func TestWrongQuantisersAreErrors(t *testing.T) {
	for want, c := range map[string]struct {
		name    string
		options map[string]string
	}{
		`levels: got [255 255 255]`:       {"fsq-vae", map[string]string{"levels": "255,255,255"}},
		`levels: got "8,2", want whole`:   {"fsq-vae", map[string]string{"levels": "8,2"}},
		`bits: got "17"`:                  {"lfq-vae", map[string]string{"bits": "17"}},
		`codes: got "1"`:                  {"vq-vae", map[string]string{"codes": "1"}},
		`codebooks: got 1.718e+10 values`: {"vq-vae", map[string]string{"codes": "65536", "code-dim": "4096", "code-groups": "64"}},
		`update: got "adam"`:              {"vq-vae", map[string]string{"update": "adam"}},
	} {
		if err := vae.Check(c.name, ofMaps(c.name, c.options)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s %v: got error %v, want %q", c.name, c.options, err, want)
		}
	}
}

// BenchmarkCodeStep is one Adam step of bench/peers/vqvae_torch.py's VQ-VAE on 128 images of 28×28.
func BenchmarkCodeStep(b *testing.B) {
	for _, name := range []string{"vq-vae", "fsq-vae", "lfq-vae", "gumbel-vae"} {
		b.Run(name, func(b *testing.B) {
			c := vae.Config{Dim: 784, Shape: []int{28, 28}, Channels: []int{32, 64}, Hidden: []int{400}, Latent: 1, Likelihood: "bernoulli", Sigma: 1, Rows: 60000}
			n := zoo.Network(b, name, c, dtypes.Float32)
			step, adam, i := codeStep(n, 0), optim.NewAdam(), int64(0)
			x := model.Tensor(dtypes.Float32, zoo.Binary(128*784), 128, 784)
			for b.Loop() {
				i++
				rate, correct := adam.Scalars(i, 1e-3)
				if _, err := step.Values(rng.New(1).At(uint64(i)), x, model.Scalar(dtypes.Float32, rate), model.Scalar(dtypes.Float32, correct), model.Scalar(dtypes.Float32, .5)); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*128/b.Elapsed().Seconds(), "images/s")
		})
	}
}

// The maps of a code and the books of its numbers.
func TestCodeMapsAndBooks(t *testing.T) {
	n := zoo.Network(t, "vq-vae", ofMaps("vq-vae", map[string]string{"quantisers": "2", "code-groups": "2"}), dtypes.Float32)
	maps := n.CodeMaps()
	if len(maps) != 1 || maps[0] != (vae.CodeMap{Height: 2, Width: 3, Depth: 4, Values: 5}) || maps[0].Count() != 24 || !n.LearnsCodePrior() {
		t.Errorf("got %+v, learned prior: %v", maps, n.LearnsCodePrior())
	}
	books := n.CodeBooks()
	for i, b := range books {
		if b != i%4 || len(books) != 24 {
			t.Fatalf("got books %v", books)
		}
	}
	two := zoo.Network(t, "test-codes", vae.Config{Dim: 9, Latent: 9, Classes: 3, Likelihood: "gaussian", Sigma: 1, Options: map[string]string{"code-prior": "uniform"}}, dtypes.Float32)
	if got := fmt.Sprint(two.CodeBooks(), two.LearnsCodePrior()); got != "[0 1 2 1 2 1 2 1 2] false" {
		t.Errorf("two maps: got %s", got)
	}
	if vae := zoo.Network(t, "vae", zoo.Small, dtypes.Float32); vae.CodeMaps() != nil || vae.CodeBooks() != nil {
		t.Error("a code of real numbers has no maps")
	}
}
