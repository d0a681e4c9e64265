package vi_test

import (
	"math"
	"strings"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vi"
)

func compiled(t *testing.T, n int, f func(u *g.Node) *g.Node) *vi.Density {
	t.Helper()
	b, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	d, err := vi.Compile(vi.Target{Dim: n, LogDensity: func(_ *model.Scope, u *g.Node) *g.Node { return g.ReduceAllSum(f(u)) }}, b)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestStartsLieWhereTheTargetIsFinite: ln(u₀u₁) − u₀ − u₁ has a value in two quadrants of four.
func TestStartsLieWhereTheTargetIsFinite(t *testing.T) {
	d := compiled(t, 2, func(u *g.Node) *g.Node {
		a, b := g.Slice(u, g.AxisElem(0)), g.Slice(u, g.AxisElem(1))
		return g.Sub(g.Log(g.Mul(a, b)), g.Add(a, b))
	})
	for seed := range uint64(20) {
		u, err := d.Start(rng.New(seed), .5, 100) // fails with probability 2^−100
		if err != nil {
			t.Fatal(err)
		}
		if u[0]*u[1] <= 0 || math.Abs(u[0]) > .5 || math.Abs(u[1]) > .5 {
			t.Errorf("seed %d: got %v, want a point of one sign in [−½, ½]²", seed, u)
		}
		if err := d.Finite(u); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatIsNotFiniteIsNamed(t *testing.T) {
	root := compiled(t, 2, g.Sqrt)
	for want, u := range map[string][]float64{
		"log-density: got NaN":               {1, -1},
		"element 1 of the gradient: got +In": {1, 0},
		"got a point of 1 numbers, want 2":   {1},
	} {
		if err := root.Finite(u); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("at %v: got error %v, want %q", u, err, want)
		}
	}
	nowhere := compiled(t, 1, func(u *g.Node) *g.Node { return g.Log(g.Neg(g.Exp(u))) })
	_, err := nowhere.Start(rng.New(1), 3, 7)
	if want := "none of 7 random points in [−3, 3]ⁿ can be a start; the last: vi: target: log-density: got NaN"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got error %v, want %q", err, want)
	}
}
