package testkit

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// rounded is a model in which a feature w·x is rounded on its way to (round(w·x) − v)², with the
// straight-through gradient that treats the rounding as a constant that is added.
func rounded(s *model.Scope, x *g.Node) (z, v, loss *g.Node) {
	z = g.Mul(s.In("encoder").Param("w", model.Constant(.7)), x)
	v = s.In("decoder").Param("v", model.Constant(.4))
	q := g.Add(z, g.StopGradient(g.Sub(g.Round(g.StopGradient(z)), z)))
	return z, v, g.ReduceAllSum(g.Square(g.Sub(q, v)))
}

// slopesOf is what the helper says of slopes: failures, and the difference.
func slopesOf(t *testing.T, fn func(s *model.Scope, in []*g.Node) []Slope, in ...float64) (said string, d Difference) {
	t.Helper()
	said = found(t, func(t testing.TB) { d = NewSlopes(Params(t, dtypes.Float64), fn, Vector(in...)).Within(t, 1e-8) })
	return said, d
}

func TestSlopesOfASurrogateAreThoseOfItsConstantsHeld(t *testing.T) {
	for _, c := range []struct {
		name, of string
		held, ok bool
	}{
		{"the decoder has the slope of the loss", "decoder/v", false, true},
		{"the encoder has not", "encoder/w", false, false},
		{"but that of the surrogate", "encoder/w", true, true},
	} {
		said, d := slopesOf(t, func(s *model.Scope, in []*g.Node) []Slope {
			_, _, loss := rounded(s, in[0])
			return []Slope{{Loss: loss, Of: []string{c.of}, Held: c.held}}
		}, 1.1, -2.3)
		if (said == "") != c.ok || d.Count != 1 {
			t.Errorf("%s: got %v and %q", c.name, d, said)
		}
	}
}

// The surrogate of [rounded] in so many words: round(w₀x) − w₀x is .23 and −.39 at x = 1.1 and −2.3.
func TestASlopeMayBeComparedWithAFormula(t *testing.T) {
	for _, off := range []float64{0, 1e-3} {
		said, _ := slopesOf(t, func(s *model.Scope, in []*g.Node) []Slope {
			z, v, loss := rounded(s, in[0])
			rest := g.Const(s.Graph(), []float64{.23 + off, -.39})
			return []Slope{{Loss: loss, Of: []string{"encoder/w", "decoder/v"}, Want: g.ReduceAllSum(g.Square(g.Sub(g.Add(z, rest), v)))}}
		}, 1.1, -2.3)
		if (said == "") != (off == 0) {
			t.Errorf("a constant %v off: got %q", off, said)
		}
	}
}

// Each loss is held for its own parameters alone, and a wrong one is named.
func TestSlopesOfSeveralLossesAreHeldEachForItsOwn(t *testing.T) {
	for factor, want := range map[float64]string{1: "", 1.001: "at decoder/v[0]"} {
		said, d := slopesOf(t, func(s *model.Scope, in []*g.Node) []Slope {
			_, v, loss := rounded(s, in[0])
			u := g.IdentityWithCustomGradient(v, func(_, adjoint *g.Node) *g.Node { return g.MulScalar(adjoint, factor) })
			return []Slope{{Loss: loss, Of: []string{"encoder/w"}, Held: true}, {Loss: g.ReduceAllSum(g.Exp(g.Mul(u, in[0]))), Of: []string{"decoder/v"}}}
		}, .5, 1)
		if (said == "") != (want == "") || !strings.Contains(said, want) || d.Count != 2 {
			t.Errorf("factor %v: got %v and %q, want %q", factor, d, said, want)
		}
	}
}

// A function with a gradient of its own, sin′ := cos + ½ at the point, moves by that in a surrogate, and
// so does one of several numbers that the gradient mixes.
func TestANodeWithAGradientOfItsOwnMovesAlongIt(t *testing.T) {
	fn := func(held bool) func(s *model.Scope, in []*g.Node) []Slope {
		return func(s *model.Scope, in []*g.Node) []Slope {
			z := g.Mul(s.Param("w", model.Constant(.7)), in[0])
			u := g.IdentityWithCustomGradient(z, func(z, v *g.Node) *g.Node {
				return g.Add(g.Mul(v, g.AddScalar(g.Cos(z), .5)), g.Reverse(v, 0))
			})
			out := g.Add(g.StopGradient(g.Sin(z)), g.Sub(u, g.StopGradient(z)))
			return []Slope{{Loss: g.ReduceAllSum(g.Mul(g.Square(out), in[0])), Of: []string{"w"}, Held: held}}
		}
	}
	if said, d := slopesOf(t, fn(true), 1, -2, .3); said != "" || d.Got == 0 {
		t.Errorf("held: got %v and %q", d, said)
	}
	if said, _ := slopesOf(t, fn(false), 1, -2, .3); said == "" {
		t.Error("as it is: no failure")
	}
}

