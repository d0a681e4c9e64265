package pathfinder_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vi"
	"github.com/elbo-go/elbo/vi/pathfinder"
)

func engine(t *testing.T) compute.Backend {
	t.Helper()
	b, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func run(t *testing.T, target vi.Target, o pathfinder.Options) *pathfinder.Result {
	t.Helper()
	r, err := pathfinder.Run(context.Background(), target, engine(t), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// precision is tridiagonal, 2.5 on the diagonal times the scales' inverse squares, −1 beside it.
func precision(n int) [][]float64 {
	p := make([][]float64, n)
	for i := range p {
		p[i] = make([]float64, n)
		for j := range p {
			scale := math.Pow(4, float64(i+j)/float64(n))
			switch {
			case i == j:
				p[i][j] = 2.5 * scale
			case i-j == 1 || j-i == 1:
				p[i][j] = -scale
			}
		}
	}
	return p
}

// correlated is the unnormalised N(1, P⁻¹) in n dimensions.
func correlated(n int) vi.Target {
	return vi.Target{Dim: n, LogDensity: func(_ *model.Scope, u *g.Node) *g.Node {
		d := g.AddScalar(u, -1)
		p := g.Const(u.Graph(), precision(n))
		return g.MulScalar(g.ReduceAllSum(g.Mul(d, g.Squeeze(g.MatMul(p, g.ExpandAxes(d, -1)), -1))), -.5)
	}}
}

// funnel is Neal's: v ~ N(0, 9), x_i ~ N(0, eᵛ) for nine x.
func funnel() vi.Target {
	return vi.Target{Dim: 10, LogDensity: func(_ *model.Scope, u *g.Node) *g.Node {
		v := g.Slice(u, g.AxisElem(0))
		x := g.Slice(u, g.AxisRange(1))
		t := g.Add(g.MulScalar(g.ReduceAllSum(g.Square(v)), -1./18), g.MulScalar(g.ReduceAllSum(v), -4.5))
		return g.Sub(t, g.MulScalar(g.Mul(g.ReduceAllSum(g.Square(x)), g.Exp(g.Neg(g.ReduceAllSum(v)))), .5))
	}}
}

// modes is the mixture of N(−c, I) and N(c, I) in n dimensions.
func modes(n int, c float64) vi.Target {
	return vi.Target{Dim: n, LogDensity: func(_ *model.Scope, u *g.Node) *g.Node {
		at := func(m float64) *g.Node { return g.MulScalar(g.ReduceAllSum(g.Square(g.AddScalar(u, -m))), -.5) }
		a, b := at(-c), at(c)
		top := g.StopGradient(g.Max(a, b))
		return g.Add(top, g.Log(g.Add(g.Exp(g.Sub(a, top)), g.Exp(g.Sub(b, top)))))
	}}
}

// logDet is ln det of a symmetric positive definite matrix, by elimination.
func logDet(a [][]float64) float64 {
	sum := 0.
	for k := range a {
		sum += math.Log(a[k][k])
		for i := k + 1; i < len(a); i++ {
			f := a[i][k] / a[k][k]
			for j := k; j < len(a); j++ {
				a[i][j] -= f * a[k][j]
			}
		}
	}
	return sum
}

// moments returns mean and covariance of draws.
func moments(draws [][]float64) (mean []float64, cov [][]float64) {
	n := len(draws[0])
	mean, cov = make([]float64, n), make([][]float64, n)
	for _, u := range draws {
		for i, v := range u {
			mean[i] += v / float64(len(draws))
		}
	}
	for i := range cov {
		cov[i] = make([]float64, n)
		for _, u := range draws {
			for j, v := range u {
				cov[i][j] += (u[i] - mean[i]) * (v - mean[j]) / float64(len(draws))
			}
		}
	}
	return mean, cov
}

// TestACorrelatedGaussianIsFound: ln Z within .01; the draws' means and the product of precision and
// covariance, which is I, within five standard errors of independent draws with weights of
// k̂ < .7, where the effective number is above a tenth.
func TestACorrelatedGaussianIsFound(t *testing.T) {
	for _, n := range []int{1, 2, 10} {
		r := run(t, correlated(n), pathfinder.Options{Seed: 3, Draws: 4000, PathDraws: 4000})
		p := precision(n)
		logZ := .5*float64(n)*math.Log(2*math.Pi) - .5*logDet(precision(n))
		t.Logf("n = %d: k̂ %.2f, ELBO %.4f, ln Z %.4f, exact %.4f", n, r.K, r.ELBO, r.LogEvidence, logZ)
		if math.Abs(r.LogEvidence-logZ) > .01 || r.K > vi.TrustLimit || strings.Contains(r.Verdict, "not") {
			t.Errorf("n = %d: got ln Z %.4f, k̂ %.2f, %q, want %.4f within .01 and trust", n, r.LogEvidence, r.K, r.Verdict, logZ)
		}
		mean, cov := moments(r.Draws)
		tol := 5 / math.Sqrt(400)
		for i := range n {
			if sd := math.Sqrt(cov[i][i]); math.Abs(mean[i]-1) > tol*sd {
				t.Errorf("n = %d: mean %d: got %.3f, want 1 within %.3f", n, i, mean[i], tol*sd)
			}
			for j := range n {
				got, want := 0., 0.
				for k := range n {
					got += p[i][k] * cov[k][j]
				}
				if i == j {
					want = 1
				}
				if scale := math.Sqrt(p[i][i] * cov[j][j]); math.Abs(got-want) > tol*scale {
					t.Errorf("n = %d: P Σ at %d, %d: got %.3f, want %v within %.3f", n, i, j, got, want, tol*scale)
				}
			}
		}
		for i, path := range r.Paths {
			if path.Err != nil || path.Best < 1 || path.Best > path.Iterations || path.Stop == "" || len(path.Mean) != n {
				t.Errorf("n = %d: path %d: got %+v", n, i, path)
			}
		}
	}
}

// TestTheFunnelFires: no Gaussian covers Neal's funnel, and k̂ has to say so.
func TestTheFunnelFires(t *testing.T) {
	for seed := range uint64(3) {
		r := run(t, funnel(), pathfinder.Options{Seed: seed, Paths: 2, ELBODraws: 20})
		t.Logf("k̂ %.2f, ln Z %.2f (exact %.2f)", r.K, r.LogEvidence, 5*math.Log(2*math.Pi)+math.Log(3))
		if !(r.K > vi.TrustLimit) || !strings.Contains(r.Verdict, "do not trust") {
			t.Errorf("seed %d: got k̂ %.2f, %q, want above .7", seed, r.K, r.Verdict)
		}
	}
}

// TestAModeThatOnePathMissesFires, and several paths that find both modes weigh them rightly.
func TestAModeThatOnePathMissesFires(t *testing.T) {
	logZ := math.Log(2) + .5*math.Log(2*math.Pi)
	for seed := range uint64(3) {
		one := run(t, modes(1, 2), pathfinder.Options{Seed: seed, Paths: 1})
		if !(one.K > vi.TrustLimit) {
			t.Errorf("seed %d: one path: got k̂ %.2f, want above .7", seed, one.K)
		}
		both := run(t, modes(1, 4), pathfinder.Options{Seed: seed, Starts: [][]float64{{-1.5}, {1}, {2}}})
		if math.Abs(both.LogEvidence-logZ) > .01 || both.K > vi.TrustLimit {
			t.Errorf("seed %d: both modes: got ln Z %.4f with k̂ %.2f, want %.4f within .01", seed, both.LogEvidence, both.K, logZ)
		}
		right := 0
		for _, u := range both.Draws {
			if u[0] > 0 {
				right++
			}
		}
		// The standard deviation of 1,000 fair coins is 16.
		if right < 420 || right > 580 {
			t.Errorf("seed %d: got %d of 1000 draws in the right mode, want half", seed, right)
		}
	}
}

func TestRunsRepeatBySeed(t *testing.T) {
	o := pathfinder.Options{Seed: 5, Draws: 10, PathDraws: 100, Paths: 2}
	a, b := run(t, correlated(3), o), run(t, correlated(3), o)
	o.Seed = 6
	c := run(t, correlated(3), o)
	for i := range a.Draws {
		if !slices.Equal(a.Draws[i], b.Draws[i]) {
			t.Fatalf("draw %d differs between equal seeds", i)
		}
	}
	if slices.Equal(a.Draws[0], c.Draws[0]) || len(a.Draws) != 10 || len(a.Raw) != 200 || len(a.LogWeights) != 200 {
		t.Errorf("got %d draws of %d, equal for other seeds: %v", len(a.Draws), len(a.Raw), slices.Equal(a.Draws[0], c.Draws[0]))
	}
}

// constant is a target without curvature, of one value everywhere.
func constant(v float64) vi.Target {
	return vi.Target{Dim: 2, LogDensity: func(_ *model.Scope, u *g.Node) *g.Node {
		return g.AddScalar(g.MulScalar(g.ReduceAllSum(u), 0), v)
	}}
}

func TestBadTargetsAreNamed(t *testing.T) {
	root := vi.Target{Dim: 1, LogDensity: func(_ *model.Scope, u *g.Node) *g.Node { return g.ReduceAllSum(g.Sqrt(u)) }}
	unbounded := vi.Target{Dim: 1, LogDensity: func(_ *model.Scope, u *g.Node) *g.Node { return g.ReduceAllSum(g.Exp(g.Square(u))) }}
	for _, c := range []struct {
		name, want string
		target     vi.Target
		o          pathfinder.Options
	}{
		{"NaN everywhere", "log-density: got NaN", constant(math.NaN()), pathfinder.Options{}},
		{"−∞ everywhere", "start 0: vi: target: none of 100 random points in [−2, 2]ⁿ can be a start; the last: vi: target: log-density: got -Inf", constant(math.Inf(-1)), pathfinder.Options{}},
		{"NaN at a given start", "start 1: vi: target: log-density: got NaN", root, pathfinder.Options{Starts: [][]float64{{1}, {-1}}}},
		{"infinite slope", "element 0 of the gradient: got +Inf", root, pathfinder.Options{Starts: [][]float64{{0}}}},
		{"wrong start", "start 0: vi: target: got a point of 2 numbers, want 1", root, pathfinder.Options{Starts: [][]float64{{1, 2}}}},
		{"no mode", "none of 4 paths", unbounded, pathfinder.Options{}},
		{"no dimensions", "got 0 dimensions", vi.Target{}, pathfinder.Options{}},
		{"bad count", "ELBODraws: got -1", correlated(1), pathfinder.Options{ELBODraws: -1}},
		{"bad radius", "got 1e-12, -2", correlated(1), pathfinder.Options{Radius: -2}},
	} {
		_, err := pathfinder.Run(context.Background(), c.target, engine(t), c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want %q", c.name, err, c.want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := pathfinder.Run(ctx, correlated(2), engine(t), pathfinder.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
}
