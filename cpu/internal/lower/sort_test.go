package lower_test

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/lower"
)

// sorted adds a stable Sort of tensors of one shape; order computes the comparator's result from
// its parameters.
func sorted(g *ir.Graph, axis int, order func(c *ir.Graph, p []*ir.Value) *ir.Value, in ...*ir.Value) []*ir.Value {
	c := &ir.Graph{Name: "comparator"}
	var out []shapes.Shape
	for _, v := range in {
		c.Param("left", shapes.Make(v.Shape.DType))
		c.Param("right", shapes.Make(v.Shape.DType))
		out = append(out, v.Shape)
	}
	c.Results = []*ir.Value{order(c, c.Params)}
	return g.Add(compute.OpTypeSort, ir.Sort{Axis: axis, Stable: true, Tensors: len(in), Comparator: c}, in, out...).Out
}

// compared is a comparator: an operation on two of its parameters.
func compared(op ir.Op, i, j int) func(c *ir.Graph, p []*ir.Value) *ir.Value {
	return func(c *ir.Graph, p []*ir.Value) *ir.Value { return node(c, op, nil, boo, nil, p[i], p[j]) }
}

func TestSortsByTheUsualOrderAreKernels(t *testing.T) {
	for _, dt := range []dtypes.DType{f32, f64, i32} {
		for _, axis := range []int{0, 1} {
			g := graph(func(g *ir.Graph) []*ir.Value {
				x, y := parameter(g, dt, 40, 6), parameter(g, f64, 40, 6)
				out := sorted(g, axis, compared(compute.OpTypeLessThan, 0, 1), x, y)
				out = append(out, sorted(g, axis, compared(compute.OpTypeGreaterThan, 2, 3), x, y)...)
				out = append(out, sorted(g, axis, compared(compute.OpTypeLessThan, 1, 0), x)...)
				return append(out, sorted(g, axis, compared(compute.OpTypeGreaterThan, 1, 0), x)...)
			})
			if _, err := lower.Program(g, lower.Options{}); err != nil {
				t.Error("a sort is left to the fallback:", err)
			}
			check(t, g)
		}
	}
}

func TestOtherOrdersAreLeftToTheFallback(t *testing.T) {
	for _, order := range []func(c *ir.Graph, p []*ir.Value) *ir.Value{
		compared(compute.OpTypeGreaterOrEqual, 0, 1),
		func(c *ir.Graph, p []*ir.Value) *ir.Value {
			return node(c, compute.OpTypeLessThan, nil, boo, nil, like(c, compute.OpTypeAbs, p[0]), like(c, compute.OpTypeAbs, p[1]))
		},
	} {
		g := graph(func(g *ir.Graph) []*ir.Value { return sorted(g, 0, order, parameter(g, f32, 40)) })
		if _, err := lower.Program(g, lower.Options{}); err == nil {
			t.Error("got a kernel")
		}
	}
	check(t, graph(func(g *ir.Graph) []*ir.Value {
		return sorted(g, 0, func(c *ir.Graph, p []*ir.Value) *ir.Value {
			return node(c, compute.OpTypeLessThan, nil, boo, nil, like(c, compute.OpTypeAbs, p[0]), like(c, compute.OpTypeAbs, p[1]))
		}, parameter(g, f32, 40))
	}))
}
