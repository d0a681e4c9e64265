package lower_test

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapeinference"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

// windowed adds a ReduceWindow.
func windowed(t *testing.T, g *ir.Graph, x *ir.Value, a ir.Window) *ir.Value {
	s, err := shapeinference.ReduceWindow(x.Shape, a.Dims, a.Strides, a.InputDilations, a.WindowDilations, a.Paddings)
	if err != nil {
		t.Fatal(err)
	}
	return node(g, compute.OpTypeReduceWindow, a, s.DType, s.Dimensions, x)
}

func TestWindowsAgreeWithTheStockEngine(t *testing.T) {
	for _, dt := range []dtypes.DType{f32, f64, i32} {
		for _, op := range []compute.ReduceOpType{compute.ReduceOpMax, compute.ReduceOpMin, compute.ReduceOpSum, compute.ReduceOpProduct} {
			check(t, graph(func(g *ir.Graph) []*ir.Value {
				x := parameter(g, dt, 2, 7, 6, 3)
				one, two := []int{1, 1, 1, 1}, []int{1, 2, 2, 1}
				pad := [][2]int{{0, 0}, {1, 0}, {0, 1}, {0, 0}}
				return []*ir.Value{
					windowed(t, g, x, ir.Window{Reduce: op, Dims: two, Strides: two, InputDilations: one, WindowDilations: one, Paddings: make([][2]int, 4)}),
					windowed(t, g, x, ir.Window{Reduce: op, Dims: []int{1, 3, 2, 1}, Strides: one, InputDilations: one, WindowDilations: two, Paddings: pad}),
					windowed(t, g, transposed(g, x, 0, 2, 1, 3), ir.Window{Reduce: op, Dims: two, Strides: two, InputDilations: one, WindowDilations: one, Paddings: pad}),
				}
			}))
		}
	}
}

func TestSelectionsInWindowsAgreeWithTheStockEngine(t *testing.T) {
	two := []int{1, 2, 2, 1}
	for _, op := range []ir.Op{compute.OpTypeSelectAndScatterMax, compute.OpTypeSelectAndScatterMin} {
		check(t, graph(func(g *ir.Graph) []*ir.Value {
			x, source := parameter(g, f32, 2, 6, 4, 3), parameter(g, f32, 2, 3, 2, 3)
			a := ir.Window{Dims: two, Strides: two, Paddings: make([][2]int, 4)}
			return []*ir.Value{node(g, op, a, f32, []int{2, 6, 4, 3}, x, source)}
		}))
	}
}
