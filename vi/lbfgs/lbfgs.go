// Package lbfgs minimises smooth functions by the limited-memory method of Broyden, Fletcher,
// Goldfarb and Shanno (Nocedal & Wright 2006, algorithm 7.5), on the host in float64.
package lbfgs

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// Func returns f(x) and writes its gradient. A value that is no number counts as +∞.
type Func func(x, grad []float64) (float64, error)

// Options of a minimisation; zero values mean the defaults.
type Options struct {
	History       int     // pairs of steps and gradient changes kept; 6
	MaxIterations int     // 1000
	GradTol       float64 // stop when max|∇f| ≤ GradTol·max(1, |f|); 1e-8
	ValueTol      float64 // stop when f falls by at most ValueTol·max(1, |f|); 1e-13
}

// Point is an iterate.
type Point struct {
	X, Grad []float64 // place and ∇f there
	F       float64   // f(X)
}

// Result of a minimisation.
type Result struct {
	Point             // the last iterate
	Iterations int    // steps taken
	Converged  bool   // whether a tolerance was met
	Reason     string // why it stopped
}

// Minimize starts at x0 and hands every iterate, the first included, to visit, which may be nil and
// may keep them.
func Minimize(ctx context.Context, f Func, x0 []float64, o Options, visit func(Point)) (Result, error) {
	if visit == nil {
		visit = func(Point) {}
	}
	m, err := New(f, x0, o)
	if err != nil {
		return Result{}, err
	}
	visit(m.Point)
	for {
		if err := ctx.Err(); err != nil {
			return Result{}, err
		}
		moved, end, err := m.Step()
		if err != nil {
			return Result{}, err
		}
		if moved {
			visit(m.Point)
		}
		if end != nil {
			return *end, nil
		}
	}
}

// Minimizer is a minimisation under way. One that is made anew at its place, with its history and its
// count, goes on to the same bits.
type Minimizer struct {
	Point              // the last iterate
	History    History // the curvature that was seen
	Iterations int     // steps taken

	f Func
	o Options
}

// New starts a minimisation at x0.
func New(f Func, x0 []float64, o Options) (*Minimizer, error) {
	p, err := start(f, x0)
	if err != nil {
		return nil, err
	}
	return &Minimizer{Point: p, f: f, o: o.filled()}, nil
}

// Step takes a step, unless there is none to take, and returns the result if it was the last.
func (m *Minimizer) Step() (moved bool, end *Result, err error) {
	stop := func(converged bool, reason string) *Result {
		return &Result{m.Point, m.Iterations, converged, reason}
	}
	p, o := m.Point, m.o
	if norm(p.Grad) <= o.GradTol*math.Max(1, math.Abs(p.F)) {
		return false, stop(true, "the gradient vanishes"), nil
	}
	if m.Iterations >= o.MaxIterations {
		return false, stop(false, fmt.Sprintf("%d iterations are spent", m.Iterations)), nil
	}
	next, ok, err := m.History.advance(m.f, p)
	if err != nil {
		return false, nil, err
	}
	if !ok {
		return false, stop(norm(p.Grad) <= math.Sqrt(o.GradTol)*math.Max(1, math.Abs(p.F)), "no step along the gradient lowers the value"), nil
	}
	if math.IsInf(next.F, -1) {
		return false, nil, fmt.Errorf("lbfgs: iteration %d: the value falls to −∞, so that there is no minimum", m.Iterations+1)
	}
	m.History.Add(p, next, o.History)
	m.Point = next
	m.Iterations++
	if p.F-next.F <= o.ValueTol*math.Max(1, math.Abs(next.F)) {
		return true, stop(true, "the value no longer falls"), nil
	}
	return true, nil, nil
}

func (o Options) filled() Options {
	if o.History == 0 {
		o.History = 6
	}
	if o.MaxIterations == 0 {
		o.MaxIterations = 1000
	}
	if o.GradTol == 0 {
		o.GradTol = 1e-8
	}
	if o.ValueTol == 0 {
		o.ValueTol = 1e-13
	}
	return o
}

// start evaluates the first point, where everything has to be a number.
func start(f Func, x0 []float64) (Point, error) {
	p := Point{slices.Clone(x0), make([]float64, len(x0)), 0}
	v, err := f(p.X, p.Grad)
	if err != nil {
		return Point{}, err
	}
	if p.F = v; math.IsNaN(v) || math.IsInf(v, 0) {
		return Point{}, fmt.Errorf("lbfgs: value at the start: got %v, want a finite number", v)
	}
	for i, d := range p.Grad {
		if math.IsNaN(d) || math.IsInf(d, 0) {
			return Point{}, fmt.Errorf("lbfgs: gradient at the start: element %d: got %v, want a finite number", i, d)
		}
	}
	return p, nil
}

// norm is max|x_i|, and +∞ if one is no number.
func norm(x []float64) float64 {
	m := 0.
	for _, v := range x {
		if math.IsNaN(v) {
			return math.Inf(1)
		}
		m = math.Max(m, math.Abs(v))
	}
	return m
}

func dot(a, b []float64) float64 {
	sum := 0.
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}
