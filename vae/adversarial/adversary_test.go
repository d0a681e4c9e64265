package adversarial

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/optim"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// verdictOf evaluates loss, accuracy and the adversary's loss at given logits.
func verdictOf(t *testing.T, name string, real []float64, fakes ...[]float64) [3]float64 {
	t.Helper()
	in := tk.Matrix(real, len(real))
	out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
		var kinds []*g.Node
		for _, f := range fakes {
			kinds = append(kinds, g.Const(in[0].Graph(), f))
		}
		v := adversary{scope: "critic", game: name, rest: 1}.judge(in[0], kinds...)
		return []*g.Node{v.miss, v.accuracy, v.fool}
	}, in)
	return [3]float64{out[0][0], out[1][0], out[2][0]}
}

func TestTheLossesOfGamesAreTheirFormulas(t *testing.T) {
	real, fake := []float64{2, -.5}, []float64{-3, .25}
	log := func(sign, x float64) float64 { return math.Log1p(math.Exp(-sign * x)) } // −ln σ(sign·x)
	for name, want := range map[string][2]float64{
		"non-saturating": {(log(1, 2) + log(1, -.5) + log(-1, -3) + log(-1, .25)) / 4, (log(1, -3) + log(1, .25)) / 2},
		"hinge":          {(0 + 1.5 + 0 + 1.25) / 4, (3 - .25) / 2},
		"least-squares":  {(1 + 2.25 + 4 + 1.5625) / 4, (9 + .0625) / 2},
	} {
		got := verdictOf(t, name, real, fake)
		tk.Close(t, name+": critic", got[0], want[0], 1e-15)
		tk.Close(t, name+": accuracy", got[1], .5, 0) // one of two right on both sides
		tk.Close(t, name+": adversary", got[2], want[1], 1e-15)
	}
	for game, right := range map[string]bool{"hinge": true, "saddle": false} {
		c := zoo.Small
		c.Options = map[string]string{"game": game}
		if err := vae.Check("aae", c); len(gameOption().Choices) != 3 || (err == nil) != right {
			t.Errorf("game %s of %v: got error %v", game, gameOption().Choices, err)
		}
	}
}

func TestKindsOfFakesCountAlike(t *testing.T) {
	real, first, second := []float64{1, 3}, []float64{-2, 4}, []float64{-1, -5}
	for _, w := range games {
		one, two := verdictOf(t, w.name, real, first), verdictOf(t, w.name, real, second)
		both := verdictOf(t, w.name, real, first, second)
		for i := range both {
			tk.Close(t, w.name, both[i], (one[i]+two[i])/2, 1e-14)
		}
	}
}

func TestALogitOfZeroIsHalfRight(t *testing.T) {
	for _, c := range []struct{ real, fake, want float64 }{{0, 0, .5}, {1, 0, .75}, {0, -1, .75}, {1, -1, 1}, {-1, 1, 0}, {-1, -1, .5}} {
		tk.Close(t, "accuracy", verdictOf(t, "hinge", []float64{c.real}, []float64{c.fake})[1], c.want, 0)
	}
}

// The critic rests above its accuracy and learns at it and below.
func TestTheCriticRestsAboveItsAccuracy(t *testing.T) {
	for _, c := range []struct {
		rest  float64
		moves bool
	}{{.5, false}, {.74, false}, {.75, true}, {.9, true}, {1, true}} {
		p := tk.Params(t, dtypes.Float64)
		adam := optim.NewAdam()
		weight := func() float64 { return tk.Export(t, p)[0].Data[0] }
		run := func() {
			tk.Values(t, model.NewProgram(p, "step", func(s *model.Scope, in []*g.Node) []*g.Node {
				w := s.In("critic").Param("w", model.Constant(1))
				real := g.Mul(w, in[0]) // of rows 1, −1
				fake := g.Neg(g.Abs(real))
				v := adversary{scope: "critic", game: "non-saturating", rest: c.rest}.judge(real, fake)
				adam.Descend(s, []optim.Route{v.route()}, in[1], in[2])
				return []*g.Node{v.accuracy}
			}), rng.New(1), tk.Vector(1, -1), tk.Matrix([]float64{.1}), tk.Matrix([]float64{1}))
		}
		run()
		if got := weight() != 1; got != c.moves {
			t.Errorf("rest %v at an accuracy of .75: moved %v, want %v", c.rest, got, c.moves)
		}
	}
}

