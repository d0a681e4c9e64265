package testkit

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// sinh is y = sinh(eᵃ x), number by number, with faults that the laws have to find.
type sinh struct {
	a        *g.Node
	vectors  bool    // one event axis: log-determinants are summed over it
	logDet   float64 // factor of ln|det|
	offset   float64 // added to the inverse
	backward float64 // factor of the inverse's ln|det|
	cut      bool    // the log-determinant carries no gradient
	leak     float64 // y gets this much of the first element of x
}

func (f sinh) sum(l *g.Node) *g.Node {
	if f.vectors {
		return g.ReduceSum(l, -1)
	}
	return l
}

// logSlope is ln dy/dx at u = eᵃ x: a + ln cosh u.
func (f sinh) logSlope(u *g.Node) *g.Node {
	cosh := g.MulScalar(g.Add(g.Exp(u), g.Exp(g.Neg(u))), .5)
	return f.sum(g.Add(g.Log(cosh), f.a))
}

func (f sinh) Forward(x *g.Node) (y, logDet *g.Node) {
	u := g.Mul(x, g.Exp(f.a))
	y = g.MulScalar(g.Sub(g.Exp(u), g.Exp(g.Neg(u))), .5)
	if f.leak != 0 {
		y = g.Add(y, g.MulScalar(g.Slice(x, g.AxisRange(), g.AxisElem(0)), f.leak))
	}
	logDet = g.MulScalar(f.logSlope(u), f.logDet)
	if f.cut {
		logDet = g.StopGradient(logDet)
	}
	return y, logDet
}

func (f sinh) Inverse(y *g.Node) (x, logDet *g.Node) {
	// ln(|y| + √(1 + y²)) with the sign of y: no digits cancel for y below 0.
	u := g.Mul(g.Sign(y), g.Log(g.Add(g.Abs(y), g.Sqrt(g.AddScalar(g.Square(y), 1)))))
	x = g.AddScalar(g.Mul(u, g.Exp(g.Neg(f.a))), f.offset)
	return x, g.MulScalar(f.logSlope(u), -f.backward)
}

// sinhMap makes the map's case; fault changes the right map.
func sinhMap(fault func(f *sinh), dims ...int) Map {
	return Map{Name: "sinh", Dims: dims, Make: func(s *model.Scope) Bijector {
		f := sinh{a: s.Param("a", model.Constant(-.2)), vectors: len(dims) > 0, logDet: 1, backward: 1}
		if fault != nil {
			fault(&f)
		}
		return f
	}}
}

// found returns what failures of a helper say.
func found(t *testing.T, f func(t testing.TB)) string {
	t.Helper()
	s := &scribe{TB: t}
	f(s)
	return s.String()
}

// scribe writes failures down instead of failing the test.
type scribe struct {
	testing.TB
	strings.Builder
}

func (s *scribe) Helper() {}
func (s *scribe) Errorf(format string, args ...any) {
	s.WriteString(fmt.Sprintf(format, args...) + "\n")
}

func TestRightMapsPass(t *testing.T) {
	for _, m := range []Map{sinhMap(nil), sinhMap(nil, 1), sinhMap(nil, 3), sinhMap(nil, 2, 2)} {
		worst := BijectorLaws(t, m)
		if m.Size() == 1 && worst.Mass == 0 {
			t.Error("the mass of a map of a number is not taken")
		}
		if worst.Gradient == 0 || worst.LogDet == 0 || worst.RoundTrip > 1e-12 {
			t.Errorf("errors: got %v, want the rounding of each", worst)
		}
	}
	diagonal := sinhMap(nil, 3)
	diagonal.Mask = func(i, j int) bool { return i == j }
	BijectorLaws(t, diagonal)
}

// TestWrongMapsAreFound: each fault is seen by the law that it breaks.
func TestWrongMapsAreFound(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault func(f *sinh)
		say   []string // what has to be said
	}{
		{"log-determinant 1 % off", func(f *sinh) { f.logDet = 1.01 }, []string{"sinh: ln|det|: got", "ln|det| of event"}},
		{"inverse 1e-8 off", func(f *sinh) { f.offset = 1e-8 }, []string{"inverse at"}},
		{"inverse without log-determinant", func(f *sinh) { f.backward = 0 }, []string{"mass of the density", "back"}},
		{"inverse's log-determinant of the wrong sign", func(f *sinh) { f.backward = -1 }, []string{"mass of the density", "back"}},
		{"log-determinant without gradient", func(f *sinh) { f.cut = true }, []string{"gradient, inverse false"}},
		{"inverse that shifts the density", func(f *sinh) { f.offset, f.backward = .01, 1.0001 }, []string{"mass of the density", "inverse at"}},
	} {
		got := found(t, func(t testing.TB) { BijectorLaws(t, sinhMap(c.fault)) })
		for _, say := range c.say {
			if !strings.Contains(got, say) {
				t.Errorf("%s: failures: got %q, want one with %q", c.name, got, say)
			}
		}
	}
}

