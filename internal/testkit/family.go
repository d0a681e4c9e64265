package testkit

import (
	"fmt"
	"math"
	"slices"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// Distribution is a distribution whose laws are tested; what else it can do, [Entropic],
// [Cumulative] or [Reparameterized], is found by type assertion.
type Distribution interface {
	// LogProb returns the log-density of x.
	LogProb(x *g.Node) *g.Node
	// Mean returns the mean, NaN where there is none.
	Mean() *g.Node
	// Variance returns the variance of each element, infinite or NaN where there is none.
	Variance() *g.Node
	// Sample returns M draws, M×shape.
	Sample(s *model.Scope, name string, m int) *g.Node
}

// Entropic has a closed-form entropy.
type Entropic interface {
	// Entropy returns the entropy.
	Entropy() *g.Node
}

// Cumulative has a distribution function.
type Cumulative interface {
	// CDF returns P(X ≤ x).
	CDF(x *g.Node) *g.Node
}

// Reparameterized has draws that are differentiable.
type Reparameterized interface {
	// Rsample returns M draws, M×shape.
	Rsample(s *model.Scope, name string, m int) *g.Node
}

// Family is a distribution of numbers with formulas of its own in plain Go. The laws need what
// stands before the blank line; the rest is for families that differ from the usual.
type Family struct {
	Name    string                               // in messages
	Make    func(p []*g.Node) Distribution       // of parameters of one shape
	LogProb func(x float64, p []float64) float64 // the formula
	Rows    [][]float64                          // parameters of value tests, with tails
	Smooth  [][]float64                          // parameters of gradients, moments and draws
	Points  func(p []float64) []float64          // data of value tests
	Datum   func(p []float64, i int) float64     // of the i-th smooth row, for gradients
	CDF     func(x float64, p []float64) float64 // nil for discrete families
	Lo, Hi  func(p []float64) float64            // ends of quadrature, in t where there is a warp
	Values  func(p []float64) []float64          // of a discrete family, in order, all but 1e-15 of the mass

	Warp      func(p []float64, t float64) (x, slope float64) // x(t) and dx/dt for quadrature
	Corners   func(p []float64) []float64                     // where the density has corners
	Outside   func(p []float64) []float64                     // data of probability 0
	FixedX    bool                                            // no derivative by x
	Implicit  bool                                            // draws jump as parameters move
	Mean      func(p []float64) float64                       // in place of quadrature
	Variance  func(p []float64) float64                       // in place of quadrature
	NoMoments bool                                            // mean and variance are infinite or NaN
	Circular  bool                                            // mean and variance are those of the direction
	MomentsAt [][]float64                                     // rows for moments in place of Smooth
	Formula   float64                                         // tolerance of ln p; 1e-12 if 0
	Moment    float64                                         // tolerance of moments; 1e-9 if 0
	Surprise  float64                                         // tolerance of the entropy; 1e-11 if 0
}

// Columns are the parameters of rows as tensors.
func Columns(rows [][]float64) (out []*tensors.Tensor) {
	for j := range rows[0] {
		column := make([]float64, len(rows))
		for i, p := range rows {
			column[i] = p[j]
		}
		out = append(out, Vector(column...))
	}
	return out
}

// Data lists data of value tests with their parameters.
func (f Family) Data() (xs []float64, rows [][]float64) {
	for _, p := range f.Rows {
		for _, x := range f.Points(p) {
			xs, rows = append(xs, x), append(rows, p)
		}
	}
	return xs, rows
}

// Evaluate computes fn at data and their parameters.
func (f Family) Evaluate(t testing.TB, xs []float64, rows [][]float64, fn func(d Distribution, x *g.Node) *g.Node) []float64 {
	t.Helper()
	in := append([]*tensors.Tensor{Vector(xs...)}, Columns(rows)...)
	return Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
		return renewed([]*g.Node{fn(f.Make(in[1:]), in[0])})
	}, in...)[0]
}

