package dist_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/dist"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// family is a distribution of numbers with formulas of its own, in plain Go. Every test of this
// package that ranges over families needs what stands before the blank line; the rest is for
// families that differ from the usual.
type family struct {
	name    string // the type's name, perhaps with words after it
	make    func(p []*g.Node) dist.Distribution
	logProb func(x float64, p []float64) float64
	params  [][]float64                          // for value tests, with tails
	smooth  [][]float64                          // for gradients, moments and draws
	at      func(p []float64, z float64) float64 // the datum z = −40 … 40 scales from the centre
	datum   func(p []float64, i int) float64     // the datum of the i-th smooth row for gradients
	cdf     func(x float64, p []float64) float64 // nil for discrete families
	lo, hi  func(p []float64) float64            // ends of quadrature, in t where there is a warp
	values  func(p []float64) []float64          // of a discrete family in order, all but 1e-15 of its mass

	xs        func(p []float64) []float64                     // data of value tests in place of at or values
	warp      func(p []float64, t float64) (x, slope float64) // x(t) and dx/dt for quadrature
	corners   func(p []float64) []float64                     // where the density has corners
	outside   func(p []float64) []float64                     // data of probability 0
	fixedX    bool                                            // no derivative by x
	implicit  bool                                            // draws jump as parameters move: no differences of them
	mean      func(p []float64) float64                       // in place of quadrature
	variance  func(p []float64) float64                       // in place of quadrature
	noMoments bool                                            // mean and variance are infinite or NaN
	circular  bool                                            // mean and variance are those of the direction
	momentsAt [][]float64                                     // rows for moments in place of smooth
	tol       tolerances
}

// tolerances take the place of 1e-12, 1e-9 and 1e-11 where they are not 0.
type tolerances struct{ formula, moments, entropy float64 }

// families are all distributions of numbers; test files append theirs in init.
var families []family

// elsewhere names types and, as "Q ‖ P", pairs with a KL that other tables of this package test.
var elsewhere []string

// named returns the family of a name.
func named(name string) family {
	for _, f := range families {
		if f.name == name {
			return f
		}
	}
	panic("no family " + name)
}

// or returns v unless it is 0.
func or(v, otherwise float64) float64 {
	if v == 0 {
		return otherwise
	}
	return v
}

// points lists data with their parameters, 20 or more a family.
func (f family) points() (xs []float64, params [][]float64) {
	for _, p := range f.params {
		var data []float64
		switch {
		case f.xs != nil:
			data = f.xs(p)
		case f.values != nil:
			data = f.values(p)
		default:
			for _, z := range []float64{-40, -8, -1, 0, .5, 3, 40} {
				data = append(data, f.at(p, z))
			}
		}
		for _, x := range data {
			xs, params = append(xs, x), append(params, p)
		}
	}
	return xs, params
}

// columns are the parameters of rows as tensors.
func columns(rows [][]float64) []*tensors.Tensor {
	var out []*tensors.Tensor
	for j := range rows[0] {
		column := make([]float64, len(rows))
		for i, p := range rows {
			column[i] = p[j]
		}
		out = append(out, tk.Vector(column...))
	}
	return out
}

// evaluate computes fn at data and parameters.
func (f family) evaluate(t *testing.T, xs []float64, params [][]float64, fn func(d dist.Distribution, x *g.Node) *g.Node) []float64 {
	t.Helper()
	in := append([]*tensors.Tensor{tk.Vector(xs...)}, columns(params)...)
	return tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
		// An output that is itself an input needs an operation of its own.
		return []*g.Node{g.Neg(g.Neg(fn(f.make(in[1:]), in[0])))}
	}, in...)[0]
}

func logProbOf(d dist.Distribution, x *g.Node) *g.Node  { return d.LogProb(x) }
func meanOf(d dist.Distribution, _ *g.Node) *g.Node     { return d.Mean() }
func varianceOf(d dist.Distribution, _ *g.Node) *g.Node { return d.Variance() }
func entropyOf(d dist.Distribution, _ *g.Node) *g.Node  { return d.(dist.Entropic).Entropy() }
func cdfOf(d dist.Distribution, x *g.Node) *g.Node      { return d.(dist.Cumulative).CDF(x) }

// has tells whether the family's distribution is a T.
func has[T any](t *testing.T, f family) (ok bool) {
	t.Helper()
	f.evaluate(t, []float64{0}, f.smooth[:1], func(d dist.Distribution, x *g.Node) *g.Node {
		_, ok = d.(T)
		return x
	})
	return ok
}

func TestLogProbFollowsTheFormula(t *testing.T) {
	for _, f := range families {
		xs, params := f.points()
		if len(xs) < 20 {
			t.Errorf("%s: got %d points, want at least 20", f.name, len(xs))
		}
		got := f.evaluate(t, xs, params, logProbOf)
		for i, x := range xs {
			want := f.logProb(x, params[i])
			tol := or(f.tol.formula, 1e-12) // relative to max(1, |ln p|): a sum of terms of order 1 has no more
			if math.Abs(want) > 50 {
				tol = 1e-9
			}
			if got[i] != want && !(math.Abs(got[i]-want) <= tol*math.Max(1, math.Abs(want))) {
				t.Errorf("%s%v: ln p(%v): got %v, want %v", f.name, params[i], x, got[i], want)
			}
		}
	}
}

