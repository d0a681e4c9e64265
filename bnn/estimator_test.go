package bnn

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// oneLayer returns a layer 3 → 2 with wide posteriors, and rows for it.
func oneLayer(t *testing.T, e estimator) (*model.Params, model.Func, *tensors.Tensor) {
	t.Helper()
	rows := make([]float64, 8*3)
	rng.New(1).NormalFloat64(rows)
	q := meanField{shape{3, 2}, e, gaussianPrior{1}, .5}
	fn := func(s *model.Scope, in []*g.Node) []*g.Node {
		f, kl := q.terms(s, in[0])
		return []*g.Node{f, kl}
	}
	return tk.Params(t, dtypes.Float64), fn, tk.Matrix(rows, 8, 3)
}

// Each output is N(x·M + m, x²·S² + s²) under every estimator. Mean and variance of 20,000 draws
// of 16 outputs, each within 5 standard errors (false alarm 6e-7 each).
func TestEveryEstimatorDrawsOutputsOfTheSameDistribution(t *testing.T) {
	const draws = 20000
	for _, name := range Estimators {
		p, fn, x := oneLayer(t, estimators[name])
		prog := model.NewProgram(p, name, fn)
		sum, square := make([]float64, 16), make([]float64, 16)
		for i := range draws {
			for j, v := range tk.Values(t, prog, rng.New(2).At(uint64(i)), x)[0] {
				sum[j] += v / draws
				square[j] += v * v / draws
			}
		}
		arrays := map[string]model.Array{}
		for _, a := range tk.Export(t, p) {
			arrays[a.Name] = a
		}
		rows, err := model.Floats(x)
		if err != nil {
			t.Fatal(err)
		}
		for j := range sum {
			mean, variance := 0., .25 // of the bias
			for k := range 3 {
				v := rows[j/2*3+k]
				mean += v * arrays["layer0/weight/mean"].Data[k*2+j%2]
				variance += .25 * v * v
			}
			near(t, name+" mean", sum[j], mean, 5*math.Sqrt(variance/draws))
			near(t, name+" variance", (square[j]-sum[j]*sum[j])/variance, 1, 5*math.Sqrt(2./draws))
		}
	}
}

func TestGradientsOfEveryEstimator(t *testing.T) {
	for _, name := range Estimators {
		p, fn, x := oneLayer(t, estimators[name])
		tk.GradientWithin(t, 1e-7, p, func(s *model.Scope, in []*g.Node) []*g.Node {
			out := fn(s, in)
			return []*g.Node{g.Add(g.ReduceAllSum(g.Square(out[0])), out[1])}
		}, x)
	}
}

// The gradient of a two-layer network's loss on 64 rows: summed over the means of the weights,
// its variance under flipout and under local reparameterisation is below that of shared weights,
// by a half at least.
func TestFlipoutAndLocalReparameterisationHaveLessGradientVariance(t *testing.T) {
	x, y := waves(64, 3)
	spread := map[string]float64{}
	for _, name := range Estimators {
		tab, err := newTable(x, y, Config{})
		if err != nil {
			t.Fatal(err)
		}
		r, n := trainerOf(t, tab, Config{Estimator: name, InitSD: .1, Hidden: []int{20}})
		q := meanField{n.shape, estimators[name], r.c.Prior.of(), r.c.InitSD}
		prog := model.NewProgram(r.params, "gradient", func(s *model.Scope, in []*g.Node) []*g.Node {
			loss, _, _ := objective(s, r.head, q, tab.n, in[0], in[1])
			_, nodes := s.Trainable()
			return g.Gradient(loss, nodes[0], nodes[4]) // means of the weights of both layers
		})
		in, err := r.batch(rng.New(0).Perm(64))
		if err != nil {
			t.Fatal(err)
		}
		const draws = 400
		var sum, square []float64
		for i := range draws {
			v := tk.Values(t, prog, rng.New(4).At(uint64(i)), in[0].Tensor, in[1].Tensor)
			all := append(v[0], v[1]...)
			if sum == nil {
				sum, square = make([]float64, len(all)), make([]float64, len(all))
			}
			for j, d := range all {
				sum[j] += d / draws
				square[j] += d * d / draws
			}
		}
		for j := range sum {
			spread[name] += square[j] - sum[j]*sum[j]
		}
	}
	t.Logf("variance of the gradient: %v", spread)
	if spread["flipout"] > spread["shared"]/2 || spread["local"] > spread["shared"]/2 {
		t.Errorf("variance of the gradient: got %v, want flipout and local below half of shared", spread)
	}
}

// Trainable parameters come in the order weight/mean, weight/rho, bias/mean, bias/rho by layer,
// which the test above relies on.
func TestParametersComeInTheOrderOfTheLayers(t *testing.T) {
	q := meanField{shape{3, 4, 2}, local, gaussianPrior{1}, .1}
	p := tk.Params(t, dtypes.Float64)
	var names []string
	tk.Values(t, model.NewProgram(p, "names", func(s *model.Scope, in []*g.Node) []*g.Node {
		f, _ := q.terms(s, in[0])
		names, _ = s.Trainable()
		return []*g.Node{f}
	}), rng.New(1), tk.Matrix(make([]float64, 6), 2, 3))
	for i, want := range []string{"layer0/weight/mean", "layer0/weight/rho", "layer0/bias/mean", "layer0/bias/rho", "layer1/weight/mean"} {
		if names[i] != want {
			t.Errorf("parameter %d: got %q, want %q", i, names[i], want)
		}
	}
}
