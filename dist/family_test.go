package dist_test

import (
	"math"
	"strings"
	"testing"

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

// at40 lists data of the value tests for parameters: those given, all values, or places up to 40
// scales from the centre.
func (f family) at40(p []float64) (data []float64) {
	switch {
	case f.xs != nil:
		return f.xs(p)
	case f.values != nil:
		return f.values(p)
	}
	for _, z := range []float64{-40, -8, -1, 0, .5, 3, 40} {
		data = append(data, f.at(p, z))
	}
	return data
}

// law is the family for the laws of the test kit.
func (f family) law() tk.Family {
	return tk.Family{
		Name: f.name, Make: func(p []*g.Node) tk.Distribution { return f.make(p) }, LogProb: f.logProb,
		Rows: f.params, Smooth: f.smooth, Points: f.at40, Datum: f.datum, CDF: f.cdf, Lo: f.lo, Hi: f.hi,
		Values: f.values, Warp: f.warp, Corners: f.corners, Outside: f.outside, FixedX: f.fixedX,
		Implicit: f.implicit, Mean: f.mean, Variance: f.variance, NoMoments: f.noMoments,
		Circular: f.circular, MomentsAt: f.momentsAt,
		Formula: f.tol.formula, Moment: f.tol.moments, Surprise: f.tol.entropy,
	}
}

// points lists data with their parameters, 20 or more a family.
func (f family) points() (xs []float64, params [][]float64) { return f.law().Data() }

// columns are the parameters of rows as tensors.
func columns(rows [][]float64) []*tensors.Tensor { return tk.Columns(rows) }

// evaluate computes fn at data and parameters.
func (f family) evaluate(t *testing.T, xs []float64, params [][]float64, fn func(d dist.Distribution, x *g.Node) *g.Node) []float64 {
	t.Helper()
	return f.law().Evaluate(t, xs, params, func(d tk.Distribution, x *g.Node) *g.Node { return fn(d, x) })
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
		f.law().FollowsFormula(t)
	}
}

// TestLogProbOutsideTheSupport is −∞ with derivatives of 0.
func TestLogProbOutsideTheSupport(t *testing.T) {
	for _, f := range families {
		f.law().VanishesOutside(t)
	}
}

func TestGradientsMatchDifferences(t *testing.T) {
	worst := 0.
	for _, f := range families {
		worst = math.Max(worst, f.law().GradientLaw(t))
		if t.Failed() {
			t.Fatal(f.name)
		}
	}
	t.Logf("worst scaled difference %.1e", worst)
}

// trainable makes the parameters of rows trainable.
func (f family) trainable(s *model.Scope, rows [][]float64) []*g.Node {
	return f.law().Trainable(s, rows)
}

// data are x inside the support and away from corners.
func (f family) data(s *model.Scope) *g.Node { return f.law().DataNode(s) }

// expect is E[h(x)] by quadrature or enumeration of the family's own formula; the corners of h
// are among those given.
func (f family) expect(p []float64, h func(x float64) float64, corners ...float64) float64 {
	return f.law().Expect(p, h, corners...)
}

// typeName is the first word of the family's name.
func (f family) typeName() string { return strings.Fields(f.name)[0] }