// TestLogProbOutsideTheSupport is −∞ with derivatives of 0.
func TestLogProbOutsideTheSupport(t *testing.T) {
	for _, f := range families {
		if f.outside == nil {
			continue
		}
		for _, p := range f.smooth {
			xs := f.outside(p)
			rows := make([][]float64, len(xs))
			for i := range rows {
				rows[i] = p
			}
			out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
				y := f.make(in[1:]).LogProb(in[0])
				return append([]*g.Node{y}, g.Gradient(g.ReduceAllSum(y), in...)...)
			}, append([]*tensors.Tensor{tk.Vector(xs...)}, columns(rows)...)...)
			for i, x := range xs {
				if !math.IsInf(out[0][i], -1) {
					t.Errorf("%s%v: ln p(%v): got %v, want −∞", f.name, p, x, out[0][i])
				}
				for j, d := range out[1:] {
					if math.IsNaN(d[i]) {
						t.Errorf("%s%v: derivative %d of ln p(%v) is NaN", f.name, p, j, x)
					}
				}
			}
		}
	}
}

// quantity is a figure of a distribution whose gradient is tested.
type quantity struct {
	name string
	of   func(s *model.Scope, d dist.Distribution, x *g.Node) *g.Node
}

// quantities lists what the family has a gradient of.
func (f family) quantities(t *testing.T) []quantity {
	out := []quantity{{"LogProb", func(_ *model.Scope, d dist.Distribution, x *g.Node) *g.Node { return d.LogProb(x) }}}
	if !f.noMoments {
		out = append(out,
			quantity{"Mean", func(_ *model.Scope, d dist.Distribution, _ *g.Node) *g.Node { return d.Mean() }},
			quantity{"Variance", func(_ *model.Scope, d dist.Distribution, _ *g.Node) *g.Node { return d.Variance() }})
	}
	if has[dist.Entropic](t, f) {
		out = append(out, quantity{"Entropy", func(_ *model.Scope, d dist.Distribution, x *g.Node) *g.Node { return entropyOf(d, x) }})
	}
	if has[dist.Cumulative](t, f) && !f.fixedX {
		out = append(out, quantity{"CDF", func(_ *model.Scope, d dist.Distribution, x *g.Node) *g.Node { return cdfOf(d, x) }})
	}
	if has[dist.Reparameterized](t, f) && !f.implicit {
		out = append(out, quantity{"Rsample", func(s *model.Scope, d dist.Distribution, _ *g.Node) *g.Node {
			return g.Sin(d.(dist.Reparameterized).Rsample(s, "z", 3))
		}})
	}
	return out
}

func TestGradientsMatchDifferences(t *testing.T) {
	worst := 0.
	for _, f := range families {
		for _, q := range f.quantities(t) {
			p := tk.Params(t, dtypes.Float64)
			loss := func(s *model.Scope, _ []*g.Node) []*g.Node {
				d, x := f.make(f.trainable(s, f.smooth)), f.data(s)
				y := q.of(s, d, x)
				return []*g.Node{g.ReduceAllSum(g.Mul(y, g.Cos(g.Iota(s.Graph(), y.Shape(), -1))))}
			}
			d := tk.GradientWithin(t, 1e-7, p, loss)
			if t.Failed() {
				t.Fatalf("%s.%s", f.name, q.name)
			}
			worst = math.Max(worst, d.Scaled)
		}
	}
	t.Logf("worst scaled difference %.1e", worst)
}

// trainable makes the parameters of rows trainable.
func (f family) trainable(s *model.Scope, rows [][]float64) []*g.Node {
	out := make([]*g.Node, len(rows[0]))
	for j := range out {
		out[j] = s.Param(fmt.Sprintf("p%d", j), func(_ key, dims []int) []float64 {
			column := make([]float64, dims[0])
			for i := range column {
				column[i] = rows[i][j]
			}
			return column
		}, len(rows))
	}
	return out
}

// data are x inside the support and away from corners.
func (f family) data(s *model.Scope) *g.Node {
	init := func(_ key, dims []int) []float64 {
		out := make([]float64, dims[0])
		for i := range out {
			out[i] = f.datum(f.smooth[i], i)
		}
		return out
	}
	if f.fixedX || f.values != nil {
		return s.State("x", init, len(f.smooth))
	}
	return s.Param("x", init, len(f.smooth))
}

// breaks are the ends of quadrature and the corners between them, in t.
func (f family) breaks(p []float64, more ...float64) []float64 {
	out := []float64{f.lo(p), f.hi(p)}
	inside := slices.Clone(more)
	if f.corners != nil {
		inside = append(inside, f.corners(p)...)
	}
	for _, c := range inside {
		if c > out[0] && c < out[1] {
			out = append(out, c)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// expect is E[h(x)] by quadrature or enumeration of the family's own formula; the corners of h
// are among those given.
func (f family) expect(p []float64, h func(x float64) float64, corners ...float64) float64 {
	sum := 0.
	if f.values != nil {
		for _, x := range f.values(p) {
			if mass := math.Exp(f.logProb(x, p)); mass > 0 {
				sum += mass * h(x)
			}
		}
		return sum
	}
	weighted := func(t float64) float64 {
		x, slope := t, 1.
		if f.warp != nil {
			x, slope = f.warp(p, t)
		}
		if mass := math.Exp(f.logProb(x, p)) * slope; mass > 0 {
			return mass * h(x)
		}
		return 0
	}
	ends := f.breaks(p, corners...)
	for i := range ends[1:] {
		sum += tk.Integrate(weighted, ends[i], ends[i+1], 64)
	}
	return sum
}

// typeName is the first word of the family's name.
func (f family) typeName() string { return strings.Fields(f.name)[0] }
