package dist_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// discreteFamilies are those of families_discrete_test.go that count.
func discreteFamilies() []family {
	var out []family
	for _, f := range families {
		if f.values != nil && f.typeName() != "DiscretizedLogistic" && f.typeName() != "LogisticMixture" && f.typeName() != "Bernoulli" {
			out = append(out, f)
		}
	}
	return out
}

// TestDerivativesOfExtremeParametersAreNumbers: at every point of the value tests, and at 0 and
// 1e6 beside it, where extreme parameters have −∞ or numbers below −1e6.
func TestDerivativesOfExtremeParametersAreNumbers(t *testing.T) {
	found := discreteFamilies()
	if len(found) < 10 {
		t.Fatalf("got %d families of counts, want 10", len(found))
	}
	for _, f := range append(found, named("RelaxedBernoulli"), named("LogisticMixture")) {
		xs, params := f.points()
		for _, p := range f.params {
			xs, params = append(xs, 0, 1e6, -3), append(params, p, p, p)
		}
		out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
			d := f.make(in[1:])
			y := d.LogProb(in[0])
			// −∞ has no weight in a bound: its terms are left out where it is masked.
			return append([]*g.Node{y}, g.Gradient(g.ReduceAllSum(y), in...)...)
		}, append([]*tensors.Tensor{tk.Vector(xs...)}, columns(params)...)...)
		for i, x := range xs {
			if v := out[0][i]; math.IsNaN(v) || math.IsInf(v, 1) {
				t.Errorf("%s%v: ln p(%v): got %v", f.name, params[i], x, v)
			}
			for j, d := range out[1:] {
				if math.IsNaN(d[i]) || math.IsInf(d[i], 0) {
					t.Errorf("%s%v: derivative %d of ln p(%v): got %v", f.name, params[i], j, x, d[i])
				}
			}
		}
	}
}

// TestSecondDerivativesMatchDifferences: of log-probabilities that state their derivatives, by
// all parameters.
func TestSecondDerivativesMatchDifferences(t *testing.T) {
	for _, f := range discreteFamilies() {
		if !slices.Contains([]string{"Poisson", "Binomial", "NegativeBinomial", "BetaBinomial"}, f.typeName()) {
			continue
		}
		d := tk.GradientWithin(t, 1e-7, tk.Params(t, dtypes.Float64), func(s *model.Scope, _ []*g.Node) []*g.Node {
			p := f.trainable(s, f.smooth)
			sum := g.Scalar(s.Graph(), s.DType(), 0)
			for j, first := range g.Gradient(g.ReduceAllSum(f.make(p).LogProb(f.data(s))), p...) {
				sum = g.Add(sum, g.MulScalar(g.ReduceAllSum(g.Square(first)), float64(j+1)))
			}
			return []*g.Node{sum}
		})
		if t.Failed() {
			t.Fatalf("%s: %v", f.name, d)
		}
	}
}

// TestLargeCountsKeepTheirDigitsInFloat32: the plain formula is a difference of numbers of 1e7
// and has no digit left. With parameters rounded to float32 the mean of 1e6 is off by .5, a
// twentieth of a percent of the standard deviation, which is what remains.
func TestLargeCountsKeepTheirDigitsInFloat32(t *testing.T) {
	const n = 1e6
	eta := float64(float32(math.Log(n)))
	for name, make := range map[string]func(s *model.Scope) dist.Distribution{
		"Poisson": func(s *model.Scope) dist.Distribution { return dist.Poisson{LogRate: number(s, eta)} },
		"NegativeBinomial": func(s *model.Scope) dist.Distribution {
			return dist.NegativeBinomial{LogMean: number(s, eta), LogShape: number(s, 10)}
		},
		"Binomial": func(s *model.Scope) dist.Distribution {
			return dist.Binomial{Trials: number(s, 2*n), Logits: number(s, 0)}
		},
		"BetaBinomial": func(s *model.Scope) dist.Distribution {
			return dist.BetaBinomial{Trials: number(s, 2*n), Alpha: number(s, 3e4), Beta: number(s, 3e4)}
		},
	} {
		var out [2][]float64
		for i, dtype := range []dtypes.DType{dtypes.Float64, dtypes.Float32} {
			p := model.NewProgram(tk.Params(t, dtype), "single", func(s *model.Scope, _ []*g.Node) []*g.Node {
				x := g.ConvertDType(g.Const(s.Graph(), []float64{n - 2000, n - 100, n, n + 1500}), s.DType())
				return []*g.Node{make(s).LogProb(x)}
			})
			out[i] = tk.Values(t, p, rng.New(1))[0]
		}
		for i, want := range out[0] {
			tk.Close(t, fmt.Sprint(name, " ", i), out[1][i], want, 2e-3)
		}
	}
}

// TestClassesBroadcast: logits of a batch beside class numbers and vectors of other shapes.
func TestClassesBroadcast(t *testing.T) {
	out := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
		c, o := dist.Categorical{Logits: in[0]}, dist.OneHotCategorical{Logits: in[0]} // 2×1×3
		k := c.Sample(s, "k", 4)
		row := g.ConvertDType(g.Const(s.Graph(), []float64{0, 2, 1, 1, 0}), s.DType())
		return []*g.Node{k, c.LogProb(k), o.Sample(s, "o", 4), o.LogProb(o.Sample(s, "p", 4)), c.LogProb(row), c.Entropy()}
	}, tk.Matrix([]float64{.1, -2, .5, 1, 1, 3}, 2, 1, 3))
	for i, want := range []int{8, 8, 24, 8, 10, 2} {
		if len(out[i]) != want {
			t.Errorf("output %d: got %d values, want %d", i, len(out[i]), want)
		}
	}
	for i, v := range slices.Concat(out[1], out[3], out[4]) {
		if !(v < 0) || math.IsInf(v, 0) {
			t.Errorf("log-probability %d: got %v", i, v)
		}
	}
}
