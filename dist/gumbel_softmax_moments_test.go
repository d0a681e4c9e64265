package dist_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// relaxedMoments are mean and variance of relaxed draws.
func relaxedMoments(t *testing.T, logits []float64, tau float64) (mean, variance []float64) {
	out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
		d := dist.GumbelSoftmax{Logits: in[0], Temperature: g.Squeeze(in[1])}
		return []*g.Node{d.Mean(), d.Variance()}
	}, tk.Matrix(logits, 1, len(logits)), tk.Vector(tau))
	return out[0], out[1]
}

// TestRelaxedMomentsOfTwoClassesAreThoseOfTheRelaxedBernoulli: x₁ = σ((l₁ − l₂ + G₁ − G₂)/τ), whose
// noise is logistic, has a quadrature of its own.
func TestRelaxedMomentsOfTwoClassesAreThoseOfTheRelaxedBernoulli(t *testing.T) {
	worst := 0.
	for _, tau := range []float64{.01, .1, .4, .9, 1, 1.1, 2, 7} {
		for _, l := range []float64{-12, -1.3, 0, .4, 5} {
			mean, variance := relaxedMoments(t, []float64{l + .7, .7}, tau)
			out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
				d := dist.RelaxedBernoulli{Logits: in[0], Temperature: in[1]}
				return []*g.Node{d.Mean(), d.Variance()}
			}, tk.Vector(l), tk.Vector(tau))
			where := fmt.Sprint("log-odds ", l, ", τ ", tau)
			tk.Close(t, where+": mean", mean[0], out[0][0], 1e-9)
			tk.Close(t, where+": variance", variance[0], out[1][0], 1e-9)
			worst = math.Max(worst, math.Max(math.Abs(mean[0]-out[0][0]), math.Abs(variance[0]-out[1][0])))
		}
	}
	t.Logf("worst difference %.1e", worst)
}

// TestRelaxedMomentsAreThoseOfDraws: means within 4 standard errors (6e-5 a line), and means that
// add to 1; as τ → 0 the probabilities of the classes.
func TestRelaxedMomentsAreThoseOfDraws(t *testing.T) {
	logits := []float64{.3, -1, 2, 0, -30}
	for i, tau := range []float64{.05, .5, 1, 1.5, 6} {
		mean, variance := relaxedMoments(t, logits, tau)
		const m = 20000
		draws := tk.Graph(t, uint64(3+i), func(s *model.Scope, in []*g.Node) []*g.Node {
			d := dist.GumbelSoftmax{Logits: in[0], Temperature: g.Squeeze(in[1])}
			return []*g.Node{d.Rsample(s, "x", m)}
		}, tk.Vector(logits...), tk.Vector(tau))[0]
		sum := 0.
		for c := range logits {
			xs, squares := make([]float64, m), make([]float64, m)
			for k := range xs {
				xs[k] = draws[k*len(logits)+c]
				squares[k] = (xs[k] - mean[c]) * (xs[k] - mean[c])
			}
			where := fmt.Sprint("class ", c, ", τ ", tau)
			sum += mean[c]
			if c < 4 { // the last is 0 but for a few draws
				tk.MeanWithin(t, where+": mean", xs, mean[c], 4)
				tk.MeanWithin(t, where+": variance", squares, variance[c], 4)
			}
		}
		tk.Close(t, "sum of the means", sum, 1, 1e-9)
	}
	mean, _ := relaxedMoments(t, logits, 1e-4)
	total := logSumExp(logits)
	for c, l := range logits {
		tk.Close(t, "τ → 0", mean[c], math.Exp(l-total), 1e-6)
	}
}

func TestGradientsOfRelaxedMomentsMatchDifferences(t *testing.T) {
	for _, tau := range []float64{.3, 2.2} {
		d := tk.GradientWithin(t, 1e-7, tk.Params(t, dtypes.Float64), func(s *model.Scope, _ []*g.Node) []*g.Node {
			l := s.Param("l", func(key, []int) []float64 { return []float64{.2, -1, .6, 1, 0, -.4} }, 2, 3)
			temperature := s.Param("tau", func(key, []int) []float64 { return []float64{tau, 1.3 * tau} }, 2)
			x := dist.GumbelSoftmax{Logits: l, Temperature: temperature}
			y := g.Add(x.Mean(), g.MulScalar(x.Variance(), 2))
			return []*g.Node{g.ReduceAllSum(g.Mul(y, g.Cos(g.Iota(s.Graph(), y.Shape(), -1))))}
		})
		t.Logf("τ %v: %v", tau, d)
	}
}
