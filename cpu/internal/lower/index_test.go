package lower_test

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/lower"
)

func TestScattersAgreeWithTheStockEngine(t *testing.T) {
	for _, op := range []ir.Op{compute.OpTypeScatterSum, compute.OpTypeScatterMax, compute.OpTypeScatterMin} {
		for _, dt := range []dtypes.DType{f32, f64, i32} {
			check(t, graph(func(g *ir.Graph) []*ir.Value {
				x, u := parameter(g, dt, 7, 5), parameter(g, dt, 4, 5)
				a := ir.Scatter{IndexVectorAxis: 1, UpdateWindowAxes: []int{1}, InsertedAxes: []int{0}, OperandAxes: []int{0}}
				index := indices(g, []int32{3, 0, 6, 3}, 4, 1)
				return []*ir.Value{node(g, op, a, dt, []int{7, 5}, x, index, u),
					node(g, op, a, dt, []int{7, 5}, like(g, compute.OpTypeNeg, x), index, u)}
			}))
		}
	}
}

func TestASumOfRowsGoesOverItsOperand(t *testing.T) {
	g := graph(func(g *ir.Graph) []*ir.Value {
		x, u := parameter(g, f32, 100, 5), parameter(g, f32, 4, 5)
		a := ir.Scatter{IndexVectorAxis: 1, UpdateWindowAxes: []int{1}, InsertedAxes: []int{0}, OperandAxes: []int{0}}
		return []*ir.Value{node(g, compute.OpTypeScatterSum, a, f32, []int{100, 5}, x, indices(g, []int32{3, 0, 6, 3}, 4, 1), u)}
	})
	if got := inPlace(t, g, lower.Options{}); got[0] != 0 {
		t.Errorf("got %v, want parameter 0", got)
	}
	check(t, g)
}

func TestPlacesOfExtremesAgreeWithTheStockEngine(t *testing.T) {
	for _, dt := range []dtypes.DType{f32, f64, i32} {
		for _, least := range []bool{false, true} {
			check(t, graph(func(g *ir.Graph) []*ir.Value {
				x := parameter(g, dt, 4, 5, 6)
				return []*ir.Value{
					node(g, compute.OpTypeArgMinMax, ir.ArgMinMax{Axis: 1, IsMin: least}, i32, []int{4, 6}, x),
					node(g, compute.OpTypeArgMinMax, ir.ArgMinMax{Axis: 2, IsMin: least}, i64, []int{4, 5}, x),
					node(g, compute.OpTypeArgMinMax, ir.ArgMinMax{Axis: 2, IsMin: least}, i32, []int{6, 5}, transposed(g, x, 2, 1, 0)),
				}
			}))
		}
	}
}

func TestRunningSumsAgreeWithTheStockEngine(t *testing.T) {
	for _, dt := range []dtypes.DType{f32, f64, i32} {
		check(t, graph(func(g *ir.Graph) []*ir.Value {
			x := parameter(g, dt, 4, 5)
			var out []*ir.Value
			for axis := range 2 {
				for _, a := range []ir.CumSum{{Axis: axis}, {Axis: axis, Exclusive: true}, {Axis: axis, Reverse: true}} {
					out = append(out, node(g, compute.OpTypeCumSum, a, dt, []int{4, 5}, x))
				}
			}
			return append(out, node(g, compute.OpTypeCumSum, ir.CumSum{Axis: 1}, dt, []int{4, 5}, like(g, compute.OpTypeNeg, x)))
		}))
	}
}

func TestSmallIotasAreConstants(t *testing.T) {
	g := graph(func(g *ir.Graph) []*ir.Value {
		x := node(g, compute.OpTypeIota, ir.Axis(1), f32, []int{3, 4})
		y := node(g, compute.OpTypeIota, ir.Axis(0), i32, []int{300, 400})
		return []*ir.Value{like(g, compute.OpTypeNeg, x), like(g, compute.OpTypeNeg, y)}
	})
	if p := lowered(t, g, lower.Options{}); len(p.Steps) != 3 {
		t.Errorf("got other than three steps:\n%v", p)
	}
	check(t, g)
}
