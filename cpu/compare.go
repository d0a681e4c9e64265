package cpu

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapeinference"
	"github.com/pkg/errors"
)

// compare records an elementwise comparison.
func (f *Function) compare(op compute.OpType, a, b compute.Value) (compute.Value, error) {
	in, err := f.use(op, a, b)
	if err != nil {
		return nil, err
	}
	out, err := shapeinference.ComparisonOp(op, in[0].Shape, in[1].Shape)
	if err != nil {
		return nil, errors.WithMessagef(err, "cpu: %s", op)
	}
	return f.node(op, nil, out, f.spread(out, in)...)
}

// totalOrder compares numbers with −NaN < −∞ < … < −0 < +0 < … < +∞ < +NaN: as integers that
// rise in that order.
func (f *Function) totalOrder(op compute.OpType, a, b compute.Value) (_ compute.Value, err error) {
	keys := []compute.Value{a, b}
	for i, x := range keys {
		if keys[i], err = f.orderKey(op, x); err != nil {
			return nil, err
		}
	}
	return f.compare(op, keys[0], keys[1])
}

var signedOf = map[int]dtypes.DType{16: dtypes.Int16, 32: dtypes.Int32, 64: dtypes.Int64}

// orderKey gives the bits of a float as a signed integer, all but the sign inverted where it is
// negative. Other types are their own key.
func (f *Function) orderKey(op compute.OpType, x compute.Value) (compute.Value, error) {
	in, err := f.use(op, x)
	if err != nil {
		return nil, err
	}
	dtype := in[0].Shape.DType
	if !dtype.IsFloat() {
		return x, nil
	}
	c := chain{f: f}
	b := c.do(f.Bitcast(x, signedOf[dtype.Bits()]))
	sign := c.do(f.ShiftRightArithmetic(b, c.like(float64(dtype.Bits()-1), b)))
	return c.do(f.BitwiseXor(b, c.do(f.ShiftRightLogical(sign, c.like(1, b))))), c.err
}

// Equal tells whether a = b.
func (f *Function) Equal(a, b compute.Value) (compute.Value, error) {
	return f.compare(compute.OpTypeEqual, a, b)
}

// EqualTotalOrder tells whether a = b in the total order of floats.
func (f *Function) EqualTotalOrder(a, b compute.Value) (compute.Value, error) {
	return f.totalOrder(compute.OpTypeEqual, a, b)
}

// NotEqual tells whether a ≠ b.
func (f *Function) NotEqual(a, b compute.Value) (compute.Value, error) {
	return f.compare(compute.OpTypeNotEqual, a, b)
}

// NotEqualTotalOrder tells whether a ≠ b in the total order of floats.
func (f *Function) NotEqualTotalOrder(a, b compute.Value) (compute.Value, error) {
	return f.totalOrder(compute.OpTypeNotEqual, a, b)
}

// GreaterOrEqual tells whether a ≥ b.
func (f *Function) GreaterOrEqual(a, b compute.Value) (compute.Value, error) {
	return f.compare(compute.OpTypeGreaterOrEqual, a, b)
}

// GreaterOrEqualTotalOrder tells whether a ≥ b in the total order of floats.
func (f *Function) GreaterOrEqualTotalOrder(a, b compute.Value) (compute.Value, error) {
	return f.totalOrder(compute.OpTypeGreaterOrEqual, a, b)
}

// GreaterThan tells whether a > b.
func (f *Function) GreaterThan(a, b compute.Value) (compute.Value, error) {
	return f.compare(compute.OpTypeGreaterThan, a, b)
}

// GreaterThanTotalOrder tells whether a > b in the total order of floats.
func (f *Function) GreaterThanTotalOrder(a, b compute.Value) (compute.Value, error) {
	return f.totalOrder(compute.OpTypeGreaterThan, a, b)
}

// LessOrEqual tells whether a ≤ b.
func (f *Function) LessOrEqual(a, b compute.Value) (compute.Value, error) {
	return f.compare(compute.OpTypeLessOrEqual, a, b)
}

// LessOrEqualTotalOrder tells whether a ≤ b in the total order of floats.
func (f *Function) LessOrEqualTotalOrder(a, b compute.Value) (compute.Value, error) {
	return f.totalOrder(compute.OpTypeLessOrEqual, a, b)
}

// LessThan tells whether a < b.
func (f *Function) LessThan(a, b compute.Value) (compute.Value, error) {
	return f.compare(compute.OpTypeLessThan, a, b)
}

// LessThanTotalOrder tells whether a < b in the total order of floats.
func (f *Function) LessThanTotalOrder(a, b compute.Value) (compute.Value, error) {
	return f.totalOrder(compute.OpTypeLessThan, a, b)
}