// Fixed is the distribution with the same parameters n times.
func (f Family) Fixed(s *model.Scope, p []float64, n int) Distribution {
	nodes := make([]*g.Node, len(p))
	for j, v := range p {
		nodes[j] = g.BroadcastToDims(g.Scalar(s.Graph(), s.DType(), v), n)
	}
	return f.Make(nodes)
}

// Draws samples n values with parameters p.
func (f Family) Draws(t testing.TB, p []float64, n int, seed uint64) []float64 {
	t.Helper()
	return Graph(t, seed, func(s *model.Scope, _ []*g.Node) []*g.Node {
		return []*g.Node{f.Fixed(s, p, n).Sample(s, "x", 1)}
	})[0]
}

// Slopes returns n draws of h with the derivatives of each by every parameter.
func (f Family) Slopes(t testing.TB, p []float64, n int, seed uint64, h func(z *g.Node) *g.Node) (values []float64, by [][]float64) {
	t.Helper()
	out := Graph(t, seed, func(s *model.Scope, in []*g.Node) []*g.Node {
		y := h(f.Make(in).(Reparameterized).Rsample(s, "z", 1))
		return append([]*g.Node{y}, g.Gradient(g.ReduceAllSum(y), in...)...)
	}, Columns(slices.Repeat([][]float64{p}, n))...)
	return out[0], out[1:]
}

// Trainable makes the parameters of rows trainable.
func (f Family) Trainable(s *model.Scope, rows [][]float64) []*g.Node {
	out := make([]*g.Node, len(rows[0]))
	for j := range out {
		out[j] = s.Param(fmt.Sprintf("p%d", j), func(_ rng.Key, dims []int) []float64 {
			column := make([]float64, dims[0])
			for i := range column {
				column[i] = rows[i][j]
			}
			return column
		}, len(rows))
	}
	return out
}

// DataNode makes x, inside the support and away from corners.
func (f Family) DataNode(s *model.Scope) *g.Node {
	init := func(_ rng.Key, dims []int) []float64 {
		out := make([]float64, dims[0])
		for i := range out {
			out[i] = f.Datum(f.Smooth[i], i)
		}
		return out
	}
	if f.FixedX || f.Values != nil {
		return s.State("x", init, len(f.Smooth))
	}
	return s.Param("x", init, len(f.Smooth))
}

// can tells whether the family's distribution is a T.
func can[T any](t testing.TB, f Family) (ok bool) {
	t.Helper()
	f.Evaluate(t, []float64{0}, f.Smooth[:1], func(d Distribution, x *g.Node) *g.Node {
		_, ok = d.(T)
		return x
	})
	return ok
}

// breaks are the ends of quadrature and the corners between them, in t.
func (f Family) breaks(p []float64, corners []float64) []float64 {
	out := []float64{f.Lo(p), f.Hi(p)}
	if f.Corners != nil {
		corners = append(slices.Clone(corners), f.Corners(p)...)
	}
	for _, c := range corners {
		if c > out[0] && c < out[1] {
			out = append(out, c)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Expect is E[h(x)] by quadrature or enumeration of the family's own formula; the corners of h
// are among those given.
func (f Family) Expect(p []float64, h func(x float64) float64, corners ...float64) (sum float64) {
	if f.Values != nil {
		for _, x := range f.Values(p) {
			if mass := math.Exp(f.LogProb(x, p)); mass > 0 {
				sum += mass * h(x)
			}
		}
		return sum
	}
	weighted := func(t float64) float64 {
		x, slope := t, 1.
		if f.Warp != nil {
			x, slope = f.Warp(p, t)
		}
		if mass := math.Exp(f.LogProb(x, p)) * slope; mass > 0 {
			return mass * h(x)
		}
		return 0
	}
	ends := f.breaks(p, corners)
	for i := range ends[1:] {
		sum += Integrate(weighted, ends[i], ends[i+1], 64)
	}
	return sum
}
