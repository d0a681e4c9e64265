package bij_test

import (
	"fmt"
	"math"
	"sort"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/bij"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// knots are the corners of a spline with the slopes there.
type knots struct{ x, y, d []float64 }

// knotsOf returns the corners for unnormalised widths, heights and slopes.
func knotsOf(w, h, d []float64, bound float64) knots {
	corners := func(a []float64) []float64 {
		sum := 0.
		for _, v := range a {
			sum += math.Exp(v)
		}
		out := []float64{-bound}
		for _, v := range a {
			share := 1e-3 + (1-1e-3*float64(len(a)))*math.Exp(v)/sum
			out = append(out, out[len(out)-1]+2*bound*share)
		}
		return out
	}
	var slopes []float64
	for _, v := range d {
		slopes = append(slopes, 1e-3+math.Log1p(math.Exp(v+math.Log(math.Exp(1-1e-3)-1))))
	}
	if len(d) < len(w) { // the outer ones are 1
		slopes = append(append([]float64{1}, slopes...), 1)
	}
	return knots{corners(w), corners(h), slopes}
}

// at returns the value and slope of the rational quadratic (Gregory & Delbourgo 1982): with
// s the chord's slope, the quotient of P = s·y₊ξ² + (y₋d₊ + y₊d₋)ξ(1−ξ) + s·y₋(1−ξ)² and
// Q = s + (d₊ + d₋ − 2s)ξ(1−ξ).
func (k knots) at(x float64) (y, slope float64) {
	i := sort.SearchFloat64s(k.x, x)
	if math.Abs(x) >= -k.x[0] {
		return x, 1
	}
	w, h := k.x[i]-k.x[i-1], k.y[i]-k.y[i-1]
	s, xi := h/w, (x-k.x[i-1])/w
	q := s + (k.d[i]+k.d[i-1]-2*s)*xi*(1-xi)
	p := s*k.y[i]*xi*xi + (k.y[i-1]*k.d[i]+k.y[i]*k.d[i-1])*xi*(1-xi) + s*k.y[i-1]*(1-xi)*(1-xi)
	slope = s * s * (k.d[i]*xi*xi + 2*s*xi*(1-xi) + k.d[i-1]*(1-xi)*(1-xi)) / (q * q)
	return p / q, slope
}

func TestSplineFollowsThePaper(t *testing.T) {
	const k, bound = 6, 3.
	for seed := range uint64(10) {
		p := make([]float64, 3*k-1+2*int(seed%2)) // every other one with free ends
		rng.New(seed).NormalFloat64(p)
		w, h, d := p[:k], p[k:2*k], p[2*k:]
		ref := knotsOf(w, h, d, bound)
		var x []float64
		for i := range 90 {
			x = append(x, -4.5+.1*float64(i)+.003)
		}
		x = append(x, -3, 3, -2.9999999, 2.9999999, 1e3, -1e3)
		out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
			f := bij.Spline{Widths: in[1], Heights: in[2], Slopes: in[3], Bound: bound}
			y, l := f.Forward(in[0])
			back, m := f.Inverse(y)
			return []*g.Node{y, l, back, m}
		}, tk.Vector(x...), tk.Vector(w...), tk.Vector(h...), tk.Vector(d...))
		for i, v := range x {
			y, slope := ref.at(v)
			tk.Close(t, fmt.Sprintf("y(%v)", v), out[0][i], y, 1e-12)
			tk.Close(t, fmt.Sprintf("ln dy/dx(%v)", v), out[1][i], math.Log(slope), 1e-11)
			tk.Close(t, fmt.Sprintf("x(y(%v))", v), out[2][i], v, 1e-11)
			tk.Close(t, fmt.Sprintf("ln dx/dy(%v)", v), out[3][i], -math.Log(slope), 1e-10)
			if i > 0 && i < 90 && !(out[0][i] > out[0][i-1]) {
				t.Errorf("y falls from %v to %v between %v and %v", out[0][i-1], out[0][i], x[i-1], v)
			}
		}
	}
}

// TestSplinePassesItsKnots with the slopes that were asked for, from either side.
func TestSplinePassesItsKnots(t *testing.T) {
	w, h, d := []float64{.3, -1, 2, .1}, []float64{-1, .4, .2, 1.5}, []float64{2, -1.5, .6}
	ref := knotsOf(w, h, d, 2)
	var x []float64
	for _, v := range ref.x {
		x = append(x, v-1e-9, v+1e-9)
	}
	out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
		y, l := bij.Spline{Widths: in[1], Heights: in[2], Slopes: in[3], Bound: 2}.Forward(in[0])
		return []*g.Node{y, g.Exp(l)}
	}, tk.Vector(x...), tk.Vector(w...), tk.Vector(h...), tk.Vector(d...))
	for i := range x {
		tk.Close(t, "corner", out[0][i], ref.y[i/2], 1e-7)
		tk.Close(t, "slope", out[1][i], ref.d[i/2], 1e-6)
	}
}

// TestSplineOfExtremeParametersIsInvertible: the floors keep every bin and slope.
func TestSplineOfExtremeParametersIsInvertible(t *testing.T) {
	var x []float64
	for i := range 61 {
		x = append(x, -3+.1*float64(i))
	}
	for _, p := range [][3]float64{{50, -50, 0}, {-300, 300, -300}, {20, 20, 300}} {
		out := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
			f := bij.Spline{
				Widths: g.Const(s.Graph(), []float64{p[0], 0, 0}), Heights: g.Const(s.Graph(), []float64{0, p[1], 0}),
				Slopes: g.Const(s.Graph(), []float64{p[2], -p[2]}), Bound: 3,
			}
			y, l := f.Forward(in[0])
			back, _ := f.Inverse(y)
			return []*g.Node{y, l, back}
		}, tk.Vector(x...))
		for i, v := range x {
			if math.IsNaN(out[1][i]) || math.IsInf(out[1][i], 0) {
				t.Errorf("parameters %v: ln|det| at %v: got %v", p, v, out[1][i])
			}
			// y is rounded to 4e-16 of its bound 3, and x by the slope more.
			tol := 1e-12 + 4e-15*math.Exp(-out[1][i])
			tk.Close(t, fmt.Sprintf("parameters %v: round trip of %v", p, v), out[2][i], v, tol)
		}
	}
}