// TestWrongMasksAreFound: an output that sees a forbidden input, and one that does not see one
// it may.
func TestWrongMasksAreFound(t *testing.T) {
	leaky := sinhMap(func(f *sinh) { f.leak = 1e-9 }, 3)
	leaky.OneWay, leaky.Mask = true, func(i, j int) bool { return i == j }
	got := found(t, func(t testing.TB) { leaky.Masked(t) })
	if !strings.Contains(got, "output 2 depends on input 0: got true") {
		t.Errorf("a leak of 1e-9: failures: got %q", got)
	}
	deaf := sinhMap(nil, 3)
	deaf.Mask = func(i, j int) bool { return j <= i }
	got = found(t, func(t testing.TB) { deaf.Masked(t) })
	if strings.Count(got, "got false, want true") != 3 {
		t.Errorf("three missing dependencies: failures: got %q", got)
	}
}

// TestCompositesAreComparedWithTheirParts: a part that is left out, and a log-determinant that
// is counted twice.
func TestCompositesAreComparedWithTheirParts(t *testing.T) {
	pair := func(parts int, factor float64) Map {
		m := Map{Name: "pair", Dims: []int{2}, Spread: .3}
		m.Make = func(s *model.Scope) Bijector {
			f := sinh{a: s.Param("a", model.Constant(-.2)), vectors: true, logDet: 1, backward: 1}
			return twice{f, factor}
		}
		m.Parts = func(f Bijector) []Bijector { return []Bijector{f.(twice).of, f.(twice).of, f.(twice).of}[:parts] }
		return m
	}
	if got := found(t, func(t testing.TB) { BijectorLaws(t, pair(2, 1)) }); got != "" {
		t.Errorf("a right pair: failures: got %q", got)
	}
	for _, m := range []Map{pair(1, 1), pair(3, 1), pair(2, 2)} {
		if got := found(t, func(t testing.TB) { m.SumOfParts(t) }); !strings.Contains(got, "of the parts") {
			t.Errorf("a wrong pair: failures: got %q", got)
		}
	}
}

// twice is f(f(x)) with the first log-determinant multiplied.
type twice struct {
	of     sinh
	factor float64
}

func (f twice) Forward(x *g.Node) (y, logDet *g.Node) {
	y, a := f.of.Forward(x)
	y, b := f.of.Forward(y)
	return y, g.Add(g.MulScalar(a, f.factor), b)
}

func (f twice) Inverse(y *g.Node) (x, logDet *g.Node) {
	x, a := f.of.Inverse(y)
	x, b := f.of.Inverse(x)
	return x, g.Add(g.MulScalar(b, f.factor), a)
}

// TestJacobianOfAKnownMap: ∂ sinh(eᵃx)/∂x = eᵃ cosh(eᵃx) on the diagonal, and a volume of fewer
// outputs than inputs is that of the Gram matrix.
func TestJacobianOfAKnownMap(t *testing.T) {
	m := sinhMap(nil, 3)
	p := Params(t, dtypes.Float64)
	m.Run(t, p, nil, forward)
	x := []float64{-1.2, .3, .9}
	jac, scale, volume := m.Jacobian(t, p, x), math.Exp(-.2), 0.
	for i := range x {
		for j := range x {
			want := 0.
			if i == j {
				want = scale * math.Cosh(scale*x[i])
				volume += math.Log(want)
			}
			Close(t, "∂y/∂x", jac.At(i, j), want, 1e-10)
		}
	}
	Close(t, "volume", logVolume(jac), volume, 1e-10)
	m.Free = func(i int) bool { return i < 2 }
	if r, c := m.Jacobian(t, p, x).Dims(); r != 2 || c != 3 {
		t.Errorf("free rows: got %d×%d, want 2×3", r, c)
	}
	if e := (MapErrors{Mass: 1}).Max(MapErrors{Mass: 2, LogDet: 3}); e.Mass != 2 || e.LogDet != 3 || !strings.Contains(e.String(), "mass 2.0e+00") {
		t.Errorf("larger errors: got %v", e)
	}
}
