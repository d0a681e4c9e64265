package bij_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/bij"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// sensitivities returns |∂out_{i,·}/∂x_j|, n×n, summed over the numbers of an element, of a
// network with random parameters.
func sensitivities(t *testing.T, n int, fn func(s *model.Scope, x *g.Node) *g.Node) [][]float64 {
	t.Helper()
	e := entry{name: "network", x: []int{n}, make: func(s *model.Scope) bij.Bijector {
		fn(s, g.Zeros(s.Graph(), g.Const(s.Graph(), make([]float64, n)).Shape()))
		return bij.Identity{}
	}}
	p := e.params(t)
	out := make([][]float64, n)
	for i := range out {
		out[i] = make([]float64, n)
	}
	x := e.inputs(8, 1)
	for i := range n {
		row := e.run(t, p, x, func(s *model.Scope, _ bij.Bijector, x *g.Node) []*g.Node {
			y := fn(s, x)
			y = g.SliceAxis(y, 1, g.AxisElem(i))
			w := g.AddScalar(g.Cos(g.IotaFull(y.Graph(), y.Shape())), 2)
			return []*g.Node{g.Gradient(g.ReduceAllSum(g.Mul(y, w)), x)[0]}
		})[0]
		for j, v := range row {
			out[i][j] = math.Abs(v)
		}
	}
	return out
}

// TestMADESeesOnlyTheElementsBefore, and all of them.
func TestMADESeesOnlyTheElementsBefore(t *testing.T) {
	for _, hidden := range [][]int{{12}, {11, 13}, {}, {9, 9, 9}} {
		for _, n := range []int{1, 2, 3, 6} {
			for _, context := range []bool{false, true} {
				d := sensitivities(t, n, func(s *model.Scope, x *g.Node) *g.Node {
					net := bij.Net{Hidden: hidden}
					if context {
						net.Context = s.Param("context", model.Gaussian(1), 2)
					}
					return bij.NewMADE(s, n, 2, net).Apply(x)
				})
				for i := range n {
					for j := range n {
						if j >= i && d[i][j] != 0 {
							t.Errorf("hidden %v: outputs of element %d of %d depend on element %d: derivative %v", hidden, i, n, j, d[i][j])
						}
						if j < i && !(d[i][j] > 1e-12) {
							t.Errorf("hidden %v: outputs of element %d of %d do not depend on element %d", hidden, i, n, j)
						}
					}
				}
			}
		}
	}
}

// TestAutoregressiveMapsAreTriangular: element i of the value that one pass gives depends on
// the elements up to i alone, and on all of them.
func TestAutoregressiveMapsAreTriangular(t *testing.T) {
	const n = 4
	for name, fn := range map[string]func(s *model.Scope, x *g.Node) *g.Node{
		"IAF": func(s *model.Scope, x *g.Node) *g.Node {
			y, _ := bij.NewIAF(s, n, small).Forward(x)
			return y
		},
		"IAF back": func(s *model.Scope, x *g.Node) *g.Node {
			y, _ := bij.NewIAF(s, n, small).Inverse(x)
			return y
		},
		"MAF back": func(s *model.Scope, x *g.Node) *g.Node {
			y, _ := bij.NewMAF(s, n, small).Inverse(x)
			return y
		},
		"spline": func(s *model.Scope, x *g.Node) *g.Node {
			y, _ := bij.NewSplineAutoregressive(s, n, bij.SplineLaw{}, small).Forward(x)
			return y
		},
	} {
		d := sensitivities(t, n, func(s *model.Scope, x *g.Node) *g.Node { return g.ExpandAxes(fn(s, x), -1) })
		for i := range n {
			for j := range n {
				if j > i && d[i][j] != 0 {
					t.Errorf("%s: element %d depends on element %d: derivative %v", name, i, j, d[i][j])
				}
				if j <= i && !(d[i][j] > 1e-12) {
					t.Errorf("%s: element %d does not depend on element %d", name, i, j)
				}
			}
		}
	}
}

// TestContextReachesEveryElement: also the first one, which sees no other element.
func TestContextReachesEveryElement(t *testing.T) {
	const n = 3
	e := entry{name: "conditional", x: []int{n}, make: func(s *model.Scope) bij.Bijector { return bij.NewIAF(s, n, given(s)) }}
	p := e.params(t)
	out := e.run(t, p, e.inputs(1, 1), func(s *model.Scope, f bij.Bijector, x *g.Node) []*g.Node {
		c := s.Param("context", model.Gaussian(1), 2)
		y, _ := f.Forward(x)
		var grads []*g.Node
		for i := range n {
			grads = append(grads, g.Gradient(g.ReduceAllSum(g.SliceAxis(y, 1, g.AxisElem(i))), c)[0])
		}
		return grads
	})
	for i, d := range out {
		for j, v := range d {
			if !(math.Abs(v) > 1e-6) {
				t.Errorf("element %d does not depend on number %d of the context: derivative %v", i, j, v)
			}
		}
	}
}

