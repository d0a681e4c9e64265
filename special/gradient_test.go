package special

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// spread returns a parameter of positive values from low to high, geometrically spaced.
func spread(s *model.Scope, name string, low, ratio float64, dims ...int) *g.Node {
	return s.Param(name, func(_ rng.Key, dims []int) []float64 {
		n := 1
		for _, d := range dims {
			n *= d
		}
		out, v := make([]float64, n), low
		for i := range out {
			out[i] = v
			v *= ratio
		}
		return out
	}, dims...)
}

// TestGradientsMatchDifferences for arguments that are broadcast against each other, so that the
// gradients are summed over the axes that were added.
func TestGradientsMatchDifferences(t *testing.T) {
	row := func(s *model.Scope) *g.Node { return spread(s, "row", .3, 2.1, 1, 5) }
	column := func(s *model.Scope) *g.Node { return spread(s, "column", .7, 2.6, 3, 1) }
	unit := func(s *model.Scope, name string, dims ...int) *g.Node {
		return g.AddScalar(g.MulScalar(g.Logistic(spread(s, name, .01, 2.3, dims...)), .8), .1)
	}
	signed := func(s *model.Scope) *g.Node { return g.AddScalar(g.MulScalar(g.Log(row(s)), 1.7), -.4) }
	for name, f := range map[string]func(s *model.Scope) *g.Node{
		"Lgamma":        func(s *model.Scope) *g.Node { return Lgamma(row(s)) },
		"Digamma":       func(s *model.Scope) *g.Node { return Digamma(row(s)) },
		"Trigamma":      func(s *model.Scope) *g.Node { return Trigamma(row(s)) },
		"LogBeta":       func(s *model.Scope) *g.Node { return LogBeta(row(s), column(s)) },
		"LogMultiGamma": func(s *model.Scope) *g.Node { return LogMultiGamma(g.AddScalar(row(s), 1), 3) },
		"MultiDigamma":  func(s *model.Scope) *g.Node { return MultiDigamma(g.AddScalar(row(s), 1), 3) },
		"digammaStep":   func(s *model.Scope) *g.Node { return digammaStep(row(s), column(s)) },
		"GammaP":        func(s *model.Scope) *g.Node { return GammaP(row(s), column(s)) },
		"GammaQ":        func(s *model.Scope) *g.Node { return GammaQ(column(s), row(s)) },
		"BetaInc":       func(s *model.Scope) *g.Node { return BetaInc(row(s), column(s), unit(s, "x", 3, 5)) },
		"Ndtr":          func(s *model.Scope) *g.Node { return Ndtr(signed(s)) },
		"LogNdtr":       func(s *model.Scope) *g.Node { return LogNdtr(signed(s)) },
		"Ndtri":         func(s *model.Scope) *g.Node { return Ndtri(unit(s, "p", 6)) },
		"Erfinv":        func(s *model.Scope) *g.Node { return Erfinv(g.AddScalar(g.MulScalar(unit(s, "p", 6), 2), -1)) },
		"LogBesselI0":   func(s *model.Scope) *g.Node { return LogBesselI0(row(s)) },
		"LogBesselI":    func(s *model.Scope) *g.Node { return LogBesselI(2.5, row(s)) },
		"BesselRatio":   func(s *model.Scope) *g.Node { return BesselRatio(1, row(s)) },
	} {
		d := tk.GradientWithin(t, 1e-7, tk.Params(t, dtypes.Float64), func(s *model.Scope, _ []*g.Node) []*g.Node {
			y := f(s)
			w := g.ConstAsDType(y.Graph(), y.DType(), normals(17, y.Shape().Size()))
			return []*g.Node{g.ReduceAllSum(g.Mul(g.Reshape(y, -1), w))}
		})
		t.Logf("%s: %v", name, d)
	}
}

// TestScalarsKeepTheirShape: arguments without axes give values without axes.
func TestScalarsKeepTheirShape(t *testing.T) {
	for name, f := range map[string]func(x *g.Node) *g.Node{
		"Lgamma": Lgamma, "Digamma": Digamma, "Ndtr": Ndtr, "LogNdtr": LogNdtr, "LogBesselI0": LogBesselI0,
		"GammaP":        func(x *g.Node) *g.Node { return GammaP(x, x) },
		"BetaInc":       func(x *g.Node) *g.Node { return BetaInc(x, x, x) },
		"ImplicitGamma": func(x *g.Node) *g.Node { return ImplicitGamma(x, x) },
		"LogMultiGamma": func(x *g.Node) *g.Node { return LogMultiGamma(g.AddScalar(x, 1), 2) },
	} {
		got := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
			y := f(g.Squeeze(in[0]))
			if !y.IsScalar() {
				t.Errorf("%s of a scalar has shape %s", name, y.Shape())
			}
			return []*g.Node{y}
		}, tk.Vector(.5))
		if len(got[0]) != 1 {
			t.Errorf("%s: got %d values, want 1", name, len(got[0]))
		}
	}
}
