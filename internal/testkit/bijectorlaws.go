package testkit

import (
	"fmt"
	"math"
	"slices"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// MapErrors are the largest errors that the laws of a map found; 0 where one does not apply.
type MapErrors struct {
	RoundTrip  float64 // |f⁻¹(f(x)) − x|, at most 1e-10 of max(1, |x|)
	InverseDet float64 // |ln|det| forward + back|, at most 1e-10
	LogDet     float64 // |ln|det| − that of the numeric Jacobian|, at most 1e-7
	Parts      float64 // |composite − its parts one by one|, at most 1e-12
	Mass       float64 // |∫ density − 1|, at most 1e-6
	Gradient   float64 // scaled error of a derivative, at most 1e-7
}

// Max returns the larger of each error.
func (e MapErrors) Max(f MapErrors) MapErrors {
	return MapErrors{math.Max(e.RoundTrip, f.RoundTrip), math.Max(e.InverseDet, f.InverseDet), math.Max(e.LogDet, f.LogDet),
		math.Max(e.Parts, f.Parts), math.Max(e.Mass, f.Mass), math.Max(e.Gradient, f.Gradient)}
}

// String prints the errors on one line.
func (e MapErrors) String() string {
	return fmt.Sprintf("round trip %.1e, ln|det| back %.1e, ln|det| %.1e, parts %.1e, mass %.1e, gradient %.1e",
		e.RoundTrip, e.InverseDet, e.LogDet, e.Parts, e.Mass, e.Gradient)
}

// BijectorLaws holds a map to all laws of maps that apply to it, at parameters moved at random:
// the inverse undoes it, with the opposite log-determinant; the log-determinant is that of the
// numeric Jacobian; a composite is its parts; a normal distribution pushed through has mass 1;
// masked dependencies are absent and the others present; derivatives are differences.
func BijectorLaws(t testing.TB, m Map) (worst MapErrors) {
	t.Helper()
	if !m.OneWay {
		worst.RoundTrip, worst.InverseDet = m.RoundTrip(t)
		if m.Size() == 1 && m.Free == nil {
			worst.Mass = m.Mass(t)
		}
	}
	worst.LogDet = m.LogDet(t)
	if m.Parts != nil {
		worst.Parts = m.SumOfParts(t)
	}
	if m.Mask != nil {
		m.Masked(t)
	}
	worst.Gradient = m.Gradient(t, false)
	if !m.OneWay {
		worst.Gradient = math.Max(worst.Gradient, m.Gradient(t, true))
	}
	return worst
}

// RoundTrip holds f⁻¹(f(x)) to x and the sum of both log-determinants to 0.
func (m Map) RoundTrip(t testing.TB) (worst, worstDet float64) {
	t.Helper()
	const b = 20
	x := m.Inputs(2, b)
	out := m.Run(t, m.Params(t), x, func(_ *model.Scope, f Bijector, x *g.Node) []*g.Node {
		y, l := f.Forward(x)
		back, k := f.Inverse(y)
		return []*g.Node{back, l, k}
	})
	for i, v := range x {
		d := scaledError(out[0][i], v)
		worst = math.Max(worst, d)
		if !(d <= 1e-10) {
			t.Errorf("%s: inverse at %d: got %v, want %v", m.Name, i, out[0][i], v)
		}
	}
	l, k := perEvent(out[1], b), perEvent(out[2], b)
	for i := range l {
		d := scaledError(-k[i], l[i])
		worstDet = math.Max(worstDet, d)
		if !(d <= 1e-10) {
			t.Errorf("%s: ln|det| of event %d: got %v forward, %v back", m.Name, i, l[i], k[i])
		}
	}
	return worst, worstDet
}

// LogDet holds ln|det| to that of the numeric Jacobian at four points.
func (m Map) LogDet(t testing.TB) (worst float64) {
	t.Helper()
	p := m.Params(t)
	for seed := range uint64(4) {
		x := m.Inputs(10+seed, 1)
		l := perEvent(m.Run(t, p, x, forward)[1], 1)[0]
		want := logVolume(m.Jacobian(t, p, x))
		worst = math.Max(worst, math.Abs(l-want))
		Close(t, m.Name+": ln|det|", l, want, 1e-7)
	}
	return worst
}

// SumOfParts holds a composite to its parts, one after the other.
func (m Map) SumOfParts(t testing.TB) (worst float64) {
	t.Helper()
	const b = 4
	sum := func(l *g.Node) *g.Node {
		for l.Rank() > 1 {
			l = g.ReduceSum(l, -1)
		}
		return l
	}
	out := m.Run(t, m.Params(t), m.Inputs(7, b), func(_ *model.Scope, f Bijector, x *g.Node) []*g.Node {
		y, l := f.Forward(x)
		whole, z := sum(l), x
		all := g.ZerosLike(whole)
		for _, part := range m.Parts(f) {
			var d *g.Node
			z, d = part.Forward(z)
			all = g.Add(all, sum(d))
		}
		return []*g.Node{y, z, whole, all}
	})
	for k, what := range []string{"value", "ln|det|"} {
		for i, want := range out[2*k+1] {
			worst = math.Max(worst, scaledError(out[2*k][i], want))
			Close(t, m.Name+": "+what+" of the parts", out[2*k][i], want, 1e-12)
		}
	}
	return worst
}

// Mass integrates the density of y = f(ε), ε ~ N(0, 1), over y for a map of a number: between
// f(−9) and f(9) on panels whose ends are the images of equal steps, so that each sees a smooth
// piece. What lies outside has a mass of 2e-19.
func (m Map) Mass(t testing.TB) (worst float64) {
	t.Helper()
	const panels, reach = 1024, 9.
	p, ends := m.Params(t), make([]float64, panels+1)
	for i := range ends {
		ends[i] = reach * (2*float64(i)/panels - 1)
	}
	var event []int // axes of y
	ends = m.Run(t, p, ends, func(_ *model.Scope, f Bijector, x *g.Node) []*g.Node {
		y, _ := f.Forward(x)
		event = y.Shape().Dimensions[1:]
		return []*g.Node{y}
	})[0]
	nodes, weights := legendre(10)
	var ys, ws []float64
	for i := range panels {
		for k, u := range nodes {
			half := (ends[i+1] - ends[i]) / 2
			ys, ws = append(ys, ends[i]+half*(1+u)), append(ws, math.Abs(half)*weights[k])
		}
	}
	out := m.runAt(t, p, ys, event, func(_ *model.Scope, f Bijector, y *g.Node) []*g.Node {
		x, l := f.Inverse(y)
		return []*g.Node{x, l}
	})
	mass, logs := 0., perEvent(out[1], len(ys))
	for i, x := range out[0] {
		mass += ws[i] * math.Exp(-x*x/2+logs[i]) / math.Sqrt(2*math.Pi)
	}
	if worst = math.Abs(mass - 1); !(worst <= 1e-6) {
		t.Errorf("%s: mass of the density: got %v, want 1 within 1e-6", m.Name, mass)
	}
	return worst
}

// Masked changes one x_j at a time: where Mask says no, y_i keeps its bits; where it says yes,
// it moves for one of three events at least.
func (m Map) Masked(t testing.TB) {
	t.Helper()
	const b = 3
	p, x, n := m.Params(t), m.Inputs(3, b), m.Size()
	before := m.Run(t, p, x, forward)[0]
	for j := range n {
		moved := slices.Clone(x)
		for e := range b {
			moved[e*n+j] += .4 * orElse(m.Spread, 1)
		}
		after := m.Run(t, p, moved, forward)[0]
		for i := range len(before) / b {
			depends := false
			for e := range b {
				k := e*len(before)/b + i
				depends = depends || before[k] != after[k]
			}
			if depends != m.Mask(i, j) {
				t.Errorf("%s: output %d depends on input %d: got %v, want %v", m.Name, i, j, depends, m.Mask(i, j))
			}
		}
	}
}

// Gradient holds derivatives of value and log-determinant by the input and by every parameter
// to differences, forward or back.
func (m Map) Gradient(t testing.TB, inverse bool) float64 {
	t.Helper()
	p := m.Params(t)
	weighted := func(y *g.Node) *g.Node {
		w := g.Cos(g.AddScalar(g.MulScalar(g.IotaFull(y.Graph(), y.Shape()), .7), .2))
		return g.ReduceAllSum(g.Mul(y, w))
	}
	at, shape := m.Inputs(5, 3), m.Shape(3)
	if inverse {
		at = m.Run(t, p, at, func(_ *model.Scope, f Bijector, x *g.Node) []*g.Node {
			y, _ := f.Forward(x)
			shape = y.Shape().Dimensions
			return []*g.Node{y}
		})[0]
	}
	d := CompareGradient(t, p, func(s *model.Scope, _ []*g.Node) []*g.Node {
		f, x := m.Make(s), s.Param("x", func(rng.Key, []int) []float64 { return at }, shape...)
		way := f.Forward
		if inverse {
			way = f.Inverse
		}
		y, l := way(x)
		return []*g.Node{g.Add(weighted(g.Sin(y)), weighted(l))}
	})
	if d.Count == 0 || !(d.Scaled <= 1e-7) {
		t.Errorf("%s: gradient, inverse %v: worst difference %v, want at most 1e-7", m.Name, inverse, d)
	}
	return d.Scaled
}
