package special

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
)

func TestIncompleteGammaFunctions(t *testing.T) {
	two := func(f func(a, x *g.Node) *g.Node) func([]*g.Node) *g.Node {
		return func(x []*g.Node) *g.Node { return f(x[0], x[1]) }
	}
	for _, c := range []struct {
		name string
		f    func(a, x *g.Node) *g.Node
	}{{"GammaP", GammaP}, {"GammaQ", GammaQ}} {
		tab := readTable(t, "gammainc", c.name)
		tab.holds(t, c.name, dtypes.Float64, bars{1e-12, 1e-12, 0}, two(c.f))
		tab.holds(t, c.name, dtypes.Float32, bars{1e-6, 1e-6, 0}, two(c.f))
	}
}

// TestImplicitGammaGradient: dz/da for shapes from .001 to 1e5, from deep in the lower tail to eight
// standard deviations above; the value is z itself and z has no gradient.
func TestImplicitGammaGradient(t *testing.T) {
	tab := readTable(t, "gammainc", "ImplicitGamma")
	f := func(x []*g.Node) *g.Node { return ImplicitGamma(x[0], x[1]) }
	tab.holds(t, "ImplicitGamma", dtypes.Float64, bars{0, 1e-12, 0}, f)
	tab.holds(t, "ImplicitGamma", dtypes.Float32, bars{0, 1e-6, 0}, f)
}

// TestIncompleteGammaAtTheEnds: P(a, 0) = 0 and Q(a, ∞-like) = 0 with finite gradients.
func TestIncompleteGammaAtTheEnds(t *testing.T) {
	a, x := []float64{.01, 1, 5, .01, 1, 5}, []float64{0, 0, 0, 5e3, 5e3, 5e3}
	for i, v := range values(t, func(in []*g.Node) *g.Node { return GammaP(in[0], in[1]) }, a, x) {
		if want := float64(i / 3); v != want {
			t.Errorf("P(%v, %v) = %v, want %v", a[i], x[i], v, want)
		}
	}
	slopes := values(t, func(in []*g.Node) *g.Node {
		sum := g.Add(g.ReduceAllSum(GammaP(in[0], in[1])), g.ReduceAllSum(ImplicitGamma(in[0], in[1])))
		return g.Gradient(sum, in[0])[0]
	}, a, x)
	for i, v := range slopes {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Errorf("derivative by a at (%v, %v): got %v, want a number", a[i], x[i], v)
		}
	}
}
