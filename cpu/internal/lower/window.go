package lower

import (
	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/kernel/pool"
	"github.com/elbo-go/elbo/cpu/internal/plan"
)

func init() {
	register(reduceWindow, compute.OpTypeReduceWindow)
	register(selectAndScatter, compute.OpTypeSelectAndScatterMax, compute.OpTypeSelectAndScatterMin)
}

// reduceWindow lowers ReduceWindow; the operand may lie in memory in any way.
func reduceWindow(b *builder, n *ir.Node) error {
	a, x := n.Attr.(ir.Window), n.In[0]
	spec := pool.General(x.Shape.DType, x.Shape.Dimensions, a.Dims, a.Strides, a.InputDilations, a.WindowDilations, a.Paddings)
	for i, s := range b.strides(x) {
		spec.Axes[i].InStride = s
	}
	k := pool.New(b.Level, spec, a.Reduce)
	if k == nil {
		return errRefused
	}
	b.emit(k, b.outputs(n), []plan.Arg{b.arg(x)})
	return nil
}

// selectAndScatter lowers SelectAndScatterMax and SelectAndScatterMin.
func selectAndScatter(b *builder, n *ir.Node) error {
	a, x := n.Attr.(ir.Window), n.In[0].Shape
	spec := pool.General(x.DType, x.Dimensions, a.Dims, a.Strides, nil, nil, a.Paddings)
	k := pool.NewSelect(b.Level, spec, n.Op == compute.OpTypeSelectAndScatterMin)
	if k == nil {
		return errRefused
	}
	b.emit(k, b.outputs(n), b.contiguousAll(n.In))
	return nil
}
