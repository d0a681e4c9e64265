package lbfgs

import (
	"math"
	"testing"
)

// ray is a function of one number with its derivative.
type ray struct {
	name string
	f    func(x float64) (value, slope float64)
}

func rays() []ray {
	return []ray{
		{"parabola", func(x float64) (float64, float64) { return (x - 3) * (x - 3), 2 * (x - 3) }},
		{"steep and flat", func(x float64) (float64, float64) { return math.Exp(-x) + 1e-3*x, -math.Exp(-x) + 1e-3 }},
		{"quartic", func(x float64) (float64, float64) { return math.Pow(x-.01, 4), 4 * math.Pow(x-.01, 3) }},
		{"waves on a slope", func(x float64) (float64, float64) {
			return -x/(x*x+2) + .1*math.Sin(3*x), (x*x-2)/((x*x+2)*(x*x+2)) + .3*math.Cos(3*x)
		}},
		{"forbidden beyond 2", func(x float64) (float64, float64) { return -math.Log(2-x) - 4*x, 1/(2-x) - 4 }},
	}
}

func (r ray) problem(x, grad []float64) (float64, error) {
	v, d := r.f(x[0])
	grad[0] = d
	return v, nil
}

// TestStepsMeetTheWolfeConditions from first trials that are far too short and far too long.
func TestStepsMeetTheWolfeConditions(t *testing.T) {
	for _, r := range rays() {
		v0, d0 := r.f(0)
		direction := -math.Copysign(1, d0)
		for _, first := range []float64{1e-6, .1, 1, 30, 1e4} {
			p := Point{[]float64{0}, []float64{d0}, v0}
			next, ok, err := search(r.problem, p, []float64{direction}, first)
			if err != nil || !ok {
				t.Errorf("%s from %v: no step (%v)", r.name, first, err)
				continue
			}
			step := next.X[0] * direction
			if !(next.F <= v0-decrease*step*math.Abs(d0)) || !(math.Abs(next.Grad[0]) <= curvature*math.Abs(d0)) {
				t.Errorf("%s from %v: step %v has value %v and slope %v, from %v and %v", r.name, first, step, next.F, next.Grad[0], v0, d0)
			}
		}
	}
}

func TestNoStepLowersARisingRay(t *testing.T) {
	up := ray{"", func(x float64) (float64, float64) { return math.Abs(x), -1 }} // the slope lies
	if next, ok, err := search(up.problem, Point{[]float64{0}, []float64{-1}, 0}, []float64{1}, 1); ok || err != nil {
		t.Errorf("got step to %v, %v, want none", next.X, err)
	}
}

// TestCubicStepsAreExactForCubics: x³ − 3x has its minimum at 1.
func TestCubicStepsAreExactForCubics(t *testing.T) {
	at := func(x float64) trial { return trial{t: x, f: x*x*x - 3*x, slope: 3*x*x - 3} }
	for _, c := range [][2]float64{{0, 3}, {3, 0}, {.4, 1.7}, {2, -.5}} {
		if got := between(at(c[0]), at(c[1])); math.Abs(got-1) > 1e-12 {
			t.Errorf("between %v: got %v, want 1", c, got)
		}
	}
	// Kept off the ends, and in the middle where a value is infinite.
	if got := between(at(.99), at(3)); got < .99+.1*2.01-1e-12 {
		t.Errorf("got %v, too near the end", got)
	}
	wall := trial{t: 4, f: math.Inf(1), slope: math.NaN()}
	if got := between(at(0), wall); got != 2 {
		t.Errorf("before a wall: got %v, want the middle", got)
	}
}

// TestDirectionIsTheDenseRecursion: the two loops give −H∇f with the matrix H that the updates of
// Broyden, Fletcher, Goldfarb and Shanno build from (sᵀy/yᵀy) I.
func TestDirectionIsTheDenseRecursion(t *testing.T) {
	h := History{
		S: [][]float64{{1, .5, -.2}, {.3, -1, .4}, {-.2, .1, .9}},
		Y: [][]float64{{2, .4, -.1}, {.1, -1.5, .8}, {.3, .2, 1.1}},
	}
	const n = 3
	scale := dot(h.S[2], h.Y[2]) / dot(h.Y[2], h.Y[2])
	m := [n][n]float64{{scale, 0, 0}, {0, scale, 0}, {0, 0, scale}}
	for k, s := range h.S {
		y := h.Y[k]
		rho := 1 / dot(s, y)
		var v, next [n][n]float64 // V = I − ρ y sᵀ, H⁺ = VᵀHV + ρ s sᵀ
		for i := range n {
			for j := range n {
				if v[i][j] = -rho * y[i] * s[j]; i == j {
					v[i][j]++
				}
			}
		}
		for i := range n {
			for j := range n {
				next[i][j] = rho * s[i] * s[j]
				for a := range n {
					for b := range n {
						next[i][j] += v[a][i] * m[a][b] * v[b][j]
					}
				}
			}
		}
		m = next
	}
	grad := []float64{.7, -.2, 1.3}
	got := h.direction(grad)
	for i := range n {
		want := -dot(m[i][:], grad)
		if math.Abs(got[i]-want) > 1e-13 {
			t.Errorf("element %d: got %v, want %v", i, got[i], want)
		}
	}
}
