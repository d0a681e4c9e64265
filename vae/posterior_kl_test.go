package vae_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/bij"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// TestKLOfFlowPosteriorsIsThatOfTheirDensity: the Monte-Carlo divergence of a record is the integral
// of q(ln q − ln p) over a grid, q from the way back through the flow, for one and two dimensions.
// Kinks and tails of the grid leave 2e-3; right code fails with probability 6e-5 a family.
func TestKLOfFlowPosteriorsIsThatOfTheirDensity(t *testing.T) {
	x := []float32{1, 0, 0, 1, 1}
	for _, name := range bentFamilies() {
		for _, latent := range []int{1, 2} {
			c := bentConfig(name, 3)
			c.Latent = latent
			n := zoo.Network(t, "vae", c, dtypes.Float64)
			if _, _, err := n.Encode(t.Context(), x); err != nil {
				t.Fatal(err)
			}
			bend(t, n.Params)
			kl, se := drawnKL(t, n, x)
			mass, want := integratedKL(t, n, x)
			what := fmt.Sprintf("%s, L = %d", name, latent)
			tk.Close(t, what+": mass", mass, 1, 2e-3)
			tk.Close(t, what+": KL", kl, want, 4*se+2e-3*(1+want))
			if !(want > .01) {
				t.Errorf("%s: KL: got %v, want a guide that is not the prior", what, want)
			}
		}
	}
}

// bend gives every parameter another value, those of wide networks a nearer one, for a grid to
// resolve the density.
func bend(t *testing.T, p *model.Params) {
	t.Helper()
	for _, a := range tk.Export(t, p) {
		eps := make([]float64, len(a.Data))
		rng.New(8).Named(a.Name).NormalFloat64(eps)
		scale := .3
		if strings.Contains(a.Name, "/flow/step") {
			scale = .1
		}
		for j := range a.Data {
			a.Data[j] += scale * eps[j]
		}
		tk.Import(t, p, a)
	}
}

// drawnKL is the mean KL term of one row over many draws, with its standard error.
func drawnKL(t *testing.T, n *vae.Network, x []float32) (mean, se float64) {
	t.Helper()
	v := n.Evaluator(vi.Estimator{Samples: 500})
	var all []float64
	for i := range 40 {
		_, kl, err := v.PerDatum(t.Context(), x, rng.New(3).At(uint64(i)))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, kl...)
	}
	mean, _, se = tk.Moments(all)
	return mean, se
}

// integratedKL returns the integrals of q and of q(ln q − ln p) by the midpoint rule.
func integratedKL(t *testing.T, n *vae.Network, x []float32) (mass, kl float64) {
	t.Helper()
	const lo, hi = -9., 9.
	cells, l := 20000, n.Config.Latent
	if l == 2 {
		cells = 400
	}
	h := (hi - lo) / float64(cells)
	var z []float64
	for i := range cells {
		a := lo + h*(float64(i)+.5)
		if l == 1 {
			z = append(z, a)
			continue
		}
		for j := range cells {
			z = append(z, a, lo+h*(float64(j)+.5))
		}
	}
	density := model.NewProgram(n.Params, "density", func(s *model.Scope, in []*g.Node) []*g.Node {
		m := n.Model.(vae.Probabilistic).Latent(s, vae.Batch{X: in[0]})
		at := g.ExpandAxes(in[1], 1) // draws of one row
		p := m.P.LogProb(at)
		for p.Rank() > 2 {
			p = g.ReduceSum(p, -1)
		}
		return []*g.Node{m.Q.LogProb(at), p}
	})
	row := make([]float64, len(x))
	for i, v := range x {
		row[i] = float64(v)
	}
	out := tk.Values(t, density, rng.New(1), tk.Matrix(row, 1, len(row)), tk.Matrix(z, len(z)/l, l))
	for i, lq := range out[0] {
		if q := math.Exp(lq) * math.Pow(h, float64(l)); q > 0 {
			mass += q
			kl += q * (lq - out[1][i])
		}
	}
	return mass, kl
}

// TestPlanarMapsOfNoiseAreThoseOfTheCode: μ + σf(ε) for a planar map f with u, w and b is the planar
// map of μ + σε with w′ = w/σ, b′ = b − μᵀw′ and û′ = σû, so that u′ = σû − (m(a) − a)w′/‖w′‖² with
// a = wᵀu and m(a) = ln(1 + eᵃ) − 1.
func TestPlanarMapsOfNoiseAreThoseOfTheCode(t *testing.T) {
	mu, sigma := []float64{.4, -2, 1}, []float64{.1, .7, 2}
	u, w, b := []float64{1, -.5, .3}, []float64{.8, 1.1, -.6}, .35
	a, norm, norm2, b2 := 0., 0., 0., b
	w2 := make([]float64, 3)
	for i := range u {
		a, norm = a+u[i]*w[i], norm+w[i]*w[i]
		w2[i] = w[i] / sigma[i]
		norm2, b2 = norm2+w2[i]*w2[i], b2-mu[i]*w2[i]
	}
	gain := math.Log1p(math.Exp(a)) - 1 - a
	u2 := make([]float64, 3)
	for i := range u {
		u2[i] = sigma[i]*(u[i]+gain*w[i]/norm) - gain*w2[i]/norm2
	}
	out := tk.Graph(t, 1, func(s *model.Scope, _ []*g.Node) []*g.Node {
		c := func(v any) *g.Node { return g.Const(s.Graph(), v) }
		affine := bij.Affine{Shift: c(mu), LogScale: g.Log(c(sigma))}
		eps := s.Normal("noise", 5, 3)
		first, l := bij.Chain{bij.PlanarOf(c(u), c(w), c(b)), affine}.Forward(eps)
		second, l2 := bij.Chain{affine, bij.PlanarOf(c(u2), c(w2), c(b2))}.Forward(eps)
		return []*g.Node{first, l, second, l2}
	})
	for k := range 2 {
		for i, v := range out[k] {
			tk.Close(t, "draw or ln|det|", out[k+2][i], v, 1e-12)
		}
	}
}
