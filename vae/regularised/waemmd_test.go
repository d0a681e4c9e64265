package regularised

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/internal/scalarref"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// waeOf is a small model with an encoder and a kernel.
func waeOf(encoder, kernel string) vae.Config {
	return vae.Config{Dim: 5, Hidden: []int{6}, Latent: 3, Likelihood: "bernoulli", Sigma: 1,
		Options: map[string]string{"encoder": encoder, "kernel": kernel, "lambda": "40"}}
}

// The loss is the reconstruction and λ times the discrepancy of the codes from the prior's draws, which
// is formed anew here from both.
func TestWAEPaysForTheDiscrepancyOfItsCodes(t *testing.T) {
	scales := vi.KernelScales(3)
	for kernel, k := range map[string]vi.Kernel{"imq": vi.IMQ{Squares: scales}, "rbf": vi.RBF{Squares: scales}} {
		for _, encoder := range []string{"deterministic", "gaussian"} {
			m := zoo.New(t, "wae-mmd", waeOf(encoder, kernel))
			noise := map[string][]float64{}
			out := tk.Values(t, model.NewProgram(tk.Params(t, dtypes.Float64), "loss", func(s *model.Scope, in []*g.Node) []*g.Node {
				terms := m.Terms(s, vae.Batch{X: in[0]}, vi.Estimator{})
				prior := g.Const(s.Graph(), [][]float64{{1, 0, -1}, {.5, 2, 0}, {-1, -1, .25}, {0, .1, .3}, {-2, 1, 0}, {1, 1, 1}})
				return []*g.Node{terms.Loss(special.ScalarLike(in[0], 1), 0), g.ReduceAllMean(terms.LogLik), vi.MMD(k, g.Squeeze(terms.Z, 0), prior)}
			}).WithNoise(func(name string, dims []int) []float64 {
				noise[name] = []float64{1, 0, -1, .5, 2, 0, -1, -1, .25, 0, .1, .3, -2, 1, 0, 1, 1, 1}
				return noise[name]
			}), rng.New(3), zoo.Rows(scalarref.BinaryBatch(6, 5)))
			tk.Close(t, kernel+" "+encoder, out[0][0], -out[1][0]+40*out[2][0], 1e-11)
			if _, drawn := noise["z"]; drawn != (encoder == "gaussian") {
				t.Errorf("%s encoder: noise %v", encoder, noise)
			}
		}
	}
}

func TestWAEHasCodesAndSamplesButNoBound(t *testing.T) {
	for _, encoder := range []string{"deterministic", "gaussian"} {
		n := zoo.Network(t, "wae-mmd", waeOf(encoder, "imq"), dtypes.Float32)
		if can := n.Can(); can["bound"] || !can["sample"] || !can["encode"] || !can["decode"] {
			t.Errorf("%s: abilities %v", encoder, can)
		}
		_, variance, err := n.Encode(t.Context(), zoo.Uniform(10*5))
		if err != nil || (variance[0] > 0) != (encoder == "gaussian") {
			t.Errorf("%s: variance %v, %v", encoder, variance[0], err)
		}
		if x := zoo.Must[[]float32](t)(n.Sample(t.Context(), 4, rng.New(1))); len(x) != 20 {
			t.Errorf("%s: got %d values of samples", encoder, len(x))
		}
		r := zoo.Must[vi.Record](t)(n.Evaluator(vi.Estimator{Samples: 3, Shuffle: true}).Record(t.Context(), zoo.Binary(50), rng.New(1), 1))
		if r.Kind != vi.KindLogProb || r.KL != 0 || !(r.Bound < 0) {
			t.Errorf("%s: record %+v", encoder, r)
		}
	}
}
