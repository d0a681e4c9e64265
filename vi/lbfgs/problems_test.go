package lbfgs_test

import (
	"math"
	"testing"

	"github.com/elbo-go/elbo/vi/lbfgs"
)

// squares is Σ r_i² of residuals, with its gradient 2Jᵀr.
func squares(x, grad []float64, residuals []float64, jacobian [][]float64) float64 {
	f := 0.
	clear(grad)
	for i, r := range residuals {
		f += r * r
		for j := range x {
			grad[j] += 2 * r * jacobian[i][j]
		}
	}
	return f
}

// problem is a test function with its standard start and known minimum (Moré, Garbow & Hillstrom
// 1981, by number).
type problem struct {
	name  string
	f     lbfgs.Func
	start []float64
	at    []float64 // the minimum's place; nil if it is not unique
	value float64
	tol   float64 // of the place
}

func problems() []problem {
	return []problem{
		{"5 Beale", func(x, grad []float64) (float64, error) {
			r, j := make([]float64, 3), make([][]float64, 3)
			for i, y := range []float64{1.5, 2.25, 2.625} {
				k := float64(i + 1)
				p := math.Pow(x[1], k)
				r[i] = y - x[0]*(1-p)
				j[i] = []float64{-(1 - p), x[0] * k * math.Pow(x[1], k-1)}
			}
			return squares(x, grad, r, j), nil
		}, []float64{1, 1}, []float64{3, .5}, 0, 1e-6},
		{"13 Powell, singular at its minimum", func(x, grad []float64) (float64, error) {
			a, b := x[1]-2*x[2], x[0]-x[3]
			s5, s10 := math.Sqrt(5), math.Sqrt(10)
			return squares(x, grad,
				[]float64{x[0] + 10*x[1], s5 * (x[2] - x[3]), a * a, s10 * b * b},
				[][]float64{{1, 10, 0, 0}, {0, 0, s5, -s5}, {0, 2 * a, -4 * a, 0}, {2 * s10 * b, 0, 0, -2 * s10 * b}}), nil
		}, []float64{3, -1, 0, 1}, []float64{0, 0, 0, 0}, 0, 2e-2},
		{"14 Wood", func(x, grad []float64) (float64, error) {
			s90, s10 := math.Sqrt(90), math.Sqrt(10)
			return squares(x, grad,
				[]float64{10 * (x[1] - x[0]*x[0]), 1 - x[0], s90 * (x[3] - x[2]*x[2]), 1 - x[2], s10 * (x[1] + x[3] - 2), (x[1] - x[3]) / s10},
				[][]float64{{-20 * x[0], 10, 0, 0}, {-1, 0, 0, 0}, {0, 0, -2 * s90 * x[2], s90}, {0, 0, -1, 0}, {0, s10, 0, s10}, {0, 1 / s10, 0, -1 / s10}}), nil
		}, []float64{-3, -1, -3, -1}, []float64{1, 1, 1, 1}, 0, 1e-5},
		{"32 linear of full rank", func(x, grad []float64) (float64, error) {
			n := len(x)
			r, j := make([]float64, 2*n), make([][]float64, 2*n)
			sum := 0.
			for _, v := range x {
				sum += v
			}
			for i := range r {
				j[i] = make([]float64, n)
				for k := range n {
					j[i][k] = -2 / float64(2*n)
				}
				if r[i] = -2*sum/float64(2*n) - 1; i < n {
					r[i] += x[i]
					j[i][i]++
				}
			}
			return squares(x, grad, r, j), nil
		}, []float64{1, 1, 1, 1, 1}, []float64{-1, -1, -1, -1, -1}, 5, 1e-6},
		{"logistic regression of one point a class", func(x, grad []float64) (float64, error) {
			// ln(1 + e^(−x₀−x₁)) + ln(1 + e^(x₁−x₀)) + .05‖x‖²: x₁ = 0 by symmetry, x₀ = 20/(1 + e^x₀).
			a, b := math.Exp(-x[0]-x[1]), math.Exp(x[1]-x[0])
			grad[0] = -a/(1+a) - b/(1+b) + .1*x[0]
			grad[1] = -a/(1+a) + b/(1+b) + .1*x[1]
			return math.Log1p(a) + math.Log1p(b) + .05*(x[0]*x[0]+x[1]*x[1]), nil
		}, []float64{-5, 9}, []float64{2.12803451846623, 0}, math.NaN(), 1e-6},
	}
}

// TestStandardProblemsAreSolved from their standard starts.
func TestStandardProblemsAreSolved(t *testing.T) {
	for _, p := range problems() {
		r, path := minimize(t, p.f, p.start)
		t.Logf("%s: %d iterations, value %.3g, %s", p.name, r.Iterations, r.F, r.Reason)
		if !r.Converged || len(path) < 2 {
			t.Errorf("%s: not converged: %s", p.name, r.Reason)
		}
		if !math.IsNaN(p.value) && math.Abs(r.F-p.value) > 1e-8 {
			t.Errorf("%s: value: got %v, want %v", p.name, r.F, p.value)
		}
		for i, want := range p.at {
			if math.Abs(r.X[i]-want) > p.tol {
				t.Errorf("%s: element %d: got %v, want %v", p.name, i, r.X[i], want)
			}
		}
	}
}
