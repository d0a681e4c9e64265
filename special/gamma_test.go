package special

import (
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// values evaluates f at rows of arguments of equal length.
func values(t *testing.T, f func(x []*g.Node) *g.Node, args ...[]float64) []float64 {
	t.Helper()
	return tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node { return []*g.Node{f(in)} }, vectors(args...)...)[0]
}

// TestMultivariateGammaIsASum: Γ_2(x) = √π Γ(x) Γ(x−½), and for p = 3 three terms.
func TestMultivariateGammaIsASum(t *testing.T) {
	xs := []float64{1.01, 1.6, 2, 5.5, 300}
	lg := func(x float64) float64 { v, _ := math.Lgamma(x); return v }
	for p := 1; p <= 3; p++ {
		got := values(t, func(x []*g.Node) *g.Node { return LogMultiGamma(x[0], p) }, xs)
		for i, x := range xs {
			want := float64(p*(p-1)) / 4 * math.Log(math.Pi)
			for j := range p {
				want += lg(x - float64(j)/2)
			}
			tk.Close(t, "ln Γ_p", got[i], want, 1e-13)
		}
		slope := values(t, func(x []*g.Node) *g.Node { return g.Gradient(g.ReduceAllSum(LogMultiGamma(x[0], p)), x[0])[0] }, xs)
		digamma := values(t, func(x []*g.Node) *g.Node { return MultiDigamma(x[0], p) }, xs)
		for i := range xs {
			tk.Close(t, "ψ_p", digamma[i], slope[i], 1e-13)
		}
	}
}

// TestGammaRecurrences: Γ(x+1) = x Γ(x) and its two derivatives over a sweep through all branches.
func TestGammaRecurrences(t *testing.T) {
	var xs, next []float64
	for x := 1e-4; x < 1e4; x *= 1.07 {
		xs, next = append(xs, x), append(next, x+1)
	}
	for k, f := range []func(*g.Node) *g.Node{Lgamma, Digamma, Trigamma, Tetragamma} {
		one := func(x []*g.Node) *g.Node { return f(x[0]) }
		a, b := values(t, one, xs), values(t, one, next)
		for i, x := range xs {
			want := []float64{math.Log(x), 1 / x, -1 / x / x, 2 / x / x / x}[k]
			// The rounding of x+1 and of the larger of the two values.
			if tol := 1e-14 * (1 + math.Abs(a[i]) + math.Abs(want)); math.Abs(b[i]-a[i]-want) > tol {
				t.Errorf("function %d: step at %v: got %v, want %v", k, x, b[i]-a[i], want)
			}
		}
	}
}

// TestSecondDerivativesOfLogGamma: gradients of gradients, as implicit reparameterisation and
// natural gradients need.
func TestSecondDerivativesOfLogGamma(t *testing.T) {
	xs := []float64{.01, .5, 1.5, 2.9, 3.1, 40}
	second := values(t, func(x []*g.Node) *g.Node {
		first := g.Gradient(g.ReduceAllSum(Lgamma(x[0])), x[0])[0]
		return g.Gradient(g.ReduceAllSum(first), x[0])[0]
	}, xs)
	want := values(t, func(x []*g.Node) *g.Node { return Trigamma(x[0]) }, xs)
	for i := range xs {
		tk.Close(t, "ψ′", second[i], want[i], 1e-13)
	}
}
