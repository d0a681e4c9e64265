package special

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
)

func TestIncompleteBetaFunction(t *testing.T) {
	tab := readTable(t, "betainc", "BetaInc")
	f := func(x []*g.Node) *g.Node { return BetaInc(x[0], x[1], x[2]) }
	tab.holds(t, "BetaInc", dtypes.Float64, bars{1e-12, 1e-11, 1e-290}, f)
	tab.holds(t, "BetaInc", dtypes.Float32, bars{1e-6, 1e-6, 1e-30}, f)
}

// TestIncompleteBetaAtTheEnds: 0 and 1, with gradients that are numbers in a and b.
func TestIncompleteBetaAtTheEnds(t *testing.T) {
	a, b, x := []float64{.5, 2, .5, 2}, []float64{.5, 3, .5, 3}, []float64{0, 0, 1, 1}
	for i, v := range values(t, func(in []*g.Node) *g.Node { return BetaInc(in[0], in[1], in[2]) }, a, b, x) {
		if v != x[i] {
			t.Errorf("I_%v(%v, %v) = %v, want %v", x[i], a[i], b[i], v, x[i])
		}
	}
	for _, v := range values(t, func(in []*g.Node) *g.Node {
		return g.Gradient(g.ReduceAllSum(BetaInc(in[0], in[1], in[2])), in[0])[0]
	}, a, b, x) {
		if v != 0 {
			t.Errorf("derivative by a at an end: got %v, want 0", v)
		}
	}
}