// At w = .7 the rectifier's argument w − c is within a step of 0, and beyond a shorter one: the
// derivative counts, after another look, on either side; one that is wrong fails all the same.
func TestAKinkWithinAStepIsLookedAtAgain(t *testing.T) {
	for _, side := range []float64{-1, 1} {
		for _, wrong := range []float64{0, 1e-7} {
			said, d := slopesOf(t, func(s *model.Scope, in []*g.Node) []Slope {
				w := s.Param("w", model.Constant(.7))
				a := g.AddScalar(w, -.7+side*Step/8)
				u := g.IdentityWithCustomGradient(w, func(_, v *g.Node) *g.Node { return g.MulScalar(v, wrong) })
				return []Slope{{Loss: g.Add(g.Add(g.Max(a, g.ZerosLike(a)), w), g.Sub(u, g.StopGradient(w))), Of: []string{"w"}}}
			}, 1)
			if d.Again != 1 || (said == "") != (wrong == 0) {
				t.Errorf("side %v, wrong by %v: got %v, %d taken again, and %q", side, wrong, d, d.Again, said)
			}
		}
	}
}

// A step of training updates what it keeps; here it does not, and derivatives that are 0 are counted.
func TestSlopesLeaveTheModelAsItIs(t *testing.T) {
	p := Params(t, dtypes.Float64)
	d := NewSlopes(p, func(s *model.Scope, in []*g.Node) []Slope {
		w, unused, mean := s.Param("w", model.Constant(.7)), s.Param("unused", model.Constant(1), 3), s.State("mean", model.Constant(0))
		if s.Training() {
			s.UpdateState("mean", g.AddScalar(mean, 1))
		}
		return []Slope{{Loss: g.Add(g.ReduceAllSum(g.Mul(g.Square(w), in[0])), g.MulScalar(g.ReduceAllSum(unused), 0)), Of: []string{"w", "unused"}}}
	}, Vector(1, 2)).Within(t, 1e-8)
	if d.Count != 4 || d.Flat != 3 || d.Again != 0 {
		t.Errorf("got %d derivatives, of them %d flat and %d taken again, want 4, 3 and 0", d.Count, d.Flat, d.Again)
	}
	for _, a := range Export(t, p) {
		if a.Name == "mean" && a.Data[0] != 0 || a.Name == "w" && a.Data[0] != .7 {
			t.Errorf("%s: got %v, want it as it was", a.Name, a.Data)
		}
	}
}

// Nothing to compare, a loss that its parameters do not move, and a name that is no parameter.
func TestSlopesOfNothingAreFailures(t *testing.T) {
	if said, _ := slopesOf(t, func(s *model.Scope, in []*g.Node) []Slope {
		w := s.Param("w", model.Constant(1))
		return []Slope{{Loss: g.MulScalar(w, 0), Of: []string{"w"}}}
	}, 1); !strings.Contains(said, "all 1 derivatives are 0") {
		t.Errorf("a flat loss: got %q", said)
	}
	if said, _ := slopesOf(t, func(s *model.Scope, in []*g.Node) []Slope {
		s.Param("w", model.Constant(1))
		return []Slope{{Loss: g.ReduceAllSum(in[0])}}
	}, 1); said == "" {
		t.Error("no parameters: no failure")
	}
	prog := still(Params(t, dtypes.Float64), func(s *model.Scope, _ []*g.Node) []*g.Node { return nodesOf(s, []string{"v"}) })
	if _, err := prog.Values(rng.New(1)); err == nil || !strings.Contains(err.Error(), `got the parameter "v"`) {
		t.Errorf("got error %v", err)
	}
}

// Three rectifiers of which most points close some: the one that is taken has all open, is within a few
// deviations of where the parameters were, and leaves the state alone.
func TestSlopesAreMovedToAPointWhereTheyAreNot0(t *testing.T) {
	p := Params(t, dtypes.Float64)
	c := NewSlopes(p, func(s *model.Scope, in []*g.Node) []Slope {
		w := s.Param("w", model.Constant(0), 3)
		s.State("mean", model.Constant(2))
		return []Slope{{Loss: g.ReduceAllSum(g.Mul(g.Max(w, g.ZerosLike(w)), in[0])), Of: []string{"w"}}}
	}, Vector(1, 2, 3))
	c.Move(t, .2, 40)
	for _, a := range Export(t, p) {
		for _, v := range a.Data {
			if a.Trainable && !(v > 0 && v < 1) || !a.Trainable && v != 2 {
				t.Errorf("%s: got %v", a.Name, a.Data)
			}
		}
	}
	if d := c.Within(t, 1e-8); d.Count != 3 || d.Flat != 0 {
		t.Errorf("got %v with %d flat", d, d.Flat)
	}
}

