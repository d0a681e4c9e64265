package testkit

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// rotation turns the plane by an angle and stretches it: ln|det| = 2s for every vector.
type rotation struct{ angle, logScale *g.Node }

// turn multiplies rows by the matrix of an angle and a factor e^s.
func (f rotation) turn(x *g.Node, sign float64) *g.Node {
	a, b := cells(x)
	c, s := g.Cos(f.angle), g.MulScalar(g.Sin(f.angle), sign)
	first := g.Sub(g.Mul(c, a), g.Mul(s, b))
	second := g.Add(g.Mul(s, a), g.Mul(c, b))
	return g.Mul(g.Concatenate([]*g.Node{first, second}, -1), g.Exp(g.MulScalar(f.logScale, sign)))
}

func (f rotation) logDet(x *g.Node, sign float64) *g.Node {
	zero := g.ReduceSum(g.ZerosLike(x), -1)
	return g.Add(zero, g.MulScalar(f.logScale, 2*sign))
}

func (f rotation) Forward(x *g.Node) (y, logDet *g.Node) { return f.turn(x, 1), f.logDet(x, 1) }
func (f rotation) Inverse(y *g.Node) (x, logDet *g.Node) { return f.turn(y, -1), f.logDet(y, -1) }

// graphOf appends to vectors a last element Σx², which is no coordinate: the volume is that of the
// first ones.
type graphOf struct{ scale *g.Node }

func (f graphOf) Forward(x *g.Node) (y, logDet *g.Node) {
	z := g.Mul(x, g.Exp(f.scale))
	last := g.ReduceAndKeep(g.Square(z), g.ReduceSum, -1)
	n := float64(x.Shape().Dim(-1))
	return g.Concatenate([]*g.Node{z, last}, -1), g.Add(g.ReduceSum(g.ZerosLike(x), -1), g.MulScalar(f.scale, n))
}

func (f graphOf) Inverse(y *g.Node) (x, logDet *g.Node) {
	n := y.Shape().Dim(-1) - 1
	z := g.SliceAxis(y, -1, g.AxisRange(0, n))
	return g.Mul(z, g.Exp(g.Neg(f.scale))), g.Add(g.ReduceSum(g.ZerosLike(z), -1), g.MulScalar(f.scale, -float64(n)))
}

// running is y₀ = x₀, y_i = x_i + a y_{i−1}: outputs depend on all inputs before, ln|det| is 0, and
// there is no Inverse.
type running struct{ a *g.Node }

func (f running) Forward(x *g.Node) (y, logDet *g.Node) {
	n := x.Shape().Dim(-1)
	var parts []*g.Node
	for i := range n {
		v := g.SliceAxis(x, -1, g.AxisRange(i, i+1))
		if i > 0 {
			v = g.Add(v, g.Mul(f.a, parts[i-1]))
		}
		parts = append(parts, v)
	}
	return g.Concatenate(parts, -1), g.ReduceSum(g.ZerosLike(x), -1)
}

func (f running) Inverse(*g.Node) (x, logDet *g.Node) { panic("running: no inverse here") }

// rotationMap, graphMap and runningMap are their cases.
func rotationMap() Map {
	return Map{Name: "rotation", Dims: []int{2}, Make: func(s *model.Scope) Bijector {
		return rotation{s.Param("angle", model.Constant(.4)), s.Param("scale", model.Constant(-.3))}
	}}
}

func graphMap() Map {
	return Map{Name: "graph", Dims: []int{3}, Free: func(i int) bool { return i < 3 }, Make: func(s *model.Scope) Bijector {
		return graphOf{s.Param("scale", model.Constant(.2))}
	}}
}

func runningMap() Map {
	return Map{Name: "running", Dims: []int{4}, OneWay: true, Mask: func(i, j int) bool { return j <= i }, Make: func(s *model.Scope) Bijector {
		return running{s.Param("a", model.Constant(.6))}
	}}
}

func TestKnownMapsPass(t *testing.T) {
	for _, m := range []Map{rotationMap(), graphMap(), runningMap()} {
		worst := BijectorLaws(t, m)
		if worst.LogDet > 1e-9 || worst.Gradient == 0 {
			t.Errorf("%s: errors: got %v", m.Name, worst)
		}
		if m.OneWay && worst.RoundTrip != 0 {
			t.Errorf("%s: got a round trip of %v, want none tried", m.Name, worst.RoundTrip)
		}
	}
}

