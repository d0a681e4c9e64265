package eval_test

import (
	"context"
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/optim"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vi"
)

// encoder is a network of guides of [correlated].
type encoder func(s *model.Scope, x *g.Node) dist.Normal

// linearEncoder is N(Gx + c, diag e^2s).
func linearEncoder(s *model.Scope, x *g.Node) dist.Normal {
	loc := g.Dot(x, s.Param("gain", model.Constant(0), 2, 2)).Product()
	spread := g.ExpandAxes(s.Param("logsd", model.Constant(0), 2), 0)
	return dist.Normal{
		Loc:      g.Add(loc, g.ExpandAxes(s.Param("offset", model.Constant(0), 2), 0)),
		LogScale: g.BroadcastToDims(spread, x.Shape().Dim(0), 2),
	}
}

// deepEncoder has a hidden layer of 100 units, more than it has data to fit.
func deepEncoder(s *model.Scope, x *g.Node) dist.Normal {
	h := g.Tanh(g.Add(g.Dot(x, s.Param("w", model.Gaussian(1.5), 2, 100)).Product(), g.ExpandAxes(s.Param("b", model.Gaussian(2), 100), 0)))
	out := g.Dot(h, s.Param("v", model.Gaussian(.05), 100, 4)).Product()
	return dist.Normal{Loc: g.SliceAxis(out, -1, g.AxisRange(0, 2)), LogScale: g.SliceAxis(out, -1, g.AxisRange(2, 4))}
}

// simulated draws n data of a linear model with two latent numbers.
func (m linear) simulated(seed uint64, n int) []float32 {
	r, x := rng.New(seed).Rand(), make([]float32, 0, 2*n)
	for range n {
		z := []float64{math.Exp(m.prior) * r.NormFloat64(), math.Exp(m.prior) * r.NormFloat64()}
		for _, w := range m.w {
			x = append(x, float32(w[0]*z[0]+w[1]*z[1]+m.sigma*r.NormFloat64()))
		}
	}
	return x
}

// train fits an encoder by the path derivative of the bound.
func (m linear) train(t *testing.T, p *model.Params, q encoder, x []float32, steps int64, rate float64) {
	t.Helper()
	adam := optim.NewAdam()
	step := model.NewProgram(p, "step", func(s *model.Scope, in []*g.Node) []*g.Node {
		l := m.latent(q)(s, in[0])
		loss := vi.Estimator{Objective: vi.STL{K: 8}}.ELBO(s, in[0], l).Loss(special.ScalarLike(in[0], 1), 0)
		adam.Update(s, loss, in[1], in[2])
		return []*g.Node{loss}
	}).Training()
	schedule, in := optim.Schedule{Kind: "cosine", Total: steps}, model.Tensor(dtypes.Float64, x, len(x)/2, 2)
	for i := range steps {
		a, b := adam.Scalars(i+1, rate*schedule.At(i))
		tk.Values(t, step, rng.New(1).At(uint64(i)), in, tensors.FromValue(a), tensors.FromValue(b))
	}
}

// amortization is the exact gap L(q*) − L(q) of each datum, ½ δᵀΛδ for a mean that is off by δ and
// Σ ½(Λ_jj s_j² − 1 − ln Λ_jj s_j²) for the deviations.
func (m linear) amortization(t *testing.T, p *model.Params, q encoder, x []float32) (gaps []float64) {
	t.Helper()
	out := tk.Values(t, model.NewProgram(p, "gaps", func(s *model.Scope, in []*g.Node) []*g.Node {
		d, best := q(s, in[0]), m.mmse(0)(s, in[0])
		return []*g.Node{g.Sub(d.Loc, best.Loc), g.Neg(d.LogScale)}
	}), rng.New(1), model.Tensor(dtypes.Float64, x, len(x)/2, 2))
	precision := [2]float64{2, 1.5}
	for i := 0; i < len(x); i += 2 {
		a, b := out[0][i], out[0][i+1]
		gap := .5 * (2*a*a + 2*.9*a*b + 1.5*b*b)
		for j := range 2 {
			v := precision[j] * math.Exp(-2*out[1][i+j])
			gap += .5 * (v - 1 - math.Log(v))
		}
		gaps = append(gaps, gap)
	}
	return gaps
}

// TestTheBestLinearEncoderIsTheMMSEMap: trained by the bound, its gain is that of the linear
// minimum-mean-square-error estimate, its deviations are 1/√Λ_jj, and no gap is left by
// amortisation.
func TestTheBestLinearEncoderIsTheMMSEMap(t *testing.T) {
	m, p := correlated(), tk.Params(t, dtypes.Float64)
	m.train(t, p, linearEncoder, m.simulated(1, 500), 800, .05)
	gap, _, _ := tk.Moments(m.amortization(t, p, linearEncoder, m.simulated(2, 1000)))
	for _, a := range tk.Export(t, p) {
		switch a.Name {
		case "gain": // (Λ⁻¹Wᵀ)ᵀ
			for d := range 2 {
				for j := range 2 {
					other := 1 - j
					precision := [2]float64{2, 1.5}
					want := (precision[other]*m.w[d][j] - .9*m.w[d][other]) / (2*1.5 - .81)
					tk.Close(t, "gain", a.Data[2*d+j], want, .01)
				}
			}
		case "logsd":
			tk.Close(t, "variance", math.Exp(2*a.Data[0]), .5, .01)
			tk.Close(t, "variance", math.Exp(2*a.Data[1]), .666667, .01)
		}
	}
	t.Logf("amortisation gap %.2g nats on data that were not seen", gap)
	if !(gap < .01) {
		t.Errorf("amortisation gap: got %v, want below .01", gap)
	}
}

// TestAnOverfitEncoderPaysOnNewData, and 20 steps on each new datum win back half of that at
// least.
func TestAnOverfitEncoderPaysOnNewData(t *testing.T) {
	m, p := correlated(), tk.Params(t, dtypes.Float64)
	seen, fresh := m.simulated(3, 20), m.simulated(4, 200)
	m.train(t, p, deepEncoder, seen, 1500, .01)
	old, _, _ := tk.Moments(m.amortization(t, p, deepEncoder, seen))
	gaps := m.amortization(t, p, deepEncoder, fresh)
	paid, _, se := tk.Moments(gaps)
	c := eval.GapSettings{Steps: 20, LR: .3, Draws: 16, Average: 100, Weights: 1}
	evidence := make([]float64, len(gaps))
	for i := range evidence {
		evidence[i] = m.logEvidence(fresh[2*i : 2*i+2])
	}
	r, err := eval.FindGaps(context.Background(), eval.Evidence{Params: p, Latent: m.latent(deepEncoder)}, fresh, 2, evidence, c, rng.New(5))
	if err != nil {
		t.Fatal(err)
	}
	field := .5 * (math.Log(3) - math.Log(3-.81))
	left, leftSE := r.Approximation()
	won := 1 - (left-field)/paid
	t.Logf("amortisation gap %.4f nats on 20 data it was trained on, %.4f ± %.4f on 200 others; 20 steps win back %.1f %%", old, paid, se, 100*won)
	if !(paid > 3*old) {
		t.Errorf("gaps: got %v on new data and %v on those of training, want three times as much at least", paid, old)
	}
	if !(won >= .5) || left+4*leftSE < field {
		t.Errorf("20 steps: got %v ± %v nats below the evidence, want at most half of the gap of %v left above the field's %v", left, leftSE, paid, field)
	}
}
