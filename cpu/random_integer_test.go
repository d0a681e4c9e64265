package cpu_test

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
)

// The operations of random graphs on integers, bools and half precision, and between types.

func isInt(v randomValue) bool  { return v.shape.DType.IsInt() }
func isHalf(v randomValue) bool { return v.shape.DType.IsHalfPrecision() }

// partner picks a second operand: of the same shape, or a scalar of the same type.
func (g *randomGraph) partner(x randomValue) randomValue {
	y, _ := g.pick(func(v randomValue) bool {
		return v.shape.DType == x.shape.DType && (same(v, x) || v.rank() == 0) && (v.bounded || !isFloat(x))
	})
	return y
}

type binaryCall = func(compute.Function, compute.Value, compute.Value) (compute.Value, error)

// integers applies an operation of two integers; products and sums wrap around.
func (g *randomGraph) integers() {
	x, ok := g.pick(isInt)
	if !ok {
		return
	}
	y := g.partner(x)
	divisor := y.v
	kind := g.IntN(14)
	if kind < 2 { // odd, so not 0
		divisor = g.must(g.fn.BitwiseOr(y.v, g.scalar(x.shape.DType, 1)))
	}
	op := []binaryCall{
		compute.Function.Div, compute.Function.Rem, compute.Function.Add, compute.Function.Sub, compute.Function.Mul,
		compute.Function.Max, compute.Function.Min, compute.Function.BitwiseAnd, compute.Function.BitwiseOr, compute.Function.BitwiseXor,
		compute.Function.LessThan, compute.Function.GreaterOrEqual, compute.Function.Equal, compute.Function.NotEqual,
	}[kind]
	name := []string{"div odd", "rem odd", "add", "sub", "mul", "max", "min", "and", "or", "xor", "<", "≥", "=", "≠"}[kind]
	small := x.bounded && y.bounded && (kind < 2 || kind == 5 || kind == 6) || kind >= 10
	v, err := op(g.fn, x.v, divisor)
	g.add(fmt.Sprint(name, " of integers"), true, small, v, err)
}

func (g *randomGraph) integerUnary() {
	x, ok := g.pick(isInt)
	if !ok {
		return
	}
	kind := g.IntN(6)
	if x.shape.DType.IsUnsigned() {
		kind %= 3
	}
	var v compute.Value
	var err error
	switch kind {
	case 0:
		v, err = g.fn.BitwiseNot(x.v)
	case 1:
		v, err = g.fn.BitCount(x.v)
	case 2:
		v, err = g.fn.Clz(x.v)
	case 3:
		v, err = g.fn.Neg(x.v)
	case 4:
		v, err = g.fn.Abs(x.v)
	case 5:
		v, err = g.fn.Sign(x.v)
	}
	name := []string{"not", "count bits", "leading zeros", "neg", "abs", "sign"}[kind]
	g.add(name+" of integers", true, kind == 5 || x.bounded && kind > 2, v, err)
}

// shift moves bits by 0 to 7 places.
func (g *randomGraph) shift() {
	x, ok := g.pick(isInt)
	if !ok {
		return
	}
	by := g.must(g.fn.BitwiseAnd(g.partner(x).v, g.scalar(x.shape.DType, 7)))
	kind := g.IntN(3)
	op := []binaryCall{compute.Function.ShiftLeft, compute.Function.ShiftRightArithmetic, compute.Function.ShiftRightLogical}[kind]
	v, err := op(g.fn, x.v, by)
	g.add([]string{"shift left", "shift right", "shift right logically"}[kind], true, false, v, err)
}

func (g *randomGraph) logic() {
	x, ok := g.pick(isBool)
	if !ok {
		return
	}
	y := g.partner(x)
	var v compute.Value
	var err error
	kind := g.IntN(4)
	switch kind {
	case 0:
		v, err = g.fn.LogicalAnd(x.v, y.v)
	case 1:
		v, err = g.fn.LogicalOr(x.v, y.v)
	case 2:
		v, err = g.fn.LogicalXor(x.v, y.v)
	case 3:
		v, err = g.fn.LogicalNot(x.v)
	}
	g.add([]string{"and", "or", "xor", "not"}[kind], x.exact && (kind == 3 || y.exact), true, v, err)
}