// Of logits a·x + b the penalty is ½‖a‖².
func TestTheGradientPenaltyOfALinearCritic(t *testing.T) {
	out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
		logit := g.AddScalar(g.ReduceSum(g.Mul(in[0], g.ExpandAxes(in[1], 0)), -1), 7)
		return []*g.Node{gradientPenalty(in[0], logit)}
	}, tk.Matrix([]float64{1, 2, 3, 4, 5, 6}, 2, 3), tk.Vector(1, -2, .5))
	tk.Close(t, "½‖a‖²", out[0][0], .5*(1+4+.25), 1e-14)
}

// The penalty has derivatives of its own, through dense layers and convolutions (whose gradient is
// differentiated once more). The rectifiers are flat in second order, so differences are exact to
// rounding away from their kinks.
func TestTheGradientPenaltyHasAGradient(t *testing.T) {
	for name, c := range map[string]vae.Config{
		"table":  {Dim: 4, Shape: []int{4}, Hidden: []int{5, 3}},
		"images": {Dim: 64, Shape: []int{8, 8}, Hidden: []int{3}},
	} {
		p := tk.Params(t, dtypes.Float64)
		x := make([]float64, 2*c.Dim)
		rng.New(4).NormalFloat64(x)
		loss := func(s *model.Scope, in []*g.Node) []*g.Node {
			_, logit := rowCritic(c, s, in[0], []int{2})
			v := adversary{scope: "critic", game: "non-saturating", r1: 3}.judge(logit, logit)
			return []*g.Node{v.smoothed(in[0], logit).miss}
		}
		d := tk.GradientWithin(t, 1e-5, p, loss, tk.Matrix(x, 2, c.Dim))
		if weights := criticWeights(c, []int{2}); d.Count != p.Count() || int64(p.Count()) < weights || weights < int64(c.Dim) {
			t.Errorf("%s: got %d derivatives of %d parameters, %d of them weights", name, d.Count, p.Count(), weights)
		}
		t.Logf("%s: worst of %d derivatives: %v", name, d.Count, d)
	}
}

// duelled runs steps of a model by all its losses, and returns the last values of its figures.
func duelled(t *testing.T, n *vae.Network, steps int, lr float64, seed uint64, batch func(step int, key rng.Key) []float32) map[string]float64 {
	t.Helper()
	adam := optim.NewAdam()
	adam.Beta1 = n.Momentum()
	var names []string
	prog := model.NewProgram(n.Params, "step", func(s *model.Scope, in []*g.Node) []*g.Node {
		terms := n.Model.Terms(s, n.Batch(in[0], nil), vi.Estimator{})
		adam.Descend(s, append([]optim.Route{{Loss: terms.Loss(in[1], 0)}}, terms.Routes...), in[2], in[3])
		names = nil
		var out []*g.Node
		for _, f := range terms.Figures {
			names, out = append(names, f.Name), append(out, f.Value)
		}
		return out
	}).Training()
	key, dtype := rng.New(seed), n.Params.DType()
	figures := map[string]float64{}
	for i := range steps {
		x := batch(i, key.Named("data").At(uint64(i)))
		rate, correct := adam.Scalars(int64(i+1), lr*(1-float64(i)/float64(steps)))
		v := tk.Values(t, prog, key.Named("noise").At(uint64(i)), model.Tensor(dtype, x, len(x)/n.Width(), n.Width()),
			model.Scalar(dtype, 1), model.Scalar(dtype, rate), model.Scalar(dtype, correct))
		for j, name := range names {
			figures[name] += (v[j][0] - figures[name]) / float64(min(i+1, 500))
		}
	}
	return figures
}
