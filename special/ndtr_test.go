package special

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
)

func TestNormalDistributionFunctions(t *testing.T) {
	for _, c := range []struct {
		name     string
		f        func(x *g.Node) *g.Node
		f64, f32 bars
	}{
		{"Ndtr", Ndtr, bars{1e-14, 1e-14, 0}, bars{2e-6, 2e-6, 1e-30}},
		{"LogNdtr", LogNdtr, bars{1e-14, 1e-14, 1e-300}, bars{2e-6, 2e-6, 1e-30}},
		// The slope at small p, 1/φ, has the error of the value times its size.
		{"Ndtri", Ndtri, bars{1e-14, 1e-13, 0}, bars{2e-6, 1e-4, 0}},
		{"NdtriDeep", Ndtri, bars{1e-14, 2e-12, 0}, bars{}},
		{"Erfinv", Erfinv, bars{1e-14, 1e-13, 0}, bars{2e-6, 1e-5, 0}},
	} {
		tab := readTable(t, "normal", c.name)
		f := func(x []*g.Node) *g.Node { return c.f(x[0]) }
		tab.holds(t, c.name, dtypes.Float64, c.f64, f)
		if c.f32.value > 0 {
			tab.holds(t, c.name, dtypes.Float32, c.f32, f)
		}
	}
}

func TestNormalQuantileAtTheEnds(t *testing.T) {
	got := values(t, func(x []*g.Node) *g.Node { return Ndtri(x[0]) }, []float64{0, 1})
	if !math.IsInf(got[0], -1) || !math.IsInf(got[1], 1) {
		t.Errorf("got %v, want −∞ and +∞", got)
	}
	got = values(t, func(x []*g.Node) *g.Node { return Ndtr(x[0]) }, []float64{-1e6, -1e3, 1e3})
	if got[0] != 0 || got[1] != 0 || got[2] != 1 {
		t.Errorf("Φ at −1e6, −1000 and 1000: got %v, want 0, 0 and 1", got)
	}
}

// TestQuantileUndoesTheDistributionFunction over a sweep through all branches.
func TestQuantileUndoesTheDistributionFunction(t *testing.T) {
	var ps []float64
	for p := 1e-290; p < .5; p *= 1.9 {
		ps = append(ps, p)
	}
	back := values(t, func(x []*g.Node) *g.Node { return Ndtr(Ndtri(x[0])) }, ps)
	for i, p := range ps {
		// dΦ/Φ = |x| dx near the lower end, with |x| ≤ 36.4 known to some 1e-15 of itself.
		if e := math.Abs(back[i]/p - 1); !(e < 3e-12) {
			t.Errorf("Φ(Φ⁻¹(%v)) is off by %.1e of it", p, e)
		}
	}
}
