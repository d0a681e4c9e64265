package dist_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/elbo-go/elbo/dist"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// concrete is the density of Maddison et al. 2017, eq. 10, as it stands there.
func concrete(x, logits []float64, tau float64) float64 {
	c := float64(len(x))
	top, sum := 1., 0.
	for k := range x {
		top *= math.Exp(logits[k]) * math.Pow(x[k], -tau-1)
		sum += math.Exp(logits[k]) * math.Pow(x[k], -tau)
	}
	return math.Gamma(c) * math.Pow(tau, c-1) * top / math.Pow(sum, c)
}

// relaxed evaluates ln p at rows of the simplex.
func relaxed(t *testing.T, xs [][]float64, logits []float64, tau float64) []float64 {
	t.Helper()
	return tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{dist.GumbelSoftmax{Logits: in[1], Temperature: number(s, tau)}.LogProb(in[0])}
	}, matrix(xs), tk.Vector(logits...))[0]
}

var simplexPoints = [][]float64{
	{1. / 3, 1. / 3, 1. / 3}, {.5, .25, .25}, {.9, .05, .05}, {.001, .001, .998}, {1e-8, .5, .5 - 1e-8}, {.2, .7, .1}, {1e-30, 1e-20, 1},
}

func TestGumbelSoftmaxFollowsTheFormula(t *testing.T) {
	for _, tau := range []float64{.1, .5, 1, 3} {
		for _, l := range [][]float64{{0, 0, 0}, {1, -2, .5}, {-3, 4, 9}} {
			for i, v := range relaxed(t, simplexPoints, l, tau) {
				want := math.Log(concrete(simplexPoints[i], l, tau))
				tol := 1e-12
				if math.Abs(want) > 50 {
					tol = 1e-9
				}
				tk.Close(t, fmt.Sprint("τ ", tau, l, " ln p", simplexPoints[i]), v, want, tol)
			}
		}
	}
	for _, l := range [][]float64{{700, -700, 0}, {-700, -700, 700}} {
		for _, tau := range []float64{1e-3, .5, 100} {
			for i, v := range relaxed(t, append(simplexPoints, []float64{0, 0, 1}), l, tau) {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Errorf("τ %v, logits %v: ln p of point %d: got %v, want a number", tau, l, i, v)
				}
			}
		}
	}
}

// TestGumbelSoftmaxOfTwoClassesIsRelaxedBernoulli: in x₁, with the difference of the logits.
func TestGumbelSoftmaxOfTwoClassesIsRelaxedBernoulli(t *testing.T) {
	for _, tau := range []float64{.3, 1, 2} {
		for _, x := range []float64{1e-6, .2, .5, .93} {
			two := relaxed(t, [][]float64{{x, 1 - x}}, []float64{1.1, .4}, tau)[0]
			tk.Close(t, fmt.Sprint("τ ", tau, " x ", x), two, named("RelaxedBernoulli").logProb(x, []float64{1.1 - .4, tau}), 1e-12)
		}
	}
}

// TestGumbelSoftmaxIsNormalised integrates the graph's own density over the triangle, in
// coordinates x₁ = σ(u), x₂ = (1 − x₁)σ(v).
func TestGumbelSoftmaxIsNormalised(t *testing.T) {
	const n, h = 201, .3
	var xs [][]float64
	var weights []float64
	for i := range n {
		for j := range n {
			u, v := h*float64(i-n/2), h*float64(j-n/2)
			a, b := sigmoid(u), sigmoid(v)
			rest := sigmoid(-u)
			xs = append(xs, []float64{a, rest * b, rest * sigmoid(-v)})
			weights = append(weights, h*h*a*rest*rest*b*sigmoid(-v))
		}
	}
	for _, tau := range []float64{.7, 1, 2} {
		sum := 0.
		for i, v := range relaxed(t, xs, []float64{.5, -.3, 1}, tau) {
			sum += weights[i] * math.Exp(v)
		}
		tk.Close(t, fmt.Sprint("τ ", tau), sum, 1, 1e-8) // what the grid leaves out at τ = .7
	}
}

func TestGumbelSoftmaxOutsideTheSimplex(t *testing.T) {
	xs := [][]float64{{-.1, .6, .5}, {.5, .5, .5}, {0, 0, 0}, {.3, .3, .3}}
	out := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
		y := dist.GumbelSoftmax{Logits: in[1], Temperature: number(s, .5)}.LogProb(in[0])
		return append([]*g.Node{y}, g.Gradient(g.ReduceAllSum(y), in...)...)
	}, matrix(xs), tk.Vector(700, 0, -3))
	for i, v := range out[0] {
		if !math.IsInf(v, -1) {
			t.Errorf("ln p%v: got %v, want −∞", xs[i], v)
		}
	}
	for _, d := range append(out[1], out[2]...) {
		if math.IsNaN(d) {
			t.Fatalf("derivatives: got %v, %v", out[1], out[2])
		}
	}
}