// TestWrongMarksAreFound: a map with marks that belong to another.
func TestWrongMarksAreFound(t *testing.T) {
	for _, c := range []struct {
		name string
		of   func() Map
		bend func(m *Map)
		say  string
	}{
		{"a rotation that claims to be diagonal", rotationMap, func(m *Map) { m.Mask = func(i, j int) bool { return i == j } }, "output 0 depends on input 1: got true"},
		{"the whole graph as its coordinates", graphMap, func(m *Map) { m.Free = nil }, "ln|det|: got"},
		{"a lag of one as the mask", runningMap, func(m *Map) { m.Mask = func(i, j int) bool { return j == i || j == i-1 } }, "output 2 depends on input 0: got true"},
		{"all of everything as the mask", runningMap, func(m *Map) { m.Mask = func(i, j int) bool { return true } }, "output 0 depends on input 3: got false"},
		{"parts that are another map", rotationMap, func(m *Map) {
			m.Parts = func(f Bijector) []Bijector {
				r := f.(rotation)
				return []Bijector{r, rotation{r.angle, g.ZerosLike(r.logScale)}}
			}
		}, "value of the parts"},
	} {
		m := c.of()
		c.bend(&m)
		if got := found(t, func(t testing.TB) { BijectorLaws(t, m) }); !strings.Contains(got, c.say) {
			t.Errorf("%s: failures: got %q, want one with %q", c.name, got, c.say)
		}
	}
}

// TestMapsWithoutAnInverseStopTheTest where one is asked for.
func TestMapsWithoutAnInverseStopTheTest(t *testing.T) {
	m := runningMap()
	m.OneWay = false
	s, done := &stopper{TB: t}, make(chan bool)
	go func() { defer close(done); BijectorLaws(s, m) }()
	if <-done; !s.fatal {
		t.Error("an inverse that panics: the test goes on")
	}
}

// TestParametersAreMovedAtRandom, the same way every time, and by the deviation asked for.
func TestParametersAreMovedAtRandom(t *testing.T) {
	at := func(move float64) []float64 {
		m := rotationMap()
		m.Move = move
		var out []float64
		for _, a := range Export(t, m.Params(t)) {
			out = append(out, a.Data...)
		}
		return out
	}
	usual, small := at(0), at(.05)
	for i, start := range []float64{.4, -.3} {
		if usual[i] == start || small[i] == start {
			t.Errorf("parameter %d has not moved", i)
		}
		Close(t, "move", small[i]-start, (usual[i]-start)/10, 1e-12)
	}
	if again := at(0); again[0] != usual[0] || again[1] != usual[1] {
		t.Errorf("moved again: got %v, want %v", again, usual)
	}
}

// TestInputsHaveTheirSpreadAndShape: the deviation asked for, within 5 standard errors of 1/√2n, and
// the axes of batch and event.
func TestInputsHaveTheirSpreadAndShape(t *testing.T) {
	for _, spread := range []float64{0, .25, 3} {
		m := Map{Dims: []int{2, 5}, Spread: spread}
		x := m.Inputs(1, 500)
		_, variance, _ := Moments(x)
		want := orElse(spread, 1)
		if ratio := math.Sqrt(variance) / want; len(x) != 5000 || math.Abs(ratio-1) > 5/math.Sqrt(10000) {
			t.Errorf("spread %v: got %d numbers of deviation %v times that", spread, len(x), ratio)
		}
		if d := m.Shape(4, 3); len(d) != 4 || d[0] != 4 || d[3] != 5 || m.Size() != 10 {
			t.Errorf("shape: got %v of %d elements, want 4, 3, 2, 5 of 10", d, m.Size())
		}
	}
	if (Map{}).Size() != 1 {
		t.Error("a map of numbers has events of one element")
	}
	p := Params(t, dtypes.Float64)
	m := rotationMap()
	if three := m.Run(t, p, nil, forward); len(three[0]) != 6 || len(three[1]) != 3 {
		t.Errorf("without data: got %d values and %d log-determinants, want those of 3 events", len(three[0]), len(three[1]))
	}
	if got := perEvent([]float64{1, 2, 3, 4}, 2); got[0] != 3 || got[1] != 7 {
		t.Errorf("log-determinants by event: got %v, want 3 and 7", got)
	}
}
