package quant

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

func TestTheTemperatureFallsByHalfACosine(t *testing.T) {
	r := Relaxed{Codes: 4, Dim: 2, Low: 1. / 16}
	got := tk.Elementwise(t, r.Temperature, 0, .25, .5, .75, 1)
	for i, p := range []float64{0, .25, .5, .75, 1} {
		tk.Close(t, "τ", got[i], 1./16+15./16*.5*(1+math.Cos(math.Pi*p)), 1e-15)
	}
	same(t, "both ends", []float64{got[0], got[4]}, []float64{1, 1. / 16}, 1e-15)
}

// 20,000 hard draws of three features: their frequencies are softmax(l), at any temperature (χ² with a
// false-alarm rate of 1e-6 by testkit), and relaxed draws have their largest element there too.
func TestDrawsHaveTheFrequenciesOfTheLogits(t *testing.T) {
	logits := []float64{0, 1, -2, .5, 3, 3, 0, -1, 0, 0, 0, 0}
	const m, k = 20000, 4
	r := Relaxed{Codes: k, Dim: k, Low: .1}
	for _, hard := range []bool{true, false} {
		p := tk.Params(t, dtypes.Float64)
		tk.Import(t, p, model.Array{Name: "codes", Trainable: true, Dims: []int{k, k}, Data: []float64{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1}})
		out := tk.Values(t, model.NewProgram(p, "draws", func(s *model.Scope, in []*g.Node) []*g.Node {
			y := r.Draw(s, in[0], g.Const(s.Graph(), .3), hard, m)
			return []*g.Node{g.ConvertDType(g.ArgMax(y, -1), y.DType()), g.ReduceSum(y, -1)}
		}), rng.New(5), tk.Matrix(logits, 3, k))
		for i := range 3 {
			counts, probs, total := make([]int, k), make([]float64, k), 0.
			for j := range k {
				probs[j] = math.Exp(logits[i*k+j])
				total += probs[j]
			}
			for j := range k {
				probs[j] /= total
			}
			for n := range m {
				counts[int(out[0][n*3+i])]++
			}
			tk.FitsCounts(t, "codes", counts, probs)
		}
		for _, v := range out[1] {
			tk.Close(t, "sum of the weights", v, 1, 1e-12)
		}
	}
}

// The gradients of logits and codes at fixed noise are those of differences.
func TestTheGradientOfRelaxedDraws(t *testing.T) {
	r := Relaxed{Codes: 5, Dim: 3, Low: .1}
	d := tk.GradientWithin(t, 1e-7, tk.Params(t, dtypes.Float64), func(s *model.Scope, in []*g.Node) []*g.Node {
		logits := s.Param("logits", model.Gaussian(1), 4, 5)
		return []*g.Node{g.Add(curve(g.Reshape(r.Draw(s, logits, in[0], false, 2), 8, 3)), g.ReduceAllSum(r.KL(logits)))}
	}, model.Scalar(dtypes.Float64, .7))
	if d.Count != 35 {
		t.Errorf("got %d derivatives, want 35", d.Count)
	}
}

func TestDivergenceToTheUniformAndLikeliestCode(t *testing.T) {
	logits := []float64{0, 0, 0, 0, 1e3, 0, 0, 0, 0, math.Log(3), 0, -1e3}
	r := Relaxed{Codes: 4, Dim: 2, Low: .1}
	p := tk.Params(t, dtypes.Float64)
	out := tk.Values(t, model.NewProgram(p, "kl", func(s *model.Scope, in []*g.Node) []*g.Node {
		k := r.Likeliest(in[0])
		return []*g.Node{r.KL(in[0]), k, r.Lookup(s, k), r.table(s)}
	}), key, tk.Matrix(logits, 3, 4))
	third := .2*math.Log(.2)*2 + .6*math.Log(.6)
	same(t, "KL", out[0], []float64{0, math.Log(4), math.Log(4) + third}, 1e-12)
	same(t, "likeliest", out[1], []float64{0, 0, 1}, 0)
	same(t, "its code", out[2][4:], out[3][2:4], 0)
}
