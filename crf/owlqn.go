package crf

import (
	"math"

	"github.com/elbo-go/elbo/vi/lbfgs"
)

// orthants minimises f(x) + λ‖x‖₁ of a smooth f by L-BFGS that never steps over 0 (Andrew & Gao
// 2007, algorithm 1). Each x_i is held on one side of 0 during a step, the side it is on or that
// its slope leads to; where it would cross it becomes 0.
type orthants struct {
	f       lbfgs.Func
	l1      float64
	options lbfgs.Options
	s, y    [][]float64 // last steps and changes of ∇f, oldest first

	x, grad []float64 // place, and ∇f there
	f1      float64   // f(x) + λ‖x‖₁
	steps   int       // taken
}

// begin evaluates the first point; options have no zero fields.
func (o *orthants) begin(x0 []float64) (err error) {
	o.x, o.grad = append([]float64(nil), x0...), make([]float64, len(x0))
	o.f1, err = o.value(o.x, o.grad)
	return err
}

// point is where the minimisation stands: the value is f(x) + λ‖x‖₁ and the gradient the
// pseudo-gradient.
func (o *orthants) point() lbfgs.Point {
	return lbfgs.Point{X: o.x, Grad: o.pseudo(o.x, o.grad), F: o.f1}
}

// step takes a step, unless there is none to take, and returns the result if it was the last.
func (o *orthants) step() (moved bool, end *lbfgs.Result, err error) {
	p := o.point()
	stop := func(p lbfgs.Point, converged bool, reason string) *lbfgs.Result {
		return &lbfgs.Result{Point: p, Iterations: o.steps, Converged: converged, Reason: reason}
	}
	if largestOf(p.Grad) <= o.options.GradTol*math.Max(1, math.Abs(p.F)) {
		return false, stop(p, true, "the pseudo-gradient vanishes"), nil
	}
	if o.steps >= o.options.MaxIterations {
		return false, stop(p, false, "the iterations are spent"), nil
	}
	to, next, v, err := o.advance(p)
	if err != nil {
		return false, nil, err
	}
	if to == nil {
		return false, stop(p, false, "no step along the pseudo-gradient lowers the value"), nil
	}
	o.remember(o.x, o.grad, to, next)
	o.x, o.grad, o.f1, o.steps = to, next, v, o.steps+1
	if p.F-v <= o.options.ValueTol*math.Max(1, math.Abs(v)) {
		return true, stop(o.point(), true, "the value no longer falls"), nil
	}
	return true, nil, nil
}

// value is f(x) + λ‖x‖₁.
func (o *orthants) value(x, grad []float64) (float64, error) {
	v, err := o.f(x, grad)
	for _, a := range x {
		v += o.l1 * math.Abs(a)
	}
	return v, err
}

// pseudo is the gradient of the sum of the least size (Andrew & Gao 2007, eq. 4).
func (o *orthants) pseudo(x, grad []float64) []float64 {
	out := make([]float64, len(x))
	for i, g := range grad {
		switch {
		case x[i] > 0:
			out[i] = g + o.l1
		case x[i] < 0:
			out[i] = g - o.l1
		case g+o.l1 < 0:
			out[i] = g + o.l1
		case g-o.l1 > 0:
			out[i] = g - o.l1
		}
	}
	return out
}

// advance looks for a step by halving; if the curvature kept leads nowhere it is forgotten once.
func (o *orthants) advance(p lbfgs.Point) (to, grad []float64, value float64, err error) {
	for {
		d, t := o.direction(p.Grad), 1.
		if len(o.s) == 0 {
			t = math.Min(1, 1/math.Sqrt(inner(p.Grad, p.Grad)))
		}
		to, grad = make([]float64, len(d)), make([]float64, len(d))
		for range 40 {
			slope := o.move(to, p, d, t)
			if value, err = o.value(to, grad); err != nil {
				return nil, nil, 0, err
			}
			if slope < 0 && value <= p.F+1e-4*slope {
				return to, grad, value, nil
			}
			t /= 2
		}
		if len(o.s) == 0 {
			return nil, nil, 0, nil
		}
		o.s, o.y = nil, nil
	}
}

// move sets to to x + t d without the elements that leave their side of 0, and returns the slope of
// the pseudo-gradient along the way there.
func (o *orthants) move(to []float64, p lbfgs.Point, d []float64, t float64) (slope float64) {
	for i, x := range p.X {
		side := x
		if side == 0 {
			side = -p.Grad[i]
		}
		v := x + t*d[i]
		if v*side <= 0 {
			v = 0
		}
		to[i] = v
		slope += p.Grad[i] * (v - x)
	}
	return slope
}

// direction is −H ∇ by the two loops of Nocedal & Wright (2006), algorithm 7.4, without the
// elements that do not lead downhill.
func (o *orthants) direction(pseudo []float64) []float64 {
	d := make([]float64, len(pseudo))
	for i, g := range pseudo {
		d[i] = -g
	}
	m := len(o.s)
	alpha, rho := make([]float64, m), make([]float64, m)
	for j := m - 1; j >= 0; j-- {
		rho[j] = 1 / inner(o.s[j], o.y[j])
		alpha[j] = rho[j] * inner(o.s[j], d)
		plus(d, -alpha[j], o.y[j])
	}
	if m > 0 {
		scale := 1 / (rho[m-1] * inner(o.y[m-1], o.y[m-1]))
		for i := range d {
			d[i] *= scale
		}
	}
	for j := range m {
		plus(d, alpha[j]-rho[j]*inner(o.y[j], d), o.s[j])
	}
	for i, g := range pseudo {
		if d[i]*g >= 0 {
			d[i] = 0
		}
	}
	return d
}

// remember keeps the last steps that curve upwards.
func (o *orthants) remember(x, grad, to, next []float64) {
	s, y := make([]float64, len(x)), make([]float64, len(x))
	for i := range s {
		s[i], y[i] = to[i]-x[i], next[i]-grad[i]
	}
	if !(inner(s, y) > 2.2e-16*inner(y, y)) {
		return
	}
	if o.s, o.y = append(o.s, s), append(o.y, y); len(o.s) > o.options.History {
		o.s, o.y = o.s[1:], o.y[1:]
	}
}

func inner(a, b []float64) (sum float64) {
	b = b[:len(a)]
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}

func plus(dst []float64, a float64, x []float64) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] += a * x[i]
	}
}

func largestOf(x []float64) (m float64) {
	for _, v := range x {
		m = math.Max(m, math.Abs(v))
	}
	return m
}
