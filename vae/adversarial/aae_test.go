package adversarial

import (
	"math"
	"slices"
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

// aaeOf is an adversarial autoencoder with options.
func aaeOf(t *testing.T, dtype dtypes.DType, c vae.Config, options map[string]string) *vae.Network {
	t.Helper()
	c.Options = options
	n, err := vae.NewNetwork("aae", c, tk.Params(t, dtype))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// The adversary's loss reaches the encoder alone: not the decoder, whose derivatives are those of the
// reconstruction, and not the critic, whose derivatives in it the route leaves out.
func TestTheAdversaryOfAAEIsTheEncoderAlone(t *testing.T) {
	for _, encoder := range []string{"point", "normal"} {
		gradients := func(weight string) map[string][]float64 {
			n := aaeOf(t, dtypes.Float64, vae.Config{Dim: 5, Hidden: []int{6}, Latent: 3, Likelihood: "gaussian", Sigma: .5},
				map[string]string{"adversarial": weight, "encoder": encoder, "critic": "4", "rest": "1"})
			var names []string
			v := tk.Values(t, model.NewProgram(n.Params, "gradient", func(s *model.Scope, in []*g.Node) []*g.Node {
				terms := n.Model.Terms(s, n.Batch(in[0], nil), vi.Estimator{})
				var nodes []*g.Node
				names, nodes = s.Trainable()
				return append(g.Gradient(terms.Loss(in[1], 0), nodes...), g.Gradient(terms.Routes[0].Loss, nodes...)...)
			}), rng.New(3), zoo.Rows(scalarref.GrayBatch(8, 5)), tk.Matrix([]float64{1}))
			out := map[string][]float64{}
			for i, name := range names {
				out["players "+name], out["critic "+name] = v[i], v[len(names)+i]
			}
			return out
		}
		without, with := gradients("0"), gradients("3")
		for name, want := range without {
			differs := false
			for i, v := range with[name] {
				differs = differs || v != want[i]
			}
			of := strings.HasPrefix(name, "players encoder") || strings.HasPrefix(name, "players critic")
			if differs != of {
				t.Errorf("%s: %s: the weight of the adversary changes the gradient: %v, want %v", encoder, name, differs, of)
			}
		}
		for i, v := range with["critic critic/out/weight"] {
			if v == 0 {
				t.Errorf("%s: the critic's loss does not reach its weight %d", encoder, i)
			}
		}
	}
}

// square draws n points of the square [−1, 1]².
func square(n int, key rng.Key) []float32 {
	x := make([]float32, 2*n)
	key.Uniform(x)
	for i, v := range x {
		x[i] = 2*v - 1
	}
	return x
}

// awayFromPrior is the largest of |E z_i|, |E z_i² − 1| and |E z₀z₁| of codes of two elements, and the
// largest distance of the distribution function of an element from that of N(0, 1).
func awayFromPrior(z []float64) (moments, shape float64) {
	n := float64(len(z) / 2)
	var m [5]float64
	var element [2][]float64
	for i := 0; i < len(z); i += 2 {
		a, b := z[i], z[i+1]
		for k, v := range []float64{a, b, a*a - 1, b*b - 1, a * b} {
			m[k] += v / n
		}
		element[0], element[1] = append(element[0], a), append(element[1], b)
	}
	for _, v := range m {
		moments = max(moments, math.Abs(v))
	}
	for _, e := range element {
		slices.Sort(e)
		for i, v := range e {
			f := math.Erfc(-v/math.Sqrt2) / 2
			shape = max(shape, math.Abs(float64(i)/n-f), math.Abs(float64(i+1)/n-f))
		}
	}
	return moments, shape
}

// Codes of points of a square have the distribution of the prior, in their first two moments and in the
// distribution of each element, and those of the same net without the critic have not. 4,000 draws of the prior
// itself are .06 and .03 off at most (1 in 1,000).
func TestCodesOfAAEHaveThePriorsDistribution(t *testing.T) {
	for _, c := range []struct {
		encoder, weight string
		meets           bool
	}{{"point", "10", true}, {"normal", "10", true}, {"point", "0", false}} {
		n := aaeOf(t, dtypes.Float32, vae.Config{Dim: 2, Hidden: []int{64, 64}, Latent: 2, Likelihood: "gaussian", Sigma: .1},
			map[string]string{"adversarial": c.weight, "encoder": c.encoder, "critic": "64,64"})
		figures := duelled(t, n, 4000, 2e-3, 1, func(_ int, key rng.Key) []float32 { return square(128, key) })
		mean, variance, err := n.Encode(t.Context(), square(4000, rng.New(5)))
		if err != nil {
			t.Fatal(err)
		}
		z := make([]float64, len(mean))
		rng.New(6).NormalFloat64(z)
		for i, e := range z {
			z[i] = float64(mean[i]) + math.Sqrt(float64(variance[i]))*e
		}
		moments, shape := awayFromPrior(z)
		t.Logf("%s, λ = %s: moments %.3f off, shape %.3f; at the end %v", c.encoder, c.weight, moments, shape, figures)
		if met := moments < .1 && shape < .05; met != c.meets {
			t.Errorf("%s, λ = %s: moments %.3f off, shape %.3f, want below .1 and .05: %v", c.encoder, c.weight, moments, shape, c.meets)
		}
	}
}
