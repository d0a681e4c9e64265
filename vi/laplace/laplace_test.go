package laplace_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/backend"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vi"
	"github.com/elbo-go/elbo/vi/laplace"
)

func engine(t *testing.T) compute.Backend {
	t.Helper()
	b, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func run(t *testing.T, target vi.Target, o laplace.Options) *laplace.Result {
	t.Helper()
	r, err := laplace.Run(context.Background(), target, engine(t), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// factor is a lower triangular 10×10 matrix, the root of a covariance with standard deviations from
// .01 to 100.
func factor(i, j int) float64 {
	switch {
	case i == j:
		return math.Pow(10, float64(i)*4/9-2)
	case j < i:
		return .3 * math.Pow(10, float64(j)*4/9-2) * math.Cos(float64(3*i+j))
	}
	return 0
}

// TestAGaussianIsExact in ten correlated dimensions: mean within 1e-6 standard deviations,
// covariances within 1e-6, ln Z within 1e-8, and weights that do not vary.
func TestAGaussianIsExact(t *testing.T) {
	const n = 10
	l := make([]float64, n*n)
	logDet := 0.
	for i := range n {
		for j := range n {
			l[i*n+j] = factor(i, j)
		}
		logDet += math.Log(factor(i, i))
	}
	target := vi.Target{Dim: n, LogDensity: func(_ *model.Scope, u *g.Node) *g.Node {
		root := g.Reshape(g.Const(u.Graph(), l), n, n)
		z := special.TriSolve(root, g.ExpandAxes(g.AddScalar(u, -3), -1), false)
		return g.AddScalar(g.MulScalar(g.ReduceAllSum(g.Square(z)), -.5), 7)
	}}
	r := run(t, target, laplace.Options{})
	for i := range n {
		sd := math.Sqrt(r.Covariance[i][i])
		tk.Close(t, "mean", (r.Mode[i]-3)/sd, 0, 1e-6)
		for j := range n {
			want := 0.
			for k := range n {
				want += factor(i, k) * factor(j, k)
			}
			scale := sd * math.Sqrt(r.Covariance[j][j])
			tk.Close(t, "covariance", r.Covariance[i][j]/scale, want/scale, 1e-6)
		}
	}
	logZ := 7 + .5*n*math.Log(2*math.Pi) + logDet
	tk.Close(t, "ln Z", r.LogEvidence, logZ, 1e-8)
	tk.Close(t, "weighted ln Z", r.Weighted, logZ, 1e-6)
	if r.K > .5 || !strings.Contains(r.Verdict, "good") || len(r.Draws) != 1000 || r.Iterations < 1 {
		t.Errorf("got k̂ %.2f, %q, %d draws after %d iterations", r.K, r.Verdict, len(r.Draws), r.Iterations)
	}
}

// TestALogGammaVariable: u = ln x with x ~ Gamma(a, 1) has density e^(au − eᵘ)/Γ(a), its mode at ln a
// and curvature a: Laplace's evidence is Stirling's formula, the weighted one close to 1.
func TestALogGammaVariable(t *testing.T) {
	for _, a := range []float64{5, 50} {
		lg, _ := math.Lgamma(a)
		r := run(t, vi.Target{Dim: 1, LogDensity: func(_ *model.Scope, u *g.Node) *g.Node {
			return g.AddScalar(g.ReduceAllSum(g.Sub(g.MulScalar(u, a), g.Exp(u))), -lg)
		}}, laplace.Options{Seed: 2, Draws: 4000})
		tk.Close(t, "mode", r.Mode[0], math.Log(a), 1e-9)
		tk.Close(t, "variance", r.Covariance[0][0], 1/a, 1e-9)
		stirling := a*math.Log(a) - a - .5*math.Log(a) + .5*math.Log(2*math.Pi)
		tk.Close(t, "Laplace's evidence", r.LogEvidence, stirling-lg, 1e-9)
		// The standard error of the weights is below .5/√4000 here; five of them.
		tk.Close(t, "weighted evidence", r.Weighted, 0, .04)
		sum := 0.
		for _, w := range r.LogWeights {
			sum += math.Exp(w)
		}
		tk.Close(t, "Σw", sum, 1, 1e-12)
	}
}

// TestTailsHeavierThanAGaussianFire: Student with one degree of freedom in three dimensions.
func TestTailsHeavierThanAGaussianFire(t *testing.T) {
	r := run(t, vi.Target{Dim: 3, LogDensity: func(_ *model.Scope, u *g.Node) *g.Node {
		return g.MulScalar(g.ReduceAllSum(g.Log1p(g.Square(u))), -1)
	}}, laplace.Options{Seed: 1, Start: []float64{.3, -.2, .1}})
	if !(r.K > vi.TrustLimit) || !strings.Contains(r.Verdict, "do not trust") {
		t.Errorf("got k̂ %.2f, %q, want above .7", r.K, r.Verdict)
	}
}

func TestTargetsWithoutAModeAreNamed(t *testing.T) {
	one := func(f func(u *g.Node) *g.Node) vi.Target {
		return vi.Target{Dim: 1, LogDensity: func(_ *model.Scope, u *g.Node) *g.Node { return g.ReduceAllSum(f(u)) }}
	}
	for _, c := range []struct {
		name, want string
		target     vi.Target
		o          laplace.Options
	}{
		{"NaN", "laplace: start: vi: target: none of 100 random points", one(func(u *g.Node) *g.Node { return g.Log(g.Neg(g.Exp(u))) }), laplace.Options{}},
		{"NaN at the start", "laplace: start: vi: target: log-density: got NaN", one(g.Log), laplace.Options{Start: []float64{-1}}},
		{"flat", "curvature along axis 0 at the mode: got 0", one(func(u *g.Node) *g.Node { return g.MulScalar(u, 0) }), laplace.Options{}},
		{"saddle", "curvature along axis 0 at the mode: got -2", one(g.Square), laplace.Options{Start: []float64{0}}},
		{"unbounded", "laplace: mode: not found: no step", one(func(u *g.Node) *g.Node { return g.Exp(g.Square(u)) }), laplace.Options{}},
		{"out of time", "1 iterations are spent", one(func(u *g.Node) *g.Node { return g.Neg(g.Add(g.Exp(u), g.Exp(g.Neg(u)))) }), laplace.Options{MaxIterations: 1, Start: []float64{9}}},
		{"bad count", "got -3, 0", one(g.Square), laplace.Options{Draws: -3}},
		{"no dimensions", "got 0 dimensions", vi.Target{}, laplace.Options{}},
	} {
		_, err := laplace.Run(context.Background(), c.target, engine(t), c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want %q", c.name, err, c.want)
		}
	}
	// A saddle that no single axis shows: u₁u₂ − ε(u₁² + u₂²).
	saddle := vi.Target{Dim: 2, LogDensity: func(_ *model.Scope, u *g.Node) *g.Node {
		return g.Sub(special.Product(u, 0), g.MulScalar(g.ReduceAllSum(g.Square(u)), .1))
	}}
	if _, err := laplace.Run(context.Background(), saddle, engine(t), laplace.Options{Start: []float64{0, 0}}); err == nil || !strings.Contains(err.Error(), "saddle") {
		t.Errorf("saddle: got error %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := laplace.Run(ctx, one(g.Square), engine(t), laplace.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
}

func TestRunsRepeatBySeed(t *testing.T) {
	target := vi.Target{Dim: 2, LogDensity: func(_ *model.Scope, u *g.Node) *g.Node {
		return g.Neg(g.ReduceAllSum(g.Add(g.Exp(u), g.Exp(g.Neg(u)))))
	}}
	a, b := run(t, target, laplace.Options{Seed: 4, Draws: 50}), run(t, target, laplace.Options{Seed: 4, Draws: 50})
	c := run(t, target, laplace.Options{Seed: 5, Draws: 50})
	if a.Draws[7][1] != b.Draws[7][1] || a.Weighted != b.Weighted || a.Draws[7][1] == c.Draws[7][1] {
		t.Errorf("draws %v, %v of one seed and %v of another", a.Draws[7], b.Draws[7], c.Draws[7])
	}
	if len(a.Draws) != 50 || len(a.LogWeights) != 50 {
		t.Errorf("got %d draws with %d weights, want 50", len(a.Draws), len(a.LogWeights))
	}
}
