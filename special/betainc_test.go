package special

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	tk "github.com/elbo-go/elbo/internal/testkit"
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

// TestIncompleteBetaOfLogOdds: I at l is that at x = 1/(1 + e⁻ˡ) where x has all its digits, and at
// b = 1 it is xᵃ, with ln x = −ln(1 + e⁻ˡ), however near to 1.
func TestIncompleteBetaOfLogOdds(t *testing.T) {
	var a, b, l, x, want []float64
	for _, at := range []float64{-600, -40, -3, 0, 2, 9, 30, 600} {
		for _, shape := range []float64{1e-3, .7, 20, 1e6, 1e12} {
			a, b, l = append(a, shape), append(b, 1), append(l, at)
			x, want = append(x, 1/(1+math.Exp(-at))), append(want, math.Exp(-shape*math.Log1p(math.Exp(-at))))
		}
	}
	of := func(in []*g.Node) *g.Node { return BetaIncLogit(in[0], in[1], in[2]) }
	for i, v := range values(t, of, a, b, l) {
		if math.Abs(v-want[i]) > 1e-12*want[i] {
			t.Errorf("I(%v, 1) at log-odds %v: got %v, want %v", a[i], l[i], v, want[i])
		}
	}
	plain := values(t, func(in []*g.Node) *g.Node { return BetaInc(in[0], in[1], in[2]) }, b, a, x)
	for i, v := range values(t, of, b, a, l) {
		if l[i] <= 0 {
			tk.Close(t, "I(1, b)", v, plain[i], 1e-13)
		}
	}
}
