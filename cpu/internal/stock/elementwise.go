package stock

import (
	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

type unary = func(compute.Function, compute.Value) (compute.Value, error)

var unaries = map[ir.Op]unary{
	compute.OpTypeAbs: compute.Function.Abs, compute.OpTypeBitCount: compute.Function.BitCount,
	compute.OpTypeBitwiseNot: compute.Function.BitwiseNot, compute.OpTypeCeil: compute.Function.Ceil,
	compute.OpTypeClz: compute.Function.Clz, compute.OpTypeCos: compute.Function.Cos,
	compute.OpTypeErf: compute.Function.Erf, compute.OpTypeExp: compute.Function.Exp,
	compute.OpTypeExpm1: compute.Function.Expm1, compute.OpTypeFloor: compute.Function.Floor,
	compute.OpTypeIdentity: compute.Function.Identity, compute.OpTypeIsFinite: compute.Function.IsFinite,
	compute.OpTypeIsNaN: compute.Function.IsNaN, compute.OpTypeLog1p: compute.Function.Log1p,
	compute.OpTypeLog: compute.Function.Log, compute.OpTypeLogicalNot: compute.Function.LogicalNot,
	compute.OpTypeLogistic: compute.Function.Logistic, compute.OpTypeNeg: compute.Function.Neg,
	compute.OpTypeRound: compute.Function.Round, compute.OpTypeRsqrt: compute.Function.Rsqrt,
	compute.OpTypeSign: compute.Function.Sign, compute.OpTypeSin: compute.Function.Sin,
	compute.OpTypeSqrt: compute.Function.Sqrt, compute.OpTypeTanh: compute.Function.Tanh,
}

type binary = func(f compute.Function, lhs, rhs compute.Value) (compute.Value, error)

var binaries = map[ir.Op]binary{
	compute.OpTypeAdd: compute.Function.Add, compute.OpTypeAtan2: compute.Function.Atan2,
	compute.OpTypeBitwiseAnd: compute.Function.BitwiseAnd, compute.OpTypeBitwiseOr: compute.Function.BitwiseOr,
	compute.OpTypeBitwiseXor: compute.Function.BitwiseXor, compute.OpTypeDiv: compute.Function.Div,
	compute.OpTypeLogicalAnd: compute.Function.LogicalAnd, compute.OpTypeLogicalOr: compute.Function.LogicalOr,
	compute.OpTypeLogicalXor: compute.Function.LogicalXor, compute.OpTypeMax: compute.Function.Max,
	compute.OpTypeMin: compute.Function.Min, compute.OpTypeMul: compute.Function.Mul,
	compute.OpTypePow: compute.Function.Pow, compute.OpTypeRem: compute.Function.Rem,
	compute.OpTypeSub: compute.Function.Sub, compute.OpTypeShiftLeft: compute.Function.ShiftLeft,
	compute.OpTypeShiftRightArithmetic: compute.Function.ShiftRightArithmetic,
	compute.OpTypeShiftRightLogical:    compute.Function.ShiftRightLogical,

	compute.OpTypeEqual: compute.Function.Equal, compute.OpTypeNotEqual: compute.Function.NotEqual,
	compute.OpTypeGreaterOrEqual: compute.Function.GreaterOrEqual, compute.OpTypeGreaterThan: compute.Function.GreaterThan,
	compute.OpTypeLessOrEqual: compute.Function.LessOrEqual, compute.OpTypeLessThan: compute.Function.LessThan,
}

func init() {
	for op, f := range unaries {
		calls[op] = func(r *Replay, _ *ir.Node, in []compute.Value) ([]compute.Value, error) {
			return one(f(r.Function, in[0]))
		}
	}
	for op, f := range binaries {
		calls[op] = func(r *Replay, _ *ir.Node, in []compute.Value) ([]compute.Value, error) {
			return one(f(r.Function, in[0], in[1]))
		}
	}
	register(map[ir.Op]call{
		compute.OpTypeConvertDType: func(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error) {
			return one(r.Function.ConvertDType(in[0], n.Out[0].Shape.DType))
		},
		compute.OpTypeBitcast: func(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error) {
			return one(r.Function.Bitcast(in[0], n.Out[0].Shape.DType))
		},
		compute.OpTypeClamp: func(r *Replay, _ *ir.Node, in []compute.Value) ([]compute.Value, error) {
			return one(r.Function.Clamp(in[0], in[1], in[2]))
		},
		compute.OpTypeWhere: func(r *Replay, _ *ir.Node, in []compute.Value) ([]compute.Value, error) {
			return one(r.Function.Where(in[0], in[1], in[2]))
		},
	})
}
