package lower

import (
	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/kernel/move"
	"github.com/elbo-go/elbo/cpu/internal/plan"
)

func init() { register(concatenate, compute.OpTypeConcatenate) }

// concatenate lowers Concatenate; the parts may lie in memory in any way.
func concatenate(b *builder, n *ir.Node) error {
	y := n.Out[0]
	if y.Shape.DType.IsPacked() {
		return errRefused
	}
	spec := move.ConcatenateSpec{Size: y.Shape.DType.Size(), Axis: int(n.Attr.(ir.Axis))}
	var ins []plan.Arg
	for _, v := range n.In {
		if !v.Shape.IsZeroSize() {
			spec.Parts = append(spec.Parts, move.Part{Dims: v.Shape.Dimensions, Strides: b.strides(v)})
			ins = append(ins, b.arg(v))
		}
	}
	b.emit(move.NewConcatenate(b.Level, spec), []plan.Arg{b.output(y)}, ins)
	return nil
}
