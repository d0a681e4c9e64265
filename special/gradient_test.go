package special

import (
	"math"
	"slices"
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
	for _, r := range registry {
		d := tk.GradientWithin(t, 1e-7, tk.Params(t, dtypes.Float64), func(s *model.Scope, _ []*g.Node) []*g.Node {
			return []*g.Node{weighed(r.of(s), 17)}
		})
		t.Logf("%s: %v", r.name, d)
	}
}

// TestSecondDerivativesMatchDifferences of first gradients, whose error is about 1e-10 of the largest
// third derivative. The gradient is weighed, so that all of the Hessian enters.
func TestSecondDerivativesMatchDifferences(t *testing.T) {
	for _, r := range registry {
		d := tk.GradientWithin(t, 1e-6, tk.Params(t, dtypes.Float64), func(s *model.Scope, _ []*g.Node) []*g.Node {
			y := weighed(r.of(s), 17)
			_, nodes := s.Trainable()
			sum := g.ZerosLike(y)
			for i, v := range g.Gradient(y, nodes...) {
				sum = g.Add(sum, weighed(v, uint64(30+i)))
			}
			return []*g.Node{sum}
		})
		t.Logf("%s: %v", r.name, d)
	}
}

// TestGradientsInFloat32 against differences with a step of 1e-2 in float32 (reliability bar 5e-3,
// scaled by max(1, |g|)).
func TestGradientsInFloat32(t *testing.T) {
	const h, bar = 1e-2, 5e-3
	for _, r := range registry {
		p := tk.Params(t, dtypes.Float32)
		loss := func(s *model.Scope, _ []*g.Node) []*g.Node { return []*g.Node{weighed(r.of(s), 17)} }
		grads := tk.Values(t, model.NewProgram(p, "gradient", func(s *model.Scope, in []*g.Node) []*g.Node {
			y := loss(s, in)[0]
			_, nodes := s.Trainable()
			return g.Gradient(y, nodes...)
		}), rng.New(7))
		value, worst := model.NewProgram(p, "loss", loss), 0.
		for i, a := range tk.Export(t, p) {
			at := func(j int, step float64) float64 {
				moved := a
				moved.Data = slices.Clone(a.Data)
				moved.Data[j] += step
				tk.Import(t, p, moved)
				return tk.Values(t, value, rng.New(7))[0][0]
			}
			for j, got := range grads[i] {
				// Two steps take the third derivative out of the difference (Richardson).
				near, far := at(j, h/2)-at(j, -h/2), at(j, h)-at(j, -h)
				want := (8*near - far) / (6 * h)
				worst = math.Max(worst, math.Abs(got-want)/math.Max(1, math.Abs(want)))
			}
			tk.Import(t, p, a)
		}
		if t.Logf("%s: worst %.1e", r.name, worst); !(worst <= bar) {
			t.Errorf("%s: gradient in float32 off by %.1e, want at most %g", r.name, worst, bar)
		}
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
