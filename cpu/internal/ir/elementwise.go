package ir

import "github.com/gomlx/compute"

// Elementwise reports whether an operation computes element i of its output from element i of
// each input. In a graph all inputs of such a node have the output's dimensions: where the
// operation's definition broadcasts, a BroadcastInDim stands before it.
func Elementwise(op Op) bool { return elementwise[op] }

var elementwise = map[Op]bool{
	compute.OpTypeIdentity: true, compute.OpTypeConvertDType: true, compute.OpTypeClamp: true, compute.OpTypeWhere: true,

	compute.OpTypeAbs: true, compute.OpTypeBitCount: true, compute.OpTypeBitwiseNot: true, compute.OpTypeCeil: true,
	compute.OpTypeClz: true, compute.OpTypeCos: true, compute.OpTypeErf: true, compute.OpTypeExp: true,
	compute.OpTypeExpm1: true, compute.OpTypeFloor: true, compute.OpTypeIsFinite: true, compute.OpTypeIsNaN: true,
	compute.OpTypeLog1p: true, compute.OpTypeLog: true, compute.OpTypeLogicalNot: true, compute.OpTypeLogistic: true,
	compute.OpTypeNeg: true, compute.OpTypeRound: true, compute.OpTypeRsqrt: true, compute.OpTypeSign: true,
	compute.OpTypeSin: true, compute.OpTypeSqrt: true, compute.OpTypeTanh: true,

	compute.OpTypeAdd: true, compute.OpTypeAtan2: true, compute.OpTypeBitwiseAnd: true, compute.OpTypeBitwiseOr: true,
	compute.OpTypeBitwiseXor: true, compute.OpTypeDiv: true, compute.OpTypeLogicalAnd: true, compute.OpTypeLogicalOr: true,
	compute.OpTypeLogicalXor: true, compute.OpTypeMax: true, compute.OpTypeMin: true, compute.OpTypeMul: true,
	compute.OpTypePow: true, compute.OpTypeRem: true, compute.OpTypeSub: true, compute.OpTypeShiftLeft: true,
	compute.OpTypeShiftRightArithmetic: true, compute.OpTypeShiftRightLogical: true,

	compute.OpTypeEqual: true, compute.OpTypeNotEqual: true, compute.OpTypeGreaterOrEqual: true,
	compute.OpTypeGreaterThan: true, compute.OpTypeLessOrEqual: true, compute.OpTypeLessThan: true,
}
