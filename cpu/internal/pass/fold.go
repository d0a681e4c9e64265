package pass

import (
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/kernel/vec"
)

// Fold computes elementwise operations on constants that are the same everywhere: one scalar is
// computed now, and spread over the shape.
func Fold(g *ir.Graph) {
	rewrite(g, func(b *ir.Graph, n *ir.Node) []*ir.Value {
		if !isElementwise(n) {
			return nil
		}
		var args [3]unsafe.Pointer
		for i, v := range n.In {
			l, ok := literal(v)
			if !ok {
				return nil
			}
			args[i] = l.Data
		}
		return []*ir.Value{constant(b, evaluate(n, args), n.Out[0].Shape)}
	})
}

// evaluate computes one element of an elementwise node.
func evaluate(n *ir.Node, args [3]unsafe.Pointer) ir.Literal {
	to := n.Out[0].Shape.DType
	do := vec.Lookup(isa.Portable, n.Op, operandType(n))
	if n.Op == compute.OpTypeConvertDType {
		do = vec.Convert(isa.Portable, operandType(n), to)
	}
	out := ir.Literal{Data: kernel.Alloc(to.Size()), Bytes: to.Size()}
	do(out.Data, args[0], args[1], args[2], 1)
	return out
}

// constant adds a scalar constant, spread over a shape.
func constant(b *ir.Graph, l ir.Literal, shape shapes.Shape) *ir.Value {
	v := b.Add(compute.OpTypeConstant, l, nil, shapes.Make(shape.DType)).Out[0]
	if shape.Rank() == 0 {
		return v
	}
	return b.Add(compute.OpTypeBroadcastInDim, ir.Axes{}, []*ir.Value{v}, shape).Out[0]
}

// literal is the constant that every element of a value equals, if there is one.
func literal(v *ir.Value) (ir.Literal, bool) {
	switch v.Def.Op {
	case compute.OpTypeConstant:
		return v.Def.Attr.(ir.Literal), v.Shape.Size() == 1
	case compute.OpTypeBroadcastInDim, compute.OpTypeReshape, compute.OpTypeTranspose:
		return literal(v.Def.In[0])
	}
	return ir.Literal{}, false
}

// uniform is the number that every element of a value equals, if it is a constant.
func uniform(v *ir.Value) (float64, bool) {
	l, ok := literal(v)
	if !ok {
		return 0, false
	}
	switch v.Shape.DType {
	case dtypes.Float32:
		return float64(*(*float32)(l.Data)), true
	case dtypes.Float64:
		return *(*float64)(l.Data), true
	case dtypes.Int32:
		return float64(*(*int32)(l.Data)), true
	case dtypes.Int64:
		return float64(*(*int64)(l.Data)), true
	case dtypes.Bool:
		return float64(*(*byte)(l.Data)), true
	}
	return 0, false
}
