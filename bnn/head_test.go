package bnn

import (
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/stat/distuv"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// heads are the heads with the function of ln p(y|f) on the host.
var heads = []struct {
	name string
	head head
	y    []float64
	ln   func(f []float64, y float64) float64
}{
	{"homoscedastic", homoscedastic{noise: .3}, []float64{.2, -1}, func(f []float64, y float64) float64 {
		return distuv.Normal{Mu: f[0], Sigma: .3}.LogProb(y)
	}},
	{"learned", homoscedastic{}, []float64{.2, -1}, func(f []float64, y float64) float64 {
		return distuv.Normal{Mu: f[0], Sigma: math.Exp(-1)}.LogProb(y)
	}},
	{"heteroscedastic", heteroscedastic{}, []float64{.2, -1}, func(f []float64, y float64) float64 {
		return distuv.Normal{Mu: f[0], Sigma: math.Exp(5 * math.Tanh(f[1]/5))}.LogProb(y)
	}},
	{"classes", categorical{3}, []float64{2, 0}, func(f []float64, y float64) float64 {
		return f[int(y)] - math.Log(math.Exp(f[0])+math.Exp(f[1])+math.Exp(f[2]))
	}},
}

func TestHeadsHaveTheirLogProbability(t *testing.T) {
	for _, c := range heads {
		k := c.head.outputs()
		f := []float64{.5, -.8, 1.2, .3, -2, .7}[:2*k]
		got := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
			return []*g.Node{c.head.logProb(s, in[0], in[1])}
		}, tk.Matrix(f, 2, k), tk.Vector(c.y...))[0]
		for i := range 2 {
			near(t, c.name, got[i], c.ln(f[i*k:(i+1)*k], c.y[i]), 1e-12)
		}
	}
}

// Σ ∇u∇uᵀ is the Fisher matrix, −E ∂² ln p(y|f): by Gauss–Hermite nodes for a number and the sum
// over classes, with second differences (step 1e-4, whose error is below 1e-6).
func TestRootsOfAHeadMakeItsFisherMatrix(t *testing.T) {
	eps, weights := tk.NormalNodes(40)
	for _, c := range heads {
		k := c.head.outputs()
		f := []float64{.5, -.8, 1.2}[:k]
		grads := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
			var out []*g.Node
			for _, u := range c.head.roots(s, in[0]) {
				out = append(out, g.Gradient(g.ReduceAllSum(u), in[0])[0])
			}
			return out
		}, tk.Matrix(f, 1, k))
		expect := func(at []float64) (sum float64) { // E over y ~ p(y|f) of ln p(y|at)
			if c.name == "classes" {
				for y := range k {
					sum += math.Exp(c.ln(f, float64(y))) * c.ln(at, float64(y))
				}
				return sum
			}
			sigma := map[string]float64{"homoscedastic": .3, "learned": math.Exp(-1), "heteroscedastic": 0}[c.name]
			if sigma == 0 {
				sigma = rowScale(f[1])
			}
			for i, e := range eps {
				sum += weights[i] * c.ln(at, f[0]+sigma*e)
			}
			return sum
		}
		const h = 1e-4
		for a := range k {
			for b := range k {
				moved := func(da, db float64) float64 {
					at := append([]float64(nil), f...)
					at[a] += da
					at[b] += db
					return expect(at)
				}
				want := -(moved(h, h) - moved(h, -h) - moved(-h, h) + moved(-h, -h)) / (4 * h * h)
				got := 0.
				for _, d := range grads {
					got += d[a] * d[b]
				}
				near(t, c.name, got, want, 1e-5)
			}
		}
	}
}
