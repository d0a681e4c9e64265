package vae_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vi"
)

// imageSteps are the steps of testdata/ten_step_conv.json, which ten_step_conv.py made with PyTorch's own
// layers.
type imageSteps struct {
	Figures [][]float64          // loss, −ln p(x|z) and KL before each update
	Final   map[string][]float64 // of the parameters after them: see sums
}

// sums are the sum of some numbers, that of their squares, and that weighted by the place i/n.
func sums(x []float64) []float64 {
	out := make([]float64, 3)
	for i, v := range x {
		out[0] += v
		out[1] += v * v
		out[2] += v * float64(i) / float64(len(x))
	}
	return out
}

// wave is a·sin(1 + .7i + k) with k the sum of the name's bytes mod 97: a is .3, of weights 1.5 over the
// root of their inputs.
func wave(name string, dims []int) []float64 {
	k, n, a := 0, 1, .3
	for _, c := range []byte(name) {
		k += int(c)
	}
	for _, d := range dims {
		n *= d
	}
	if len(dims) > 1 {
		a = 1.5 / math.Sqrt(float64(n/dims[len(dims)-1]))
	}
	out := make([]float64, n)
	for i := range out {
		out[i] = a * math.Sin(1+.7*float64(i)+float64(k%97))
	}
	return out
}

// TestTenStepsOfConvVAEAgreeWithPyTorch: with equal weights, pixels and noise, on images with an odd side,
// convolutions, transposed convolutions, loss and Adam are those of torch.nn.
//
// Tolerance: float64 sums in another order, and ten updates that carry their rounding on.
func TestTenStepsOfConvVAEAgreeWithPyTorch(t *testing.T) {
	raw, err := os.ReadFile("testdata/ten_step_conv.json")
	if err != nil {
		t.Fatal(err)
	}
	var want imageSteps
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	const rows, latent = 4, 2
	c := tutorial(17, 16)
	c.Channels, c.Hidden, c.Latent = []int{2, 3}, []int{6}, latent
	p := zoo.Network(t, "conv-vae", c, dtypes.Float64)
	x := make([]float64, rows*c.Dim)
	for i := range x {
		if b, d := i/c.Dim, i%c.Dim; (37*b+53*d+11*b*d)%256 > 127 {
			x[i] = 1
		}
	}
	zoo.Must[[]float32](t)(p.Reconstruct(t.Context(), make([]float32, c.Dim))) // creates the parameters
	for _, a := range tk.Export(t, p.Params) {
		tk.Import(t, p.Params, model.Array{Name: a.Name, Trainable: true, Dims: a.Dims, Data: wave(a.Name, a.Dims)})
	}
	prog, adam := step(zoo.New(t, "conv-vae", c), p.Params, vi.Estimator{})
	now := 0
	prog.WithNoise(func(_ string, dims []int) []float64 {
		eps := make([]float64, rows*latent)
		for i := range eps {
			eps[i] = 1.3 * math.Sin(.5+1.7*float64(i)+2.3*float64(now))
		}
		return eps
	})
	worst, seen := 0., 0
	for now = range want.Figures {
		got := update(t, prog, adam, rng.Key{}, now, .01, 1, dtypes.Float64, tk.Matrix(x, rows, c.Dim))
		for i, v := range want.Figures[now] {
			worst = max(worst, relative(got[i], v))
		}
	}
	for _, a := range tk.Export(t, p.Params) {
		if !a.Trainable {
			continue
		}
		seen++
		for i, v := range sums(a.Data) {
			worst = max(worst, math.Abs(v-want.Final[a.Name][i])/max(1, math.Abs(v)))
		}
	}
	t.Logf("loss %.2f at first and %.2f at last, worst difference %.1e", want.Figures[0][0], want.Figures[len(want.Figures)-1][0], worst)
	if !(worst <= 1e-9) || seen != len(want.Final) || len(want.Figures) != 10 {
		t.Errorf("got a difference of %g over %d steps and %d parameters, want at most 1e-9 over 10 and %d", worst, len(want.Figures), seen, len(want.Final))
	}
}