// TestGumbelSoftmaxGradients covers x, logits and temperatures, of the density and of draws.
func TestGumbelSoftmaxGradients(t *testing.T) {
	for _, what := range []string{"LogProb", "Rsample"} {
		d := tk.GradientWithin(t, 1e-7, tk.Params(t, dtypes.Float64), func(s *model.Scope, _ []*g.Node) []*g.Node {
			l := s.Param("l", flatInit(smoothRows), len(smoothRows), 3)
			tau := g.Exp(s.Param("tau", model.Constant(-.4), len(smoothRows)))
			d := dist.GumbelSoftmax{Logits: l, Temperature: tau}
			x := g.Softmax(s.Param("x", flatInit([][]float64{{0, 1, 2}, {.3, .2, -.4}, {1, -1, 0}, {2, 0, .1}, {0, 0, 0}}), 5, 3), -1)
			y := d.LogProb(x)
			if what == "Rsample" {
				y = g.Sin(d.Rsample(s, "z", 4))
			}
			return []*g.Node{g.ReduceAllSum(g.Mul(y, g.Cos(g.Iota(s.Graph(), y.Shape(), -1))))}
		})
		t.Logf("%s: %v", what, d)
	}
}

// TestGumbelSoftmaxDraws: ln(x_i/x_j) = (l_i − l_j + logistic noise)/τ for every pair; a right
// sampler fails with probability 1e-5 a pair.
func TestGumbelSoftmaxDraws(t *testing.T) {
	for _, tau := range []float64{.5, 1, 2} {
		l := []float64{.5, -1, 1.2}
		flat := tk.Graph(t, 17, func(s *model.Scope, in []*g.Node) []*g.Node {
			return []*g.Node{dist.GumbelSoftmax{Logits: in[0], Temperature: number(s, tau)}.Sample(s, "x", 20000)}
		}, tk.Vector(l...))[0]
		for i := range l {
			for j := range i {
				var ys []float64
				for k := 0; k < len(flat); k += 3 {
					ys = append(ys, math.Log(flat[k+i]/flat[k+j]))
				}
				tk.FitsCDF(t, fmt.Sprint("τ ", tau, i, j), ys, func(y float64) float64 { return sigmoid(tau*y - (l[i] - l[j])) })
			}
		}
	}
}

// TestGumbelSoftmaxTendsToTheCategorical: near τ = 0 draws are corners with the probabilities
// of the classes; χ² has p above .001 at this seed.
func TestGumbelSoftmaxTendsToTheCategorical(t *testing.T) {
	l := []float64{.5, -1, 1.2, 0}
	const n = 50000
	for _, tau := range []float64{1e-1, 1e-2, 1e-3} {
		for _, hard := range []bool{false, true} {
			flat := tk.Graph(t, 23, func(s *model.Scope, in []*g.Node) []*g.Node {
				return []*g.Node{dist.GumbelSoftmax{Logits: in[0], Temperature: number(s, tau), Hard: hard}.Rsample(s, "x", n)}
			}, tk.Vector(l...))[0]
			counts, inner := make([]float64, len(l)), 0
			for k := 0; k < len(flat); k += len(l) {
				best := 0
				for c := range l {
					if flat[k+c] > flat[k+best] {
						best = c
					}
				}
				counts[best]++
				if flat[k+best] < .99 {
					inner++
				}
			}
			chi2 := 0.
			for c, got := range counts {
				want := n * math.Exp(l[c]-logSumExp(l))
				chi2 += (got - want) * (got - want) / want
			}
			if p := (distuv.ChiSquared{K: float64(len(l) - 1)}).Survival(chi2); !(p > .001) {
				t.Errorf("τ %v: classes of draws %v: χ² has p = %v, want above .001", tau, counts, p)
			}
			// The gap of the two largest of l + G is below 5τ with probability below 5τ.
			if limit := 5 * tau * n; float64(inner) > limit || (hard && inner > 0) {
				t.Errorf("τ %v: %d draws away from the corners, want at most %v", tau, inner, limit)
			}
		}
	}
}

// TestStraightThrough: the value is one-hot exactly, at the largest element of the relaxed draw
// of the same noise, and the derivatives are those of that draw.
func TestStraightThrough(t *testing.T) {
	for _, dtype := range []dtypes.DType{dtypes.Float64, dtypes.Float32} {
		var out [2][][]float64
		for i := range out {
			p := model.NewProgram(tk.Params(t, dtype), "draws", func(s *model.Scope, _ []*g.Node) []*g.Node {
				l := s.Param("l", flatInit(smoothRows), len(smoothRows), 3)
				tau := s.Param("tau", model.Constant(.6))
				x := dist.GumbelSoftmax{Logits: l, Temperature: tau, Hard: i == 1}.Rsample(s, "x", 200)
				weights := g.Sin(g.Iota(s.Graph(), x.Shape(), 0))
				loss := g.ReduceAllSum(g.Mul(g.Mul(x, weights), g.AddScalar(g.Iota(s.Graph(), x.Shape(), 2), 1)))
				return append([]*g.Node{x}, g.Gradient(loss, l, tau)...)
			})
			out[i] = tk.Values(t, p, key{})
		}
		soft, hard := out[0][0], out[1][0]
		for k := 0; k < len(soft); k += 3 {
			ones := 0
			for c := range 3 {
				v := hard[k+c]
				if v == 1 {
					ones++
					if soft[k+c] < max(soft[k], soft[k+1], soft[k+2]) {
						t.Fatalf("%v: draw %v has its one beside the largest of %v", dtype, hard[k:k+3], soft[k:k+3])
					}
				} else if v != 0 {
					t.Fatalf("%v: draw: got %v, want zeros and a one exactly", dtype, hard[k:k+3])
				}
			}
			if ones != 1 {
				t.Fatalf("%v: draw: got %v, want one one", dtype, hard[k:k+3])
			}
		}
		for i := range out[0][1:] {
			for j, want := range out[0][1+i] {
				if got := out[1][1+i][j]; got != want || got == 0 {
					t.Errorf("%v: derivative %d of parameter %d: got %v, want %v as of the relaxed draw", dtype, j, i, got, want)
				}
			}
		}
	}
}

