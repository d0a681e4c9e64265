package laplace

import (
	"context"
	"math"
	"strings"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/backend"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vi"
)

func compile(t *testing.T, n int, f func(at func(i int) *g.Node) *g.Node) *vi.Density {
	t.Helper()
	b, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	d, err := vi.Compile(vi.Target{Dim: n, LogDensity: func(_ *model.Scope, u *g.Node) *g.Node {
		return f(func(i int) *g.Node { return g.Squeeze(g.Slice(u, g.AxisElem(i))) })
	}}, b)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestCurvatureOfKnownFunctions: the second derivatives of −f for
//
//	f = −cosh(x/s) s² − (y/w)² (1 + x/s)² − z⁴/12 − z²/2,
//
// at points near and far from 0 and at scales from 1e-4 to 1e3.
func TestCurvatureOfKnownFunctions(t *testing.T) {
	for _, c := range []struct{ s, w float64 }{{1, 1}, {1e-2, 100}, {1e3, 1e-4}} {
		d := compile(t, 3, func(at func(int) *g.Node) *g.Node {
			x, y, z := g.DivScalar(at(0), c.s), g.DivScalar(at(1), c.w), at(2)
			cosh := g.MulScalar(g.Add(g.Exp(x), g.Exp(g.Neg(x))), c.s*c.s/2)
			mixed := g.Square(g.Mul(y, g.AddScalar(x, 1)))
			quartic := g.Add(g.MulScalar(g.Square(g.Square(z)), 1./12), g.MulScalar(g.Square(z), .5))
			return g.Neg(g.Add(cosh, g.Add(mixed, quartic)))
		})
		u := []float64{.3 * c.s, .2 * c.w, 1.5}
		got, err := precision(context.Background(), d, u)
		if err != nil {
			t.Fatal(err)
		}
		want := [3][3]float64{
			{math.Cosh(.3) + 2*.04/c.s/c.s, 4 * .2 * 1.3 / c.s / c.w, 0},
			{4 * .2 * 1.3 / c.s / c.w, 2 * 1.69 / c.w / c.w, 0},
			{0, 0, 1.5*1.5 + 1},
		}
		for i := range 3 {
			for j := range 3 {
				scale := math.Sqrt(want[i][i] * want[j][j])
				tk.Close(t, "curvature", got.At(i, j)/scale, want[i][j]/scale, 1e-8)
			}
		}
	}
}

// TestNewtonStepsFinishTheSearch: from a point .1 off the mode of a log-gamma density, whose
// curvature is 7, and from the mode itself, which stays.
func TestNewtonStepsFinishTheSearch(t *testing.T) {
	d := compile(t, 1, func(at func(int) *g.Node) *g.Node { return g.Sub(g.MulScalar(at(0), 7), g.Exp(at(0))) })
	for _, off := range []float64{.1, -.1, 0} {
		u := []float64{math.Log(7) + off}
		start, err := d.At(u)
		if err != nil {
			t.Fatal(err)
		}
		chol, logP, err := refine(context.Background(), d, u, start)
		if err != nil {
			t.Fatal(err)
		}
		tk.Close(t, "mode", u[0], math.Log(7), 1e-8)
		tk.Close(t, "ln p", logP, 7*math.Log(7)-7, 1e-13)
		tk.Close(t, "curvature", math.Exp(chol.LogDet()), 7, 1e-6)
		if logP < start {
			t.Errorf("off by %v: ln p falls from %v to %v", off, start, logP)
		}
	}
}

func TestCurvatureThatBendsUpwardsIsRefused(t *testing.T) {
	d := compile(t, 2, func(at func(int) *g.Node) *g.Node { return g.Sub(g.Square(at(1)), g.Square(at(0))) })
	if _, err := precision(context.Background(), d, []float64{0, 0}); err == nil || !strings.Contains(err.Error(), "axis 1") {
		t.Errorf("got error %v, want one that names axis 1", err)
	}
	if l := largest([]float64{1, -3, 2}); l != 3 {
		t.Errorf("largest: got %v, want 3", l)
	}
	if l := largest([]float64{1, math.NaN()}); !math.IsInf(l, 1) {
		t.Errorf("largest with NaN: got %v, want +∞", l)
	}
}
