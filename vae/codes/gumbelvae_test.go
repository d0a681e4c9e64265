package codes

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// One place of four codes can be enumerated: outside training the mean of the bound over draws is
// Σ_k q(k|x) ln p(x|k) − KL(q ‖ ¼), within 5 standard errors of 1,600 draws (false alarms 1e-6).
func TestTheBoundOfHardCodesIsThatOfEnumeration(t *testing.T) {
	c := vae.Config{Dim: 5, Hidden: []int{6}, Net: "mlp", Latent: 1, Likelihood: "bernoulli", Sigma: 1, Options: map[string]string{"codes": "4", "code-dim": "3", "code-prior": "uniform"}}
	n := zoo.Network(t, "gumbel-vae", c, dtypes.Float64)
	row := []float64{1, 0, 0, 1, 1}
	const draws = 1600
	x := make([]float64, 0, draws*5)
	for range draws {
		x = append(x, row...)
	}
	out := tk.Values(t, model.NewProgram(n.Params, "bound", func(s *model.Scope, in []*g.Node) []*g.Node {
		b := n.Batch(in[0], nil)
		terms := n.Model.Terms(s, b, vi.Estimator{})
		m := n.Model.(uniformCodes).gridded.(gumbel)
		codes := vae.Code{Z: g.Const(s.Graph(), [][]float64{{0}, {1}, {2}, {3}})}
		logP := m.Decode(s, codes).LogProb(g.Slice(b.X, g.AxisRange(0, 1)))
		return []*g.Node{terms.LogLik, terms.KL, g.ReduceSum(logP, -1), g.Slice(m.logits(s, b.X), g.AxisRange(0, 1))}
	}), rng.New(6), tk.Matrix(x, draws, 5))
	total, want, kl := 0., 0., math.Log(4)
	for _, l := range out[3] {
		total += math.Exp(l)
	}
	for k, l := range out[3] {
		q := math.Exp(l) / total
		want += q * out[2][k]
		kl += q * math.Log(q)
	}
	tk.MeanWithin(t, "E ln p(x|z)", out[0], want, 5)
	tk.Close(t, "KL", out[1][0], kl, 1e-12)
}

// The value of the KL term does not know of the warm-up; its gradient does.
func TestTheWarmUpWeighsTheGradientAlone(t *testing.T) {
	for progress, want := range map[float64]float64{0: 0, .15: .5, .3: 1, 1: 1} {
		out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
			kl := warmed(g.Square(in[0]), in[1], .3)
			return []*g.Node{kl, g.Gradient(g.ReduceAllSum(kl), in[0])[0]}
		}, tk.Vector(3), model.Scalar(dtypes.Float64, progress))
		tk.Close(t, "value", out[0][0], 9, 1e-14)
		tk.Close(t, "gradient", out[1][0], 6*want, 1e-14)
	}
}

// In training draws are relaxed by a temperature that falls, and the gap to the likeliest codes is in
// the figures; it is 0 where the codes are sure.
func TestTemperatureAndGapAreInTheFigures(t *testing.T) {
	n := zoo.Network(t, "gumbel-vae", ofMaps("gumbel-vae", map[string]string{"kl-warmup": "0"}), dtypes.Float64)
	first, last := fitted(t, n, 0, 2, .01)
	tk.Close(t, "temperature at first", first[3], 1, 1e-12)
	tk.Close(t, "temperature half-way", last[3], (1+1./16)/2, 1e-12)
	if first[4] == 0 || math.IsNaN(first[4]) {
		t.Errorf("gap: got %v, want one of relaxed codes", first[4])
	}
	for _, a := range tk.Export(t, n.Params) {
		if a.Name == "encoder/logits/bias" {
			a.Data = []float64{1000, 0, 0, 0}
			tk.Import(t, n.Params, a)
		}
	}
	sure, _ := fitted(t, n, 0, 1, 0)
	tk.Close(t, "gap of sure codes", sure[4], 0, 1e-9)
	tk.Close(t, "KL of sure codes", sure[2], 6*math.Log(4), 1e-9)
}

// In the stage of the prior codes are drawn, and the bound is E[ln p(x|z) + ln p(z) − ln q(z|x)]: of one
// place it is the sum over all codes, within 5 standard errors of 1,600 draws.
func TestTheBoundWithALearnedPriorIsThatOfEnumeration(t *testing.T) {
	c := vae.Config{Dim: 5, Hidden: []int{6}, Net: "mlp", Latent: 1, Likelihood: "bernoulli", Sigma: 1, Options: map[string]string{"codes": "4", "code-dim": "3", "prior-layers": "1", "prior-channels": "2"}}
	n := zoo.Network(t, "gumbel-vae", c, dtypes.Float64)
	const draws = 1600
	x := make([]float64, 0, draws*5)
	for range draws {
		x = append(x, 1, 0, 0, 1, 1)
	}
	out := tk.Values(t, model.NewProgram(n.Params, "bound", func(s *model.Scope, in []*g.Node) []*g.Node {
		b := n.Batch(in[0], nil)
		b.Stage = 1
		terms := n.Model.Terms(s, b, vi.Estimator{})
		m := n.Model.(pixelCodes)
		codes := vae.Code{Z: g.Const(s.Graph(), [][]float64{{0}, {1}, {2}, {3}})}
		logLik := m.Decode(s, codes).LogProb(g.Slice(b.X, g.AxisRange(0, 1)))
		logPrior := chosen(s, m.Next(s, codes), codes.Z)
		logits := g.Slice(m.gridded.(gumbel).logits(s, b.X), g.AxisRange(0, 1))
		return []*g.Node{g.Sub(g.Squeeze(terms.LogLik, 0), g.Squeeze(terms.KL, 1)), g.ReduceSum(logLik, -1), logPrior, g.LogSoftmax(logits, -1)}
	}), rng.New(6), tk.Matrix(x, draws, 5))
	want := 0.
	for k, logQ := range out[3] {
		want += math.Exp(logQ) * (out[1][k] + out[2][k] - logQ)
	}
	tk.MeanWithin(t, "bound", out[0], want, 5)
}
