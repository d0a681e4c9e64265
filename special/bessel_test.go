package special

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

func TestBesselFunctions(t *testing.T) {
	for _, nu := range []float64{0, .5, 1, 2.5, 7.9, 8, 24, 127.5, 1000} {
		logI := func(x []*g.Node) *g.Node { return LogBesselI(nu, x[0]) }
		name := fmt.Sprintf("LogBesselI %g", nu)
		// ln I has rounding errors of its terms n ln x and ln Γ(n), which may cancel.
		tab := readTable(t, "bessel", name)
		tab.holds(t, name, dtypes.Float64, bars{1e-13, 1e-12, 1 + nu}, logI)
		tab.holds(t, name, dtypes.Float32, bars{1e-6, 1e-6, 1 + nu}, logI)

		ratio := func(x []*g.Node) *g.Node { return BesselRatio(nu+1, x[0]) }
		name = fmt.Sprintf("BesselRatio %g", nu+1)
		tab = readTable(t, "bessel", name)
		tab.holds(t, name, dtypes.Float64, bars{1e-13, 1e-11, 0}, ratio)
		tab.holds(t, name, dtypes.Float32, bars{1e-6, 1e-6, 0}, ratio)
	}
	tab := readTable(t, "bessel", "LogBesselI 0")
	zero := func(x []*g.Node) *g.Node { return LogBesselI0(x[0]) }
	tab.holds(t, "LogBesselI0", dtypes.Float64, bars{1e-13, 1e-12, 0}, zero)
	tab.holds(t, "LogBesselI0", dtypes.Float32, bars{1e-6, 1e-6, 0}, zero)
}

// TestBesselRatioOfOrderHalfIsTanh: I_½/I_−½ = tanh, a von Mises–Fisher variable on two points.
func TestBesselRatioOfOrderHalfIsTanh(t *testing.T) {
	xs := []float64{0, .3, 2, 50}
	got := values(t, func(x []*g.Node) *g.Node { return BesselRatio(.5, x[0]) }, xs)
	want := values(t, func(x []*g.Node) *g.Node { return g.Tanh(x[0]) }, xs)
	for i := range xs {
		tk.Close(t, "ratio", got[i], want[i], 0)
	}
}

func TestBesselOrdersOutOfRangeAreErrors(t *testing.T) {
	for what, f := range map[string]func(x *g.Node) *g.Node{
		"LogBesselI: order: got -1":   func(x *g.Node) *g.Node { return LogBesselI(-1, x) },
		"BesselRatio: order: got 0.7": func(x *g.Node) *g.Node { return BesselRatio(.7, x) },
	} {
		p := model.NewProgram(tk.Params(t, dtypes.Float64), "test", func(_ *model.Scope, in []*g.Node) []*g.Node { return []*g.Node{f(in[0])} })
		if _, err := p.Values(rng.New(1), tk.Vector(1)); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("got error %v, want %q", err, what)
		}
	}
}