// manyOps is a scalar by many kinds of operations of a 4×4 matrix a, a vector b of 4 and a 2×2 kernel c.
func manyOps(s *model.Scope) *g.Node {
	a, b, c := s.Param("a", model.Gaussian(1), 4, 4), s.Param("b", model.Gaussian(1), 4), s.Param("c", model.Gaussian(1), 2, 2)
	map1 := g.Convolve(g.Reshape(a, 1, 4, 4, 1), g.Reshape(c, 2, 2, 1, 1)).PadSame().Done()
	h := g.Add(g.Reshape(map1, 4, 4), g.ExpandAxes(b, 0))
	h = g.Where(g.GreaterThan(h, g.ZerosLike(h)), h, g.MulScalar(h, .2))
	rows := g.Gather(h, g.Const(s.Graph(), [][]int32{{2}, {0}, {2}}))
	soft := g.Softmax(g.EinsumAxes(rows, a, [][2]int{{1, 0}}, nil), -1)
	top := g.ConvertDType(g.ArgMax(soft, -1), dtypes.Float64)
	both := g.Concatenate([]*g.Node{soft, g.Slice(h, g.AxisRange(0, 3)), g.BroadcastToDims(g.ReduceMax(b), 3, 2)}, 1)
	long := g.CumSum(g.Transpose(both, 0, 1), 0)
	sum := g.ReduceAllMean(g.Sqrt(g.AddScalar(g.Square(g.Tanh(long)), 1)))
	slope := g.Gradient(sum, b)[0]
	return g.Add(g.Add(sum, g.ReduceAllSum(g.Square(slope))), g.ReduceAllSum(g.Mul(g.ExpandAxes(top, -1), g.Reverse(rows, 0))))
}

// TestACopyWithMovedParametersIsTheGraphOfThose: to the bit what the same graph gives after the parameters
// have been set, and where they are not moved what it gives as it is.
func TestACopyWithMovedParametersIsTheGraphOfThose(t *testing.T) {
	p, names := Params(t, dtypes.Float64), []string{"c", "a", "b"}
	plain := model.NewProgram(p, "plain", func(s *model.Scope, _ []*g.Node) []*g.Node { return []*g.Node{manyOps(s)} })
	moved := model.NewProgram(p, "moved", func(s *model.Scope, in []*g.Node) []*g.Node {
		return Slope{Loss: manyOps(s), Of: names}.moved(s, in[0])
	})
	by := make([]float64, 4+16+4)
	before := Values(t, plain, rng.New(1))[0][0]
	if got := Values(t, moved, rng.New(1), Vector(by...))[0][0]; got != before {
		t.Errorf("not moved: got %v, want %v", got, before)
	}
	rng.New(5).NormalFloat64(by)
	got := Values(t, moved, rng.New(1), Vector(by...))[0][0]
	at := map[string]int{"c": 0, "a": 4, "b": 20}
	for _, a := range Export(t, p) {
		for i := range a.Data {
			a.Data[i] += by[at[a.Name]+i]
		}
		Import(t, p, a)
	}
	if want := Values(t, plain, rng.New(1))[0][0]; got != want || got == before {
		t.Errorf("moved: got %v, want %v", got, want)
	}
}

// TestTheLargerOfTwoDifferencesCountsBoth, and one that is no number is the larger.
func TestTheLargerOfTwoDifferencesCountsBoth(t *testing.T) {
	a, b := Difference{Where: "a", Scaled: 2, Count: 3, Again: 1}, Difference{Where: "b", Scaled: 1, Count: 4, Flat: 2}
	none := Difference{Where: "none", Got: math.NaN(), Count: 1}.scaled()
	for _, d := range []Difference{a.Max(b), b.Max(a)} {
		if d.Where != "a" || d.Scaled != 2 || d.Count != 7 || d.Again != 1 || d.Flat != 2 {
			t.Errorf("got %+v", d)
		}
	}
	for _, d := range []Difference{a.Max(none), none.Max(a)} {
		if d.Where != "none" || !math.IsNaN(d.Scaled) || d.Count != 4 {
			t.Errorf("got %+v, want the one that is no number", d)
		}
	}
}

// The surrogate of w·sg(w²) at w = 3 has the slope 9, where the function has 27.
func TestAConstantThatIsHeldIsNoFunctionOfTheParameters(t *testing.T) {
	said, d := slopesOf(t, func(s *model.Scope, in []*g.Node) []Slope {
		w := s.Param("w", model.Constant(3))
		return []Slope{{Loss: g.ReduceAllSum(g.Mul(g.Mul(w, g.StopGradient(g.Square(w))), in[0])), Of: []string{"w"}, Held: true}}
	}, 1)
	if said != "" || d.Got != 9 {
		t.Errorf("got %v and %q, want a slope of 9", d, said)
	}
	Close(t, "difference", d.Want, 9, 1e-8)
}
