package bij_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/mat"

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

func TestInverseUndoesForward(t *testing.T) {
	const b = 20
	worst, worstDet := 0., 0.
	for _, e := range table {
		if e.mute {
			continue
		}
		x := e.inputs(2, b)
		out := e.run(t, e.params(t), x, both)
		for i, v := range x {
			d := math.Abs(out[2][i]-v) / math.Max(1, math.Abs(v))
			worst = math.Max(worst, d)
			if !(d <= 1e-10) {
				t.Errorf("%s: inverse at %d: got %v, want %v", e.name, i, out[2][i], v)
			}
		}
		l, m := total(out[1], b), total(out[3], b)
		for i := range l {
			d := math.Abs(l[i]+m[i]) / math.Max(1, math.Abs(l[i]))
			worstDet = math.Max(worstDet, d)
			if !(d <= 1e-10) {
				t.Errorf("%s: ln|det| of event %d: got %v forward, %v back", e.name, i, l[i], m[i])
			}
		}
	}
	t.Logf("worst round trip %.1e, worst sum of log-determinants %.1e", worst, worstDet)
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

// jacobian returns ∂y/∂x by central differences of fourth order with a step h, whose error is
// h⁴ + ε/h, some 1e-12 for numbers of order one.
func (e entry) jacobian(t *testing.T, p *model.Params, x []float64) *mat.Dense {
	t.Helper()
	const h = 1e-3
	n := len(x)
	steps, weights := []float64{-2, -1, 1, 2}, []float64{1. / 12, -8. / 12, 8. / 12, -1. / 12}
	var batch []float64
	for j := range n {
		for _, s := range steps {
			moved := slices.Clone(x)
			moved[j] += s * h
			batch = append(batch, moved...)
		}
	}
	y := e.run(t, p, batch, func(_ *model.Scope, f bij.Bijector, x *g.Node) []*g.Node {
		y, _ := f.Forward(x)
		return []*g.Node{y}
	})[0]
	m := len(y) / (4 * n)
	var rows []int
	for i := range m {
		if e.free == nil || e.free(i) {
			rows = append(rows, i)
		}
	}
	jac := mat.NewDense(len(rows), n, nil)
	for j := range n {
		for k, w := range weights {
			for r, i := range rows {
				jac.Set(r, j, jac.At(r, j)+w*y[(4*j+k)*m+i]/h)
			}
		}
	}
	return jac
}

// logVolume is ½ ln det(JᵀJ), which for square J is ln|det J|.
func logVolume(j *mat.Dense) float64 {
	if r, c := j.Dims(); r == c {
		l, _ := mat.LogDet(j)
		return l
	}
	var gram mat.Dense
	gram.Mul(j.T(), j)
	l, _ := mat.LogDet(&gram)
	return l / 2
}

func TestLogDetIsThatOfTheJacobian(t *testing.T) {
	worst := 0.
	for _, e := range table {
		p := e.params(t)
		for seed := range uint64(4) {
			x := e.inputs(10+seed, 1)
			l := total(e.run(t, p, x, func(_ *model.Scope, f bij.Bijector, x *g.Node) []*g.Node {
				_, l := f.Forward(x)
				return []*g.Node{l}
			})[0], 1)[0]
			want := logVolume(e.jacobian(t, p, x))
			worst = math.Max(worst, math.Abs(l-want))
			tk.Close(t, e.name+" ln|det|", l, want, 1e-7)
		}
	}
	t.Logf("worst log-determinant off by %.1e", worst)
}

// TestGradientsMatchDifferences: by the input and by every parameter, forward and back.
func TestGradientsMatchDifferences(t *testing.T) {
	worst := tk.Difference{}
	for _, e := range table {
		for _, inverse := range []bool{false, true} {
			if inverse && e.mute {
				continue
			}
			p := e.params(t)
			weighted := func(y *g.Node) *g.Node {
				w := g.Cos(g.AddScalar(g.MulScalar(g.IotaFull(y.Graph(), y.Shape()), .7), .2))
				return g.ReduceAllSum(g.Mul(y, w))
			}
			at, shape := e.inputs(5, 3), e.shape(3)
			if inverse {
				at = e.run(t, p, at, func(_ *model.Scope, f bij.Bijector, x *g.Node) []*g.Node {
					y, _ := f.Forward(x)
					shape = y.Shape().Dimensions
					return []*g.Node{y}
				})[0]
			}
			d := tk.GradientWithin(t, 1e-7, p, func(s *model.Scope, _ []*g.Node) []*g.Node {
				f, x := e.make(s), s.Param("x", func(rng.Key, []int) []float64 { return at }, shape...)
				if inverse {
					f = bij.Invert{Of: f}
				}
				y, l := f.Forward(x)
				return []*g.Node{g.Add(weighted(g.Sin(y)), weighted(l))}
			})
			if t.Failed() {
				t.Fatalf("%s, inverse %v: %v", e.name, inverse, d)
			}
			if d.Scaled > worst.Scaled {
				worst = d
			}
		}
	}
	t.Logf("worst %v", worst)
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
