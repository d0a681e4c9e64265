package vae_test

import (
	"reflect"
	"testing"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vae/nets"
	"github.com/elbo-go/elbo/vi"
)

// tutorial is the net of bench/peers/torch_conv_vae.py.
func tutorial(shape ...int) vae.Config {
	c := zoo.Pictures("", shape...)
	c.Channels, c.Hidden, c.Latent, c.Likelihood = []int{32, 64}, []int{400}, 20, "bernoulli"
	return c
}

// TestParametersOfConvVAE: names and shapes on 28×28 images, 2,603,465 values in all.
func TestParametersOfConvVAE(t *testing.T) {
	n := zoo.Network(t, "conv-vae", tutorial(28, 28), dtypes.Float32)
	zoo.Must[[]float32](t)(n.Reconstruct(t.Context(), make([]float32, 784)))
	want := map[string][]int{
		"encoder/conv0/weight": {4, 4, 1, 32}, "encoder/conv0/bias": {32},
		"encoder/conv1/weight": {4, 4, 32, 64}, "encoder/conv1/bias": {64},
		"encoder/hidden0/weight": {7 * 7 * 64, 400}, "encoder/hidden0/bias": {400},
		"encoder/mean/weight": {400, 20}, "encoder/mean/bias": {20},
		"encoder/logvar/weight": {400, 20}, "encoder/logvar/bias": {20},
		"decoder/hidden0/weight": {20, 400}, "decoder/hidden0/bias": {400},
		"decoder/spread/weight": {400, 7 * 7 * 64}, "decoder/spread/bias": {7 * 7 * 64},
		"decoder/conv1/weight": {4, 4, 64, 32}, "decoder/conv1/bias": {32},
		"decoder/conv0/weight": {4, 4, 32, 1}, "decoder/conv0/bias": {1},
	}
	got := map[string][]int{}
	for _, a := range tk.Export(t, n.Params) {
		got[a.Name] = a.Dims
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if n.Params.Count() != 2603465 {
		t.Errorf("got %d values, want 2603465", n.Params.Count())
	}
}

// TestConvVAEIsTheVAEWithAnotherNet: equal parameters give equal bounds.
func TestConvVAEIsTheVAEWithAnotherNet(t *testing.T) {
	c := zoo.Pictures("", 8, 9, 3)
	conv := zoo.Network(t, "conv-vae", c, dtypes.Float64)
	c.Net = "conv"
	plain := zoo.Network(t, "vae", c, dtypes.Float64)
	x := zoo.Uniform(7 * c.Dim)
	a := zoo.Must[vi.Record](t)(conv.Evaluator(vi.Estimator{}).Record(t.Context(), x, rng.New(1), 1))
	b := zoo.Must[vi.Record](t)(plain.Evaluator(vi.Estimator{}).Record(t.Context(), x, rng.New(1), 1))
	if a.Bound != b.Bound || conv.Config.Net != "conv" {
		t.Errorf("got bounds %v and %v with net %q", a.Bound, b.Bound, conv.Config.Net)
	}
}

// TestTenStepsOfNetsOfImagesLowerTheLoss: on generated digits, from about ln 2 a pixel.
func TestTenStepsOfNetsOfImagesLowerTheLoss(t *testing.T) {
	for _, net := range nets.ImageNames() {
		c := tutorial(28, 28)
		c.Net, c.Channels, c.Hidden, c.Latent = net, []int{4, 8}, []int{16}, 4
		p := tk.Params(t, dtypes.Float32)
		prog, adam := step(zoo.New(t, "conv-vae", c), p, vi.Estimator{})
		x := model.Tensor(dtypes.Float32, data.Digits(16, rng.New(1)).X, 16, 784)
		first, last := 0., 0.
		for i := range 10 {
			last = update(t, prog, adam, rng.New(2).At(uint64(i)), i, .01, 1, dtypes.Float32, x)[0]
			if i == 0 {
				first = last
			}
		}
		t.Logf("%s: loss %.1f at first, %.1f after ten steps", net, first, last)
		if !(first > 400 && first < 700 && last < .7*first) {
			t.Errorf("%s: loss: got %.1f at first and %.1f after ten steps, want about 543 and at most 70 %% of it", net, first, last)
		}
	}
}

// TestTrainedNetsOfImagesAreEqualBitForBit: two runs of five steps with one seed.
func TestTrainedNetsOfImagesAreEqualBitForBit(t *testing.T) {
	for _, net := range nets.ImageNames() {
		var runs [2][]model.Array
		for i := range runs {
			c := zoo.Pictures(net, 8, 11, 3)
			p := tk.Params(t, dtypes.Float32)
			prog, adam := step(zoo.New(t, "vae", c), p, vi.Estimator{})
			for n := range 5 {
				update(t, prog, adam, rng.New(2).At(uint64(n)), n, .01, 1, dtypes.Float32, model.Tensor(dtypes.Float32, zoo.Uniform(6*c.Dim), 6, c.Dim))
			}
			runs[i] = tk.Export(t, p)
		}
		if !reflect.DeepEqual(runs[0], runs[1]) {
			t.Errorf("%s: two runs with one seed differ", net)
		}
	}
}

// BenchmarkConvStep is one Adam step of the nets of bench/peers/torch_conv_vae.py on 128
// images.
func BenchmarkConvStep(b *testing.B) {
	for name, shape := range map[string][]int{"28x28x1": {28, 28}, "32x32x3": {32, 32, 3}} {
		b.Run(name, func(b *testing.B) {
			c := tutorial(shape...)
			prog, adam := step(zoo.New(b, "conv-vae", c), tk.Params(b, dtypes.Float32), vi.Estimator{})
			x := zoo.Binary(128 * c.Dim)
			n := 0
			for b.Loop() {
				update(b, prog, adam, rng.New(1).At(uint64(n)), n, 1e-3, 1, dtypes.Float32, model.Tensor(dtypes.Float32, x, 128, c.Dim))
				n++
			}
			b.ReportMetric(float64(b.N)*128/b.Elapsed().Seconds(), "images/s")
		})
	}
}