// TestRowsOfAContextBelongToTheirData: a flow with a context of B rows is, for each datum, the
// flow with that row as its context, also for several draws of each.
func TestRowsOfAContextBelongToTheirData(t *testing.T) {
	const n, b, m = 3, 4, 2
	makers := map[string]func(s *model.Scope, c *g.Node) bij.Bijector{
		"IAF": func(s *model.Scope, c *g.Node) bij.Bijector {
			return bij.NewIAF(s, n, bij.Net{Hidden: []int{5}, Context: c})
		},
		"spline coupling": func(s *model.Scope, c *g.Node) bij.Bijector {
			return bij.NewSplineCoupling(s, n, false, bij.SplineLaw{}, bij.Net{Context: c})
		},
		"planar": func(s *model.Scope, c *g.Node) bij.Bijector {
			return bij.NewAmortizedPlanar(s, n, 2, repeat(c, bij.PlanarSize(n, 2)))
		},
		"radial": func(s *model.Scope, c *g.Node) bij.Bijector {
			return bij.NewAmortizedRadial(s, n, 2, repeat(c, bij.RadialSize(n, 2)))
		},
		"orthogonal Sylvester": func(s *model.Scope, c *g.Node) bij.Bijector {
			return bij.NewOrthogonalSylvester(s, n, 2, 2, repeat(c, bij.SylvesterSize(2, 2, 2*n)))
		},
		"Householder Sylvester": func(s *model.Scope, c *g.Node) bij.Bijector {
			return bij.NewHouseholderSylvester(s, n, 2, 2, repeat(c, bij.SylvesterSize(n, 2, 2*n)))
		},
		"triangular Sylvester": func(s *model.Scope, c *g.Node) bij.Bijector {
			return bij.NewTriangularSylvester(s, n, 2, repeat(c, bij.SylvesterSize(n, 2, 0)))
		},
	}
	x, c := make([]float64, m*b*n), make([]float64, b*2)
	rng.New(1).NormalFloat64(x)
	rng.New(2).NormalFloat64(c)
	for name, make := range makers {
		e := entry{name: name, x: []int{n}, make: func(s *model.Scope) bij.Bijector {
			return make(s, g.Const(s.Graph(), [][]float64{c[:2]}))
		}}
		p := e.params(t)
		forward := func(c []float64, rows, draws int, x []float64) [][]float64 {
			program := model.NewProgram(p, name, func(s *model.Scope, in []*g.Node) []*g.Node {
				y, l := make(s, in[1]).Forward(in[0])
				return []*g.Node{y, l}
			})
			return tk.Values(t, program, rng.New(1), tk.Matrix(x, draws, rows, n), tk.Matrix(c, rows, 2))
		}
		all := forward(c, b, m, x)
		for d := range m {
			for i := range b {
				at := d*b + i
				one := forward(c[2*i:2*i+2], 1, 1, x[at*n:at*n+n])
				tk.Close(t, name+": ln|det|", one[1][0], all[1][at], 1e-12)
				for j := range n {
					tk.Close(t, name, one[0][j], all[0][at*n+j], 1e-12)
				}
			}
		}
	}
}

// repeat makes P different numbers of the two of every row.
func repeat(c *g.Node, p int) *g.Node {
	grid := make([][]float64, 2)
	for i := range grid {
		grid[i] = make([]float64, p)
		for j := range grid[i] {
			grid[i][j] = math.Sin(float64(3*i + 7*j + 1))
		}
	}
	return g.Dot(c, g.Const(c.Graph(), grid)).Product()
}

func TestEmittedParametersOfTheWrongSizeAreAnError(t *testing.T) {
	program := model.NewProgram(tk.Params(t, dtypes.Float64), "planar", func(s *model.Scope, in []*g.Node) []*g.Node {
		_, l := bij.NewAmortizedPlanar(s, 2, 3, in[0]).Forward(in[0])
		return []*g.Node{l}
	})
	if _, err := program.Values(rng.New(1), tk.Matrix([]float64{1, 2}, 1, 2)); err == nil {
		t.Error("two emitted numbers for 15 parameters: got no error")
	} else {
		t.Log(err)
	}
}
