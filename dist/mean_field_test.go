package dist_test

import (
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// TestTheBestProductOfNormals at a normal distribution with precision Λ = [[2, .9], [.9, 1.5]] has the
// variances 1/Λ_jj = .5 and .666667, where the true ones are .684932 and .913242, and costs
// ½(Σ ln Λ_jj − ln|Λ|) = .157355 nats (Bishop 2006, section 10.1.2); at no other is KL(q ‖ p) lower.
func TestTheBestProductOfNormals(t *testing.T) {
	const det = 2*1.5 - .9*.9
	cov := []float64{1.5 / det, -.9 / det, 2 / det} // Λ⁻¹: 11, 21, 22
	tk.Close(t, "true variance", cov[0], .684932, 1e-6)
	tk.Close(t, "true variance", cov[2], .913242, 1e-6)
	l11 := math.Sqrt(cov[0])
	l21 := cov[1] / l11
	root := []float64{l11, 0, l21, math.Sqrt(cov[2] - l21*l21)}
	at := func(mean, logSD []float64) (kl float64, slopes []float64) {
		out := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
			eye := g.Const(s.Graph(), [][]float64{{1, 0}, {0, 1}})
			q := dist.MultivariateNormal{Loc: in[0], Tril: g.Mul(eye, g.ExpandAxes(g.Exp(in[1]), 0))}
			p := dist.MultivariateNormal{Loc: g.ZerosLike(in[0]), Tril: in[2]}
			d := dist.MustKL(q, p)
			return append([]*g.Node{d}, g.Gradient(d, in[0], in[1])...)
		}, tk.Vector(mean...), tk.Vector(logSD...), tk.Matrix(root, 2, 2))
		return out[0][0], append(out[1], out[2]...)
	}
	best := []float64{.5 * math.Log(.5), -.5 * math.Log(1.5)}
	tk.Close(t, "variance", math.Exp(2*best[1]), .666667, 1e-6)
	kl, slopes := at([]float64{0, 0}, best)
	tk.Close(t, "KL", kl, .157355, 1e-6)
	tk.Close(t, "KL in closed form", kl, .5*(math.Log(2)+math.Log(1.5)-math.Log(det)), 1e-12)
	for _, d := range slopes {
		tk.Close(t, "derivative", d, 0, 1e-12)
	}
	for i := range 4 {
		for _, h := range []float64{-.1, .1} {
			v := append([]float64{0, 0}, best...)
			v[i] += h
			if other, _ := at(v[:2], v[2:]); other <= kl {
				t.Errorf("coordinate %d moved by %v: got KL %v, want above %v", i, h, other, kl)
			}
		}
	}
}
