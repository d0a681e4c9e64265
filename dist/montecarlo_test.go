package dist_test

import (
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// TestMonteCarloKLIsTheClosedForm over 20,000 estimates of two draws each, for a pair with
// differentiable draws and one without; so are the gradients. Right ones fail with probability
// 6e-5 a line.
func TestMonteCarloKLIsTheClosedForm(t *testing.T) {
	const n = 20000
	for _, c := range []struct {
		name string
		q, p []float64
	}{{"Normal", []float64{.4, -.3}, []float64{-.2, .5}}, {"Gamma", []float64{2, 1.5}, []float64{3, 1}}, {"Bernoulli", []float64{.7}, []float64{-.4}}} {
		f := named(c.name)
		row := make([][]float64, n)
		for i := range row {
			row[i] = append(append([]float64{}, c.q...), c.p...)
		}
		for _, m := range []int{1, 2} {
			out := tk.Graph(t, 3, func(s *model.Scope, in []*g.Node) []*g.Node {
				q, p := f.make(in[:len(c.q)]), f.make(in[len(c.q):])
				estimate, exact := dist.KLMonteCarlo(s, q, p, "kl", m), dist.MustKL(q, p)
				all := []*g.Node{estimate, exact}
				all = append(all, g.Gradient(g.ReduceAllSum(estimate), in...)...)
				return append(all, g.Gradient(g.ReduceAllSum(exact), in...)...)
			}, columns(row)...)
			tk.MeanWithin(t, c.name+" KL", out[0], out[1][0], 4)
			k := len(c.q) + len(c.p)
			for j := range k {
				tk.MeanWithin(t, c.name+" derivative of KL", out[2+j], out[2+k+j][0], 4)
			}
		}
	}
}

func TestKLFallsBackToMonteCarlo(t *testing.T) {
	const n = 4000
	out := tk.Graph(t, 3, func(s *model.Scope, _ []*g.Node) []*g.Node {
		q, p := normalFamily.fixed(s, []float64{.3, .2}, n), cauchyFamily.fixed(s, []float64{0, 1}, n)
		estimate, exact := dist.KLOrMonteCarlo(s, q, p, "kl", 4)
		if exact {
			t.Error("KL of a normal and a Cauchy distribution is said to be exact")
		}
		closed, exact := dist.KLOrMonteCarlo(s, q, q, "other", 4)
		if !exact {
			t.Error("KL of two normal distributions is said to be an estimate")
		}
		return []*g.Node{estimate, closed}
	})
	want := normalFamily.expect([]float64{.3, .2}, func(x float64) float64 {
		return normalFamily.logProb(x, []float64{.3, .2}) - cauchyFamily.logProb(x, []float64{0, 1})
	})
	tk.MeanWithin(t, "KL", out[0], want, 4)
	if math.Abs(out[1][0]) > 1e-15 {
		t.Errorf("KL(q ‖ q): got %v, want 0", out[1][0])
	}
}