// halves applies operations that are computed in float32 and rounded to half precision.
func (g *randomGraph) halves() {
	x, ok := g.pick(func(v randomValue) bool { return isHalf(v) && v.bounded })
	if !ok {
		return
	}
	y, _ := g.pick(func(v randomValue) bool {
		return v.bounded && v.shape.DType == x.shape.DType && (same(v, x) || v.rank() == 0)
	})
	exact := x.exact && y.exact
	switch g.IntN(8) {
	case 0:
		v, err := g.fn.Add(x.v, y.v)
		g.add("add in half precision", exact, false, v, err)
	case 1:
		v, err := g.fn.Mul(x.v, y.v)
		g.add("mul in half precision", exact, false, v, err)
	case 2:
		v, err := g.fn.Max(x.v, y.v)
		g.add("max in half precision", exact, true, v, err)
	case 3:
		v, err := g.fn.Neg(x.v)
		g.add("neg in half precision", x.exact, true, v, err)
	case 4:
		v, err := g.fn.Tanh(x.v)
		g.add("tanh in half precision", false, false, v, err)
	case 5:
		v, err := g.fn.Logistic(x.v)
		g.add("logistic in half precision", false, false, v, err)
	case 6:
		if x.exact && y.exact {
			v, err := g.fn.LessThan(x.v, y.v)
			g.add("less in half precision", true, true, v, err)
		}
	case 7:
		if x.exact && movable(x) && notEmpty(x) {
			v, err := g.fn.ReduceMax(x.v, g.IntN(x.rank()))
			g.add("greatest in half precision", true, true, v, err)
		}
	}
}

type reduceCall = func(compute.Function, compute.Value, ...int) (compute.Value, error)

// reduceBits reduces integers and bools, in ways that do not depend on the order.
func (g *randomGraph) reduceBits() {
	x, ok := g.pick(func(v randomValue) bool { return (isInt(v) || isBool(v)) && movable(v) })
	if !ok {
		return
	}
	ops := []reduceCall{
		compute.Function.ReduceSum, compute.Function.ReduceProduct, compute.Function.ReduceMax, compute.Function.ReduceMin,
		compute.Function.ReduceBitwiseAnd, compute.Function.ReduceBitwiseOr, compute.Function.ReduceBitwiseXor,
	}
	names := []string{"sum", "product", "max", "min", "bitwise and", "bitwise or", "bitwise xor"}
	if isBool(x) {
		ops = []reduceCall{compute.Function.ReduceLogicalAnd, compute.Function.ReduceLogicalOr, compute.Function.ReduceLogicalXor}
		names = []string{"and", "or", "xor"}
	}
	axes := g.Perm(x.rank())[:1+g.IntN(x.rank())]
	slices.Sort(axes)
	kind := g.IntN(len(ops))
	v, err := ops[kind](g.fn, x.v, axes...)
	g.add(fmt.Sprint("reduce ", names[kind], " ", axes), x.exact, isBool(x), v, err)
}

// clamp keeps numbers between two others, which are given as scalars or element by element.
func (g *randomGraph) clamp() {
	x, ok := g.pick(func(v randomValue) bool { return isFloat(v) || isInt(v) })
	if !ok {
		return
	}
	low, high, exact := g.scalar(x.shape.DType, 1), g.scalar(x.shape.DType, 3), x.exact
	if g.coin() {
		a, b := g.partner(x), g.partner(x)
		low, high, exact = g.must(g.fn.Min(a.v, b.v)), g.must(g.fn.Max(a.v, b.v)), exact && a.exact && b.exact
	}
	v, err := g.fn.Clamp(low, x.v, high)
	g.add("clamp", exact, isFloat(x), v, err)
}

// convert changes the type of exact values, as far as the new type can hold them: what happens to
// others differs between machines.
func (g *randomGraph) convert() {
	x, ok := g.pick(func(v randomValue) bool { return v.exact })
	if !ok {
		return
	}
	from := x.shape.DType
	to := []dtypes.DType{
		dtypes.Float32, dtypes.Float64, dtypes.Int32, dtypes.Int64, dtypes.Uint8, dtypes.Int8, dtypes.Uint32, dtypes.Bool,
		dtypes.Float16, dtypes.BFloat16,
	}[g.IntN(10)]
	switch {
	case from == to:
		return
	case from == dtypes.Float16: // GoMLX's engine makes 0 of subnormal products, which a wider type shows
		return
	case (from.IsFloat()) && (to.IsUnsigned() || !x.bounded && !(to == dtypes.Float32 || to == dtypes.Float64)):
		return
	case from.IsInt() && to.IsHalfPrecision() && !x.bounded:
		return
	}
	v, err := g.fn.ConvertDType(x.v, to)
	g.add("convert to "+to.String(), true, (x.bounded && !(to.IsUnsigned() && from != dtypes.Bool)) || to == dtypes.Bool, v, err)
}
