package bij_test

import (
	"fmt"
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/bij"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// inner is the inner product.
func inner(a, b []float64) (sum float64) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

// planar is the map of the paper in plain Go: û = u + (m(wᵀu) − wᵀu)w/‖w‖².
func planar(x, u, w []float64, b float64) (y []float64, logDet float64) {
	wu, w2 := inner(w, u), inner(w, w)
	m := -1 + math.Log1p(math.Exp(wu))
	hat := make([]float64, len(u))
	for i := range u {
		hat[i] = u[i] + (m-wu)*w[i]/w2
	}
	h := math.Tanh(inner(w, x) + b)
	y = make([]float64, len(x))
	for i := range x {
		y[i] = x[i] + hat[i]*h
	}
	return y, math.Log(math.Abs(1 + (1-h*h)*inner(hat, w)))
}

// TestPlanarFollowsThePaper, also where wᵀu < −1, so that without û there were no inverse, and
// where ‖w‖ is far from 1, so that ‖w‖ in the place of ‖w‖² would show.
func TestPlanarFollowsThePaper(t *testing.T) {
	const n = 3
	for seed := range uint64(12) {
		v := make([]float64, 3*n+1)
		rng.New(seed).NormalFloat64(v)
		u, w, x, b := v[:n], v[n:2*n], v[2*n:3*n], v[3*n]
		if seed%2 == 1 { // wᵀu = −3
			scale := -3 / inner(u, w)
			for i := range u {
				u[i] *= scale
			}
		}
		for i := range w {
			w[i] *= 1 + float64(seed)/2
		}
		out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
			y, l := bij.PlanarOf(in[1], in[2], in[3]).Forward(in[0])
			return []*g.Node{y, l}
		}, tk.Matrix(x, 1, n), tk.Vector(u...), tk.Vector(w...), tk.Matrix([]float64{b}))
		y, l := planar(x, u, w, b)
		for i := range y {
			tk.Close(t, fmt.Sprint("planar ", seed), out[0][i], y[i], 1e-12)
		}
		tk.Close(t, fmt.Sprint("planar ", seed, ": ln|det|"), out[1][0], l, 1e-12)
	}
}

// TestPlanarStaysInvertible: for any u the map rises along w, so that ln|det| is finite, even
// where it is all but flat.
func TestPlanarStaysInvertible(t *testing.T) {
	for _, size := range []float64{-600, -30, -3, -1, 0, 2, 50} {
		out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
			f := bij.PlanarOf(in[1], in[2], in[3])
			y, l := f.Forward(in[0])
			back, _ := f.Inverse(y)
			return []*g.Node{l, back}
		}, tk.Matrix([]float64{.3, -.2, 0, 0, 4, 5}, 3, 2), tk.Vector(size, 0), tk.Vector(1, .5), tk.Matrix([]float64{.1}))
		for _, l := range out[0] {
			if math.IsNaN(l) || math.IsInf(l, 0) {
				t.Errorf("wᵀu = %v: ln|det|: got %v, want a finite number", size, l)
			}
		}
		if size > -20 { // below, x is flat to all digits where wᵀx + b = 0
			for i, want := range []float64{.3, -.2, 0, 0, 4, 5} {
				tk.Close(t, fmt.Sprint("round trip at wᵀu = ", size), out[1][i], want, 1e-10)
			}
		}
	}
}

// TestRadialFollowsThePaper: y = x + βh(x − c) with h = 1/(α + r), and the determinant
// (1 + βh)^{n−1}(1 + βh + βh′r).
func TestRadialFollowsThePaper(t *testing.T) {
	const n = 3
	softplus := func(v float64) float64 { return math.Log1p(math.Exp(v)) }
	for seed := range uint64(8) {
		v := make([]float64, 2*n+2)
		rng.New(seed).NormalFloat64(v)
		x, c, a, b := v[:n], v[n:2*n], 2*v[2*n], 4*v[2*n+1]
		out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
			y, l := bij.RadialOf(in[1], in[2], in[3]).Forward(in[0])
			return []*g.Node{y, l}
		}, tk.Matrix(x, 1, n), tk.Vector(c...), tk.Matrix([]float64{a}), tk.Matrix([]float64{b}))
		alpha := softplus(a)
		beta := -alpha + softplus(b)
		r := 0.
		for i := range x {
			r += (x[i] - c[i]) * (x[i] - c[i])
		}
		r = math.Sqrt(r)
		h := 1 / (alpha + r)
		for i := range x {
			tk.Close(t, "radial", out[0][i], x[i]+beta*h*(x[i]-c[i]), 1e-12)
		}
		slope := -1 / ((alpha + r) * (alpha + r))
		want := (n-1)*math.Log(1+beta*h) + math.Log(1+beta*h+beta*slope*r)
		tk.Close(t, "radial: ln|det|", out[1][0], want, 1e-12)
	}
}

// TestRadialAtItsCentre: the centre stays where it is, with finite derivatives.
func TestRadialAtItsCentre(t *testing.T) {
	out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
		f := bij.RadialOf(in[1], in[2], in[3])
		y, l := f.Forward(in[0])
		back, _ := f.Inverse(y)
		return []*g.Node{y, l, g.Gradient(g.Add(g.ReduceAllSum(y), g.ReduceAllSum(l)), in[0])[0], back}
	}, tk.Matrix([]float64{1, 2}, 1, 2), tk.Vector(1, 2), tk.Matrix([]float64{0}), tk.Matrix([]float64{1}))
	stretch := math.Log1p(math.E) / math.Ln2 // 1 + β/α
	for i, want := range []float64{1, 2} {
		tk.Close(t, "centre", out[0][i], want, 1e-12)
		tk.Close(t, "centre, back", out[3][i], want, 1e-12)
		tk.Close(t, "derivative", out[2][i], stretch, 1e-12)
	}
	tk.Close(t, "ln|det|", out[1][0], 2*math.Log(stretch), 1e-12)
}
