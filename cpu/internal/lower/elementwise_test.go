package lower_test

import (
	"fmt"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

func TestElementwiseOperationsAgreeWithTheStockEngine(t *testing.T) {
	floats := []dtypes.DType{f32, f64, f16, bf6}
	ints := []dtypes.DType{i32, i64, u32, i8}
	for _, c := range []struct {
		ops   []ir.Op
		types []dtypes.DType
	}{
		{[]ir.Op{compute.OpTypeNeg, compute.OpTypeAbs, compute.OpTypeSign}, []dtypes.DType{f32, f64, f16, i32, i8, i64}},
		{[]ir.Op{compute.OpTypeExp, compute.OpTypeExpm1, compute.OpTypeTanh, compute.OpTypeLogistic, compute.OpTypeErf,
			compute.OpTypeSin, compute.OpTypeCos, compute.OpTypeCeil, compute.OpTypeFloor, compute.OpTypeRound}, floats},
		{[]ir.Op{compute.OpTypeBitwiseNot, compute.OpTypeBitCount, compute.OpTypeClz}, ints},
		{[]ir.Op{compute.OpTypeLogicalNot}, []dtypes.DType{boo}},
	} {
		for _, op := range c.ops {
			for _, dt := range c.types {
				t.Run(fmt.Sprint(ir.OpName(op), " ", dt), func(t *testing.T) {
					check(t, graph(func(g *ir.Graph) []*ir.Value {
						return []*ir.Value{like(g, op, parameter(g, dt, 3, 5)), like(g, op, parameter(g, dt))}
					}))
				})
			}
		}
	}
}

func TestBinaryOperationsAgreeWithTheStockEngine(t *testing.T) {
	for _, c := range []struct {
		ops   []ir.Op
		types []dtypes.DType
	}{
		{[]ir.Op{compute.OpTypeAdd, compute.OpTypeSub, compute.OpTypeMul, compute.OpTypeMax, compute.OpTypeMin},
			[]dtypes.DType{f32, f64, f16, bf6, i32, i64, u32, i8}},
		{[]ir.Op{compute.OpTypeDiv, compute.OpTypeAtan2}, []dtypes.DType{f32, f64}},
		{[]ir.Op{compute.OpTypeBitwiseAnd, compute.OpTypeBitwiseOr, compute.OpTypeBitwiseXor}, []dtypes.DType{i32, u64}},
		{[]ir.Op{compute.OpTypeLogicalAnd, compute.OpTypeLogicalOr, compute.OpTypeLogicalXor}, []dtypes.DType{boo}},
	} {
		for _, op := range c.ops {
			for _, dt := range c.types {
				t.Run(fmt.Sprint(ir.OpName(op), " ", dt), func(t *testing.T) {
					check(t, graph(func(g *ir.Graph) []*ir.Value {
						return []*ir.Value{like(g, op, parameter(g, dt, 3, 5), parameter(g, dt, 3, 5)),
							like(g, op, parameter(g, dt), parameter(g, dt))}
					}))
				})
			}
		}
	}
}

func TestComparisonsAgreeWithTheStockEngine(t *testing.T) {
	for _, op := range []ir.Op{compute.OpTypeEqual, compute.OpTypeNotEqual, compute.OpTypeLessThan,
		compute.OpTypeLessOrEqual, compute.OpTypeGreaterThan, compute.OpTypeGreaterOrEqual} {
		for _, dt := range []dtypes.DType{f32, f64, i32, u32, i8} {
			t.Run(fmt.Sprint(ir.OpName(op), " ", dt), func(t *testing.T) {
				check(t, graph(func(g *ir.Graph) []*ir.Value {
					return []*ir.Value{node(g, op, nil, boo, []int{4, 9}, parameter(g, dt, 4, 9), parameter(g, dt, 4, 9))}
				}))
			})
		}
	}
}

func TestScalarsAndAxesOfLengthOneAreRepeated(t *testing.T) {
	check(t, graph(func(g *ir.Graph) []*ir.Value {
		x, row, col, one := parameter(g, f32, 4, 6), parameter(g, f32, 1, 6), parameter(g, f32, 4, 1), parameter(g, f32)
		add := func(x, y *ir.Value) *ir.Value {
			return node(g, compute.OpTypeAdd, nil, f32, []int{4, 6}, x, y)
		}
		return []*ir.Value{add(x, row), add(col, x), add(row, col), add(one, x), add(x, one)}
	}))
}

func TestSelectionsAgreeWithTheStockEngine(t *testing.T) {
	check(t, graph(func(g *ir.Graph) []*ir.Value {
		c, x, y, one := parameter(g, boo, 3, 5), parameter(g, f32, 3, 5), parameter(g, f32, 3, 5), parameter(g, f32)
		yes, dims := parameter(g, boo), []int{3, 5}
		where := func(in ...*ir.Value) *ir.Value { return node(g, compute.OpTypeWhere, nil, f32, dims, in...) }
		return []*ir.Value{where(c, x, y), where(c, one, y), where(c, x, one), where(yes, x, y), where(c, one, one),
			node(g, compute.OpTypeClamp, nil, f32, dims, y, x, y), node(g, compute.OpTypeClamp, nil, f32, dims, one, x, one),
			node(g, compute.OpTypeIsFinite, nil, boo, dims, x)}
	}))
}

func TestConversionsAgreeWithTheStockEngine(t *testing.T) {
	for _, from := range []dtypes.DType{f32, f64, f16, bf6, i32, i64, i8, boo} {
		t.Run(from.String(), func(t *testing.T) {
			check(t, graph(func(g *ir.Graph) []*ir.Value {
				x := parameter(g, from, 4, 5)
				var out []*ir.Value
				for _, to := range []dtypes.DType{f32, f64, f16, i32, i64, boo} {
					out = append(out, node(g, compute.OpTypeConvertDType, nil, to, []int{4, 5}, x))
				}
				return out
			}))
		})
	}
}

func TestReductionsAgreeWithTheStockEngine(t *testing.T) {
	for _, op := range []ir.Op{compute.OpTypeReduceSum, compute.OpTypeReduceProduct, compute.OpTypeReduceMax, compute.OpTypeReduceMin} {
		for _, dt := range []dtypes.DType{f32, f64, bf6, i32, i64} {
			t.Run(fmt.Sprint(ir.OpName(op), " ", dt), func(t *testing.T) {
				check(t, graph(func(g *ir.Graph) []*ir.Value {
					x := parameter(g, dt, 3, 4, 5)
					return []*ir.Value{
						node(g, op, ir.Axes{0, 1, 2}, dt, nil, x),
						node(g, op, ir.Axes{0}, dt, []int{4, 5}, x),
						node(g, op, ir.Axes{1}, dt, []int{3, 5}, x),
						node(g, op, ir.Axes{2, 0}, dt, []int{4}, x),
						node(g, op, ir.Axes{1}, dt, []int{5, 3}, transposed(g, x, 2, 1, 0)),
					}
				}))
			})
		}
	}
	check(t, graph(func(g *ir.Graph) []*ir.Value {
		x, k := parameter(g, boo, 3, 4), parameter(g, u32, 3, 4)
		return []*ir.Value{
			node(g, compute.OpTypeReduceLogicalAnd, ir.Axes{0}, boo, []int{4}, x),
			node(g, compute.OpTypeReduceLogicalOr, ir.Axes{1}, boo, []int{3}, x),
			node(g, compute.OpTypeReduceBitwiseXor, ir.Axes{1}, u32, []int{3}, k),
		}
	}))
}
