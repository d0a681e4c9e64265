package bij_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/bij"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// both returns y, its log-determinant, the x that comes back and the inverse's.
func both(_ *model.Scope, f bij.Bijector, x *g.Node) []*g.Node {
	y, l := f.Forward(x)
	back, m := f.Inverse(y)
	return []*g.Node{y, l, back, m}
}

// total sums log-determinants of b events over what the event axes lack.
func total(l []float64, b int) []float64 {
	out := make([]float64, b)
	for i, v := range l {
		out[i/(len(l)/b)] += v
	}
	return out
}

// TestMapsObeyTheirLaws: the inverse and its log-determinant, ln|det| against the numeric Jacobian,
// the mass of densities of numbers, and derivatives of both ways.
func TestMapsObeyTheirLaws(t *testing.T) {
	worst := tk.MapErrors{}
	for _, e := range table {
		worst = worst.Max(tk.BijectorLaws(t, e.law()))
		if t.Failed() {
			t.Fatal(e.name)
		}
	}
	t.Log("worst ", worst)
}

func TestMapsWithoutInverseSaySo(t *testing.T) {
	for _, e := range table {
		if !e.mute {
			continue
		}
		program := model.NewProgram(e.params(t), e.name, func(s *model.Scope, in []*g.Node) []*g.Node {
			x, _ := e.make(s).Inverse(in[0])
			return []*g.Node{x}
		})
		if _, err := program.Values(rng.New(1), tk.Matrix(e.inputs(1, 2), e.shape(2)...)); err == nil {
			t.Errorf("%s: got an inverse, want an error", e.name)
		} else {
			t.Log(err)
		}
	}
}

// TestBatchAxesAreIndependent: an event's value does not depend on where in which batch it is.
func TestBatchAxesAreIndependent(t *testing.T) {
	for _, e := range table {
		p, x := e.params(t), e.inputs(3, 6)
		flat := e.run(t, p, x, func(_ *model.Scope, f bij.Bijector, x *g.Node) []*g.Node {
			y, l := f.Forward(x)
			return []*g.Node{y, l}
		})
		rect := e.run(t, p, x, func(_ *model.Scope, f bij.Bijector, x *g.Node) []*g.Node {
			y, l := f.Forward(g.Reshape(x, e.shape(2, 3)...))
			want := f.Event()
			d := e.x
			if want.Dims != nil {
				d = want.Dims(d[len(d)-want.In:])
			}
			if !slices.Equal(y.Shape().Dimensions, append([]int{2, 3}, d...)) && want.In == len(e.x) {
				t.Errorf("%s: shape of y: got %v, want 2, 3, %v", e.name, y.Shape().Dimensions, d)
			}
			if n := 2 + len(e.x) - want.In; l.Rank() != n {
				t.Errorf("%s: ln|det| has shape %v, want %d axes", e.name, l.Shape().Dimensions, n)
			}
			if want.Undo != nil && !slices.Equal(want.Undo(d), e.x) {
				t.Errorf("%s: sizes undone: got %v, want %v", e.name, want.Undo(d), e.x)
			}
			return []*g.Node{y, l}
		})
		for k := range flat {
			for i := range flat[k] {
				tk.Close(t, fmt.Sprint(e.name, " in a rectangle of events"), rect[k][i], flat[k][i], 1e-13)
			}
		}
		one := e.run(t, p, x[:e.size()], func(_ *model.Scope, f bij.Bijector, x *g.Node) []*g.Node {
			y, l := f.Forward(g.Reshape(x, e.x...)) // no batch axes
			return []*g.Node{y, l}
		})
		for k := range one {
			for i := range one[k] {
				tk.Close(t, e.name+" without batch axes", one[k][i], flat[k][i], 1e-13)
			}
		}
	}
}

// TestExtremeInputsStayFinite: values, log-determinants and the gradient of both.
func TestExtremeInputsStayFinite(t *testing.T) {
	for _, e := range table {
		if e.near {
			continue
		}
		p := e.params(t)
		for _, size := range []float64{40, 700} {
			for _, sign := range []float64{-1, 1, 0} { // 0: the signs alternate
				x := make([]float64, e.size())
				for i := range x {
					x[i] = size * sign
					if sign == 0 {
						x[i] = size * float64(1-2*(i%2))
					}
				}
				out := e.run(t, p, x, func(_ *model.Scope, f bij.Bijector, x *g.Node) []*g.Node {
					y, l := f.Forward(x)
					return []*g.Node{y, l, g.Gradient(g.ReduceAllSum(l), x)[0], g.Gradient(g.ReduceAllSum(y), x)[0]}
				})
				for k, what := range []string{"y", "ln|det|", "gradient of ln|det|", "gradient of y"} {
					for _, v := range out[k] {
						if math.IsNaN(v) || math.IsInf(v, 0) {
							t.Errorf("%s: %s at %v: got %v, want a finite number", e.name, what, x, v)
							break
						}
					}
				}
			}
		}
	}
}

// TestFloat32AgreesWithFloat64 to the rounding of some dozens of operations.
func TestFloat32AgreesWithFloat64(t *testing.T) {
	for _, e := range table {
		p, x := e.params(t), e.inputs(4, 5)
		forward := func(_ *model.Scope, f bij.Bijector, x *g.Node) []*g.Node {
			y, l := f.Forward(x)
			return []*g.Node{y, l}
		}
		want := e.run(t, p, x, forward)
		narrow := tk.Params(t, dtypes.Float32)
		program := model.NewProgram(narrow, e.name, func(s *model.Scope, in []*g.Node) []*g.Node {
			out := forward(s, e.make(s), g.ConvertDType(in[0], dtypes.Float32))
			return []*g.Node{g.Neg(out[0]), g.Neg(out[1])}
		})
		in := tk.Matrix(x, e.shape(5)...)
		tk.Values(t, program, rng.New(1), in) // makes the parameters
		tk.Import(t, narrow, tk.Export(t, p)...)
		got := tk.Values(t, program, rng.New(1), in)
		for k := range want {
			for i, w := range want[k] {
				tk.Close(t, e.name+" in float32", -got[k][i], w, 2e-5)
			}
		}
	}
}

func TestNewFlowsAreTheIdentity(t *testing.T) {
	for _, e := range table {
		if !e.zero {
			continue
		}
		x := e.inputs(6, 4)
		out := e.run(t, tk.Params(t, dtypes.Float64), x, func(_ *model.Scope, f bij.Bijector, x *g.Node) []*g.Node {
			y, l := f.Forward(x)
			return []*g.Node{y, l}
		})
		for i, v := range x {
			tk.Close(t, e.name+": new", out[0][i], v, 1e-12)
		}
		for _, l := range total(out[1], 4) {
			tk.Close(t, e.name+": ln|det| of a new", l, 0, 1e-12)
		}
	}
}
