package cpu

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapeinference"
	"github.com/pkg/errors"
)

// unary records an elementwise operation on one operand.
func (f *Function) unary(op compute.OpType, x compute.Value) (compute.Value, error) {
	in, err := f.use(op, x)
	if err != nil {
		return nil, err
	}
	out, err := shapeinference.UnaryOp(op, in[0].Shape)
	if err != nil {
		return nil, errors.WithMessagef(err, "cpu: %s", op)
	}
	return f.node(op, nil, out, in...)
}

// test records an elementwise question about a number.
func (f *Function) test(op compute.OpType, x compute.Value) (compute.Value, error) {
	in, err := f.use(op, x)
	if err != nil {
		return nil, err
	}
	out := in[0].Shape.Clone()
	if !out.DType.IsFloat() {
		return nil, errors.Errorf("cpu: %s: got %s, want a float type", op, out)
	}
	out.DType = dtypes.Bool
	return f.node(op, nil, out, in...)
}

// IsFinite is true where x is neither infinite nor NaN.
func (f *Function) IsFinite(x compute.Value) (compute.Value, error) {
	return f.test(compute.OpTypeIsFinite, x)
}

// IsNaN is true where x is not a number.
func (f *Function) IsNaN(x compute.Value) (compute.Value, error) {
	return f.test(compute.OpTypeIsNaN, x)
}

// Identity gives x.
func (f *Function) Identity(x compute.Value) (compute.Value, error) {
	in, err := f.use(compute.OpTypeIdentity, x)
	if err != nil {
		return nil, err
	}
	return f.node(compute.OpTypeIdentity, nil, in[0].Shape, in...)
}

// ConvertDType gives x as another data type: truncated towards zero where a float becomes an
// integer, true where a number that becomes a bool is not 0.
func (f *Function) ConvertDType(x compute.Value, dtype dtypes.DType) (compute.Value, error) {
	in, err := f.use(compute.OpTypeConvertDType, x)
	if err != nil {
		return nil, err
	}
	if in[0].Shape.DType == dtype {
		return f.values(in)[0], nil
	}
	out := in[0].Shape.Clone()
	out.DType = dtype
	return f.node(compute.OpTypeConvertDType, nil, out, in...)
}

// Bitcast gives the bits of x as another data type.
func (f *Function) Bitcast(x compute.Value, dtype dtypes.DType) (compute.Value, error) {
	in, err := f.use(compute.OpTypeBitcast, x)
	if err != nil {
		return nil, err
	}
	out, err := shapeinference.Bitcast(in[0].Shape, dtype)
	if err != nil {
		return nil, errors.WithMessage(err, "cpu: Bitcast")
	}
	return f.node(compute.OpTypeBitcast, nil, out, in...)
}

// Abs gives |x|.
func (f *Function) Abs(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeAbs, x)
}

// BitwiseNot gives the bits of x inverted.
func (f *Function) BitwiseNot(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeBitwiseNot, x)
}

// Ceil gives x rounded up.
func (f *Function) Ceil(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeCeil, x)
}

// Cos gives the cosine of x.
func (f *Function) Cos(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeCos, x)
}

// Erf gives the error function of x.
func (f *Function) Erf(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeErf, x)
}

// Exp gives eˣ.
func (f *Function) Exp(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeExp, x)
}

// Expm1 gives eˣ − 1.
func (f *Function) Expm1(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeExpm1, x)
}

// Floor gives x rounded down.
func (f *Function) Floor(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeFloor, x)
}

// Log gives ln x.
func (f *Function) Log(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeLog, x)
}

// Log1p gives ln(1 + x).
func (f *Function) Log1p(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeLog1p, x)
}

// LogicalNot gives true where x is false.
func (f *Function) LogicalNot(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeLogicalNot, x)
}

// Logistic gives 1 / (1 + e⁻ˣ).
func (f *Function) Logistic(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeLogistic, x)
}

// Neg gives −x.
func (f *Function) Neg(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeNeg, x)
}

// Round gives x rounded to the nearest integer, halves to even.
func (f *Function) Round(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeRound, x)
}

// Rsqrt gives 1 / √x.
func (f *Function) Rsqrt(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeRsqrt, x)
}

// Sign gives −1, 0 or 1 by the sign of x.
func (f *Function) Sign(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeSign, x)
}

// Sin gives the sine of x.
func (f *Function) Sin(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeSin, x)
}

// Sqrt gives √x.
func (f *Function) Sqrt(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeSqrt, x)
}

// Tanh gives the hyperbolic tangent of x.
func (f *Function) Tanh(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeTanh, x)
}

// BitCount gives the number of bits of x that are set.
func (f *Function) BitCount(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeBitCount, x)
}

// Clz gives the number of leading zero bits of x.
func (f *Function) Clz(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeClz, x)
}
