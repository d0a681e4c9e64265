package crf

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/vi/lbfgs"
)

// tight ends where nothing is left to gain.
var tight = lbfgs.Options{History: 6, MaxIterations: 1000, GradTol: 1e-10, ValueTol: 1e-16}

// lasso minimises with λ₁ and checks that no value rises.
func lasso(t *testing.T, f lbfgs.Func, x0 []float64, l1 float64) lbfgs.Result {
	t.Helper()
	before := math.Inf(1)
	r, err := (&orthants{f: f, l1: l1, options: tight}).minimize(context.Background(), x0, func(p lbfgs.Point) {
		if p.F > before {
			t.Errorf("the value rises from %v to %v", before, p.F)
		}
		before = p.F
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestSoftThresholdsAreExact: Σ c_i/2 (x_i − a_i)² + λ‖x‖₁ has its minimum at sign(a_i) max(|a_i| − λ/c_i, 0).
func TestSoftThresholdsAreExact(t *testing.T) {
	a := []float64{3, -2, .4, -.3, 0, 10, -1e-3}
	c := []float64{1, .5, 1, 2, 1, 30, 700}
	f := func(x, grad []float64) (float64, error) {
		v := 0.
		for i := range x {
			grad[i] = c[i] * (x[i] - a[i])
			v += .5 * grad[i] * (x[i] - a[i])
		}
		return v, nil
	}
	for _, x0 := range [][]float64{make([]float64, 7), {-1, 1, -1, 1, -1, 1, -1}, {5, 5, 5, 5, 5, 5, 5}} {
		r := lasso(t, f, x0, .75)
		for i := range a {
			want := math.Copysign(math.Max(math.Abs(a[i])-.75/c[i], 0), a[i])
			tk.Close(t, "minimum", r.X[i], want, 1e-7)
			if want == 0 && r.X[i] != 0 {
				t.Errorf("element %d: got %v, want exactly 0", i, r.X[i])
			}
		}
	}
}

// TestTheMinimumWithL1MeetsItsConditions on a field: the slope of the smooth part is −λ₁ sign(w) where w ≠ 0,
// and at most λ₁ in size elsewhere (Andrew & Gao 2007, section 3).
func TestTheMinimumWithL1MeetsItsConditions(t *testing.T) {
	cfg := small()
	cfg.L2 = .1
	o, w := problem(t, toy(rng.New(21), 80), cfg)
	const l1 = 1.5
	r := lasso(t, o.at, make([]float64, len(w)), l1)
	grad := make([]float64, len(w))
	if _, err := o.at(r.X, grad); err != nil {
		t.Fatal(err)
	}
	zeros := 0
	for i, x := range r.X {
		switch {
		case x != 0:
			tk.Close(t, "slope of a weight", grad[i], -math.Copysign(l1, x), 1e-4)
		case math.Abs(grad[i]) > l1+1e-4:
			t.Errorf("weight %d is 0 at slope %v", i, grad[i])
		default:
			zeros++
		}
	}
	if zeros < len(w)/4 || zeros == len(w) {
		t.Errorf("got %d zeros of %d weights, want a good part", zeros, len(w))
	}
	// From elsewhere the same minimum is reached.
	again := lasso(t, o.at, w, l1)
	tk.Close(t, "value from another start", again.F, r.F, 1e-6)
}

// TestWithoutL1BothMinimisersAgree on the loss of a field, which is convex.
func TestWithoutL1BothMinimisersAgree(t *testing.T) {
	o, w := problem(t, toy(rng.New(22), 50), small())
	a := lasso(t, o.at, make([]float64, len(w)), 0)
	b, err := lbfgs.Minimize(context.Background(), o.at, make([]float64, len(w)), tight, nil)
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "value", a.F, b.F, 1e-8)
	for i := range w {
		tk.Close(t, "weight", a.X[i], b.X[i], 1e-4)
	}
}

func TestMinimisationEndsWhenToldTo(t *testing.T) {
	f := func(x, grad []float64) (float64, error) {
		grad[0] = 2 * (x[0] - 3)
		return (x[0] - 3) * (x[0] - 3), nil
	}
	short := tight
	short.MaxIterations = 1
	r, err := (&orthants{f: f, l1: 1, options: short}).minimize(context.Background(), []float64{0}, func(lbfgs.Point) {})
	if err != nil || r.Converged || r.Iterations != 1 {
		t.Errorf("one step: got %+v, %v", r, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := (&orthants{f: f, l1: 1, options: tight}).minimize(ctx, []float64{0}, func(lbfgs.Point) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
	broken := errors.New("broken")
	bad := func(_, _ []float64) (float64, error) { return 0, broken }
	if _, err := (&orthants{f: bad, l1: 1, options: tight}).minimize(context.Background(), []float64{0}, nil); !errors.Is(err, broken) {
		t.Errorf("got %v, want the function's error", err)
	}
	lies := func(x, grad []float64) (float64, error) { grad[0] = -9; return math.Abs(x[0]), nil }
	r, err = (&orthants{f: lies, l1: 1, options: tight}).minimize(context.Background(), []float64{0}, func(lbfgs.Point) {})
	if err != nil || r.Converged || r.X[0] != 0 {
		t.Errorf("a slope that lies: got %+v, %v", r, err)
	}
}

// minimize makes all steps from x0.
func (o *orthants) minimize(ctx context.Context, x0 []float64, visit func(lbfgs.Point)) (lbfgs.Result, error) {
	if err := o.begin(x0); err != nil {
		return lbfgs.Result{}, err
	}
	visit(o.point())
	for {
		if err := ctx.Err(); err != nil {
			return lbfgs.Result{}, err
		}
		moved, end, err := o.step()
		if err != nil {
			return lbfgs.Result{}, err
		}
		if moved {
			visit(o.point())
		}
		if end != nil {
			return *end, nil
		}
	}
}
