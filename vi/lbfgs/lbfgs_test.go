package lbfgs_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/vi/lbfgs"
)

// rosenbrock is Σ 100(x_{i+1} − x_i²)² + (1 − x_i)², with its minimum 0 at (1, …, 1).
func rosenbrock(x, grad []float64) (float64, error) {
	f := 0.
	clear(grad)
	for i := range len(x) - 1 {
		a, b := x[i+1]-x[i]*x[i], 1-x[i]
		f += 100*a*a + b*b
		grad[i] += -400*a*x[i] - 2*b
		grad[i+1] += 200 * a
	}
	return f, nil
}

func minimize(t *testing.T, f lbfgs.Func, x0 []float64) (lbfgs.Result, []lbfgs.Point) {
	t.Helper()
	var path []lbfgs.Point
	r, err := lbfgs.Minimize(context.Background(), f, x0, lbfgs.Options{}, func(p lbfgs.Point) { path = append(path, p) })
	if err != nil {
		t.Fatal(err)
	}
	return r, path
}

func TestTheBananaValleyIsFollowedToItsEnd(t *testing.T) {
	for _, x0 := range [][]float64{{-1.2, 1}, {-1.2, 1, -1.2, 1, -1.2, 1, -1.2, 1, -1.2, 1}, {10, -10, 3}} {
		r, path := minimize(t, rosenbrock, x0)
		if !r.Converged || r.Reason == "" || len(path) != r.Iterations+1 || r.Iterations > 200 {
			t.Errorf("got converged %v (%s) after %d iterations with %d iterates", r.Converged, r.Reason, r.Iterations, len(path))
		}
		if len(x0) == 2 {
			for i, v := range r.X {
				tk.Close(t, "minimum", v, 1, 1e-6)
				tk.Close(t, "gradient", r.Grad[i], 0, 1e-5)
			}
		}
		for i := 1; i < len(path); i++ {
			if !(path[i].F < path[i-1].F) {
				t.Errorf("iterate %d: value rises from %v to %v", i, path[i-1].F, path[i].F)
			}
		}
	}
}

// TestQuadraticsAreSolvedToRounding with condition number 1e6.
func TestQuadraticsAreSolvedToRounding(t *testing.T) {
	const n = 8
	r, _ := minimize(t, func(x, grad []float64) (float64, error) {
		f := 0.
		for i := range x {
			c, d := math.Pow(10, 6*float64(i)/(n-1)), x[i]-float64(i)
			f += .5 * c * d * d
			grad[i] = c * d
		}
		return f, nil
	}, make([]float64, n))
	if !r.Converged {
		t.Errorf("not converged: %s", r.Reason)
	}
	for i, v := range r.X {
		tk.Close(t, "minimum", v, float64(i), 1e-7)
	}
}

// TestStepsIntoForbiddenGroundAreTakenBack: −ln x + x has no value at x ≤ 0; its minimum is at 1.
func TestStepsIntoForbiddenGroundAreTakenBack(t *testing.T) {
	r, _ := minimize(t, func(x, grad []float64) (float64, error) {
		grad[0] = 1 - 1/x[0]
		return x[0] - math.Log(x[0]), nil
	}, []float64{30})
	tk.Close(t, "minimum", r.X[0], 1, 1e-7)
}

func TestHistoryRefusesPairsWithoutCurvature(t *testing.T) {
	var h lbfgs.History
	at := func(x, grad float64) lbfgs.Point { return lbfgs.Point{X: []float64{x}, Grad: []float64{grad}} }
	if h.Add(at(0, 1), at(1, .5), 2) || h.Len() != 0 {
		t.Error("a pair with negative curvature is kept")
	}
	for i := range 3 {
		if !h.Add(at(float64(i), float64(i)), at(float64(i+1), float64(i+1)), 2) {
			t.Error("a pair with positive curvature is refused")
		}
	}
	if h.Len() != 2 {
		t.Errorf("got %d pairs, want the last 2", h.Len())
	}
}

func TestBadProblemsAreNamed(t *testing.T) {
	constant := func(v, slope float64) lbfgs.Func {
		return func(_, grad []float64) (float64, error) { grad[0] = slope; return v, nil }
	}
	broken := errors.New("broken")
	for _, c := range []struct {
		name, want string
		f          lbfgs.Func
	}{
		{"NaN at the start", "value at the start: got NaN", constant(math.NaN(), 1)},
		{"+∞ at the start", "value at the start: got +Inf", constant(math.Inf(1), 1)},
		{"NaN gradient", "gradient at the start: element 0: got NaN", constant(1, math.NaN())},
		{"failure", "broken", func(_, _ []float64) (float64, error) { return 0, broken }},
		{"no minimum", "falls to −∞", func(x, grad []float64) (float64, error) {
			grad[0] = -1
			if x[0] > 3 {
				return math.Inf(-1), nil
			}
			return -x[0], nil
		}},
	} {
		_, err := lbfgs.Minimize(context.Background(), c.f, []float64{0}, lbfgs.Options{}, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want %q", c.name, err, c.want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := lbfgs.Minimize(ctx, rosenbrock, []float64{0, 0}, lbfgs.Options{}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
	r, err := lbfgs.Minimize(context.Background(), rosenbrock, []float64{-1.2, 1}, lbfgs.Options{MaxIterations: 3}, nil)
	if err != nil || r.Converged || r.Iterations != 3 || !strings.Contains(r.Reason, "3 iterations") {
		t.Errorf("three iterations: got %+v, %v", r, err)
	}
}