// TestRelaxationsNameWhatTheyRelax: supports, parameters and the distributions behind.
func TestRelaxationsNameWhatTheyRelax(t *testing.T) {
	tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
		soft := dist.GumbelSoftmax{Logits: in[0], Temperature: number(s, .5)}
		hard := soft
		hard.Hard = true
		if soft.Support().Set != dist.Simplex || hard.Support().Set != dist.OneHot || soft.Support().Rank() != 1 {
			t.Errorf("supports: got %v and %v, want the simplex and one-hot vectors", soft.Support(), hard.Support())
		}
		if soft.OneHot().Logits != in[0] || len(soft.Parameters()) != 2 || len(soft.OneHot().Parameters()) != 1 {
			t.Error("the parameters are not logits and temperature")
		}
		b := dist.RelaxedBernoulli{Logits: in[0], Temperature: number(s, .5)}
		if b.Bernoulli().Logits != in[0] {
			t.Error("the Bernoulli distribution has other log-odds")
		}
		m := dist.Multinomial{Trials: number(s, 3), Logits: in[0]}
		if m.Support().Set != dist.Counts || len(m.Parameters()) != 2 || soft.OneHot().Support().Set != dist.OneHot {
			t.Error("the support or the parameters of counts are wrong")
		}
		kl, ok := dist.KL(m, dist.Multinomial{Trials: in[0], Logits: in[0]})
		if ok {
			t.Errorf("KL of other trials: got %v, want none", kl)
		}
		return []*g.Node{g.Neg(in[0])}
	}, tk.Vector(0, 1, 2))
}

// TestRelaxedBernoulliMeanAtAnyTemperature compares with quadrature over the noise in panels
// finer than the steepest rise.
func TestRelaxedBernoulliMeanAtAnyTemperature(t *testing.T) {
	for _, tau := range []float64{.05, .3, .999, 1, 1.001, 4, 50} {
		for _, l := range []float64{-6, -.7, 0, .7, 6} {
			out := tk.Graph(t, 1, func(s *model.Scope, _ []*g.Node) []*g.Node {
				d := dist.RelaxedBernoulli{Logits: number(s, l), Temperature: number(s, tau)}
				return []*g.Node{d.Mean(), d.Variance()}
			})
			moment := func(h func(x float64) float64) float64 {
				return tk.Integrate(func(w float64) float64 { return sigmoid(w) * sigmoid(-w) * h(sigmoid((l+w)/tau)) }, -40, 40, 400)
			}
			mean := moment(func(x float64) float64 { return x })
			name := fmt.Sprint("l ", l, " τ ", tau)
			tk.Close(t, name+" mean", out[0][0], mean, 1e-12)
			tk.Close(t, name+" variance", out[1][0], moment(func(x float64) float64 { return (x - mean) * (x - mean) }), 1e-12)
		}
	}
}

// TestDelta: all mass at one number, which carries the gradient of draws.
func TestDelta(t *testing.T) {
	out := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
		d := dist.Delta{At: in[0]}
		x := d.Sample(s, "x", 2)
		grad := g.Gradient(g.ReduceAllSum(g.Square(x)), in[0])[0]
		y := d.LogProb(in[1])
		none := g.Gradient(g.ReduceAllSum(y), in...)
		return []*g.Node{x, grad, y, d.Entropy(), d.Variance(), g.Neg(d.Mean()), none[0], none[1], d.LogProb(x)}
	}, tk.Vector(1, -2), tk.Matrix([]float64{1, -2, 1, 0}, 2, 2))
	inf := math.Inf(-1)
	for i, want := range [][]float64{{1, -2, 1, -2}, {4, -8}, {0, 0, 0, inf}, {0, 0}, {0, 0}, {-1, 2}, {0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}} {
		if fmt.Sprint(out[i]) != fmt.Sprint(want) {
			t.Errorf("output %d: got %v, want %v", i, out[i], want)
		}
	}
	tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
		d := dist.Delta{At: in[0]}
		if d.Support().Rank() != 0 || d.Parameters()[0].Node != in[0] {
			t.Error("the support or the parameter is wrong")
		}
		return []*g.Node{g.Neg(in[0])}
	}, tk.Vector(1))
}
