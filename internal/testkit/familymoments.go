package testkit

import (
	"fmt"
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"
)

// moments are mean and variance by the family's own formulas or by quadrature.
func (f Family) moments(p []float64) (mean, variance float64) {
	if f.Mean != nil {
		mean = f.Mean(p)
	} else {
		mean = f.Expect(p, func(x float64) float64 { return x })
	}
	if f.Variance != nil {
		return mean, f.Variance(p)
	}
	return mean, f.Expect(p, func(x float64) float64 { return (x - mean) * (x - mean) })
}

// MomentsLaw holds the formula's mass to 1, mean and variance to quadrature, and those of 10,000
// draws to both; right draws fail with probability 6e-7 a moment.
func (f Family) MomentsLaw(t testing.TB) {
	t.Helper()
	rows, tol := f.Smooth, orElse(f.Moment, 1e-9)
	if f.MomentsAt != nil {
		rows = f.MomentsAt
	}
	one := make([]float64, len(rows))
	means := f.Evaluate(t, one, rows, func(d Distribution, _ *g.Node) *g.Node { return d.Mean() })
	variances := f.Evaluate(t, one, rows, func(d Distribution, _ *g.Node) *g.Node { return d.Variance() })
	for i, p := range rows {
		name := fmt.Sprint(f.Name, p)
		Close(t, name+" total", f.Expect(p, func(float64) float64 { return 1 }), 1, 1e-11)
		mean, variance := f.moments(p)
		if f.NoMoments {
			Same(t, name+" mean", means[i], mean)
			Same(t, name+" variance", variances[i], variance)
			continue
		}
		Close(t, name+" mean", means[i], mean, tol)
		if !(math.Abs(variances[i]-variance) <= tol*math.Max(variance, 1e-2)) {
			t.Errorf("%s: variance: got %v, want %v", name, variances[i], variance)
		}
		xs := f.Draws(t, p, 10000, uint64(40+i))
		MeanWithin(t, name, xs, means[i], 5)
		for k, x := range xs {
			xs[k] = (x - mean) * (x - mean)
		}
		MeanWithin(t, name+" variance", xs, variances[i], 5)
	}
}

// Same fails the test unless two values are equal or both NaN.
func Same(t testing.TB, name string, got, want float64) {
	t.Helper()
	if got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
		t.Errorf("%s: got %v, want %v", name, got, want)
	}
}

// EntropyLaw holds the entropy, if there is one, to quadrature.
func (f Family) EntropyLaw(t testing.TB) {
	t.Helper()
	if !can[Entropic](t, f) {
		return
	}
	got := f.Evaluate(t, make([]float64, len(f.Smooth)), f.Smooth, func(d Distribution, _ *g.Node) *g.Node {
		return d.(Entropic).Entropy()
	})
	for i, p := range f.Smooth {
		want := f.Expect(p, func(x float64) float64 { return -f.LogProb(x, p) })
		Close(t, fmt.Sprint(f.Name, p, " entropy"), got[i], want, orElse(f.Surprise, 1e-11))
	}
}

// CDFLaw holds the distribution function, if there is one, to the formula at the data of the
// value tests.
func (f Family) CDFLaw(t testing.TB) {
	t.Helper()
	if f.CDF == nil || !can[Cumulative](t, f) {
		return
	}
	xs, rows := f.Data()
	got := f.Evaluate(t, xs, rows, func(d Distribution, x *g.Node) *g.Node { return d.(Cumulative).CDF(x) })
	for i, x := range xs {
		Close(t, fmt.Sprint(f.Name, rows[i], " P(X ≤ ", x, ")"), got[i], f.CDF(x, rows[i]), 1e-11)
	}
}

// probe is a function of draws whose expectation has its derivative tested.
type probe struct {
	name string
	of   func(z *g.Node) *g.Node
	h    func(z float64) float64
}

// probes lists what the family has an expectation of: E[z²] can be infinite, or jump with an
// angle.
func (f Family) probes() (out []probe) {
	if !f.NoMoments && !f.Circular {
		out = append(out, probe{"E[z²]", g.Square, func(z float64) float64 { return z * z }})
	}
	out = append(out, probe{"E[sin z]", g.Sin, math.Sin})
	if f.Circular {
		return out
	}
	return append(out, probe{"E[1/(1 + z²)]",
		func(z *g.Node) *g.Node { return g.Reciprocal(g.AddScalar(g.Square(z), 1)) },
		func(z float64) float64 { return 1 / (1 + z*z) }})
}

// PathwiseLaw holds the mean of ∂h(z)/∂p over 20,000 draws z to the derivative of E[h(z)], by
// differences of quadrature; right derivatives fail with probability 6e-5 each. It tells whether
// the family has differentiable draws.
func (f Family) PathwiseLaw(t testing.TB) bool {
	t.Helper()
	if f.Values != nil || f.FixedX || !can[Reparameterized](t, f) {
		return false
	}
	const step = 1e-4
	for _, c := range f.probes() {
		for i, p := range f.Smooth[:min(2, len(f.Smooth))] {
			_, by := f.Slopes(t, p, 20000, uint64(90+i), c.of)
			for j, column := range by {
				at := func(h float64) float64 {
					moved := append([]float64(nil), p...)
					moved[j] += h
					return f.Expect(moved, c.h)
				}
				want := (8*(at(step)-at(-step)) - at(2*step) + at(-2*step)) / (12 * step)
				MeanWithin(t, fmt.Sprintf("%s%v: derivative %d of %s", f.Name, p, j, c.name), column, want, 4)
			}
		}
	}
	return true
}
