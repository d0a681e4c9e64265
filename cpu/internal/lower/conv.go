package lower

import (
	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/kernel/conv"
	"github.com/elbo-go/elbo/cpu/internal/plan"
)

func init() { register(convolution, compute.OpTypeConvGeneral) }

// convolution lowers ConvGeneral; its operands may lie in memory in any way that strides
// express.
func convolution(b *builder, n *ir.Node) error {
	a, x, w, y := n.Attr.(ir.Conv), n.In[0], n.In[1], n.Out[0]
	spec := conv.General(x.Shape, w.Shape, a.Axes, a.Strides, a.Paddings, a.InputDilations, a.KernelDilations,
		a.ChannelGroups, a.BatchGroups)
	in, ker := b.strides(x), b.strides(w)
	spec.InBatch, spec.InChannel = in[a.Axes.InputBatch], in[a.Axes.InputChannels]
	spec.KernelIn, spec.KernelOut = ker[a.Axes.KernelInputChannels], ker[a.Axes.KernelOutputChannels]
	for i := range spec.Axes {
		spec.Axes[i].InStride = in[a.Axes.InputSpatial[i]]
		spec.Axes[i].KernelStride = ker[a.Axes.KernelSpatial[i]]
	}
	if x.Shape.DType != w.Shape.DType || x.Shape.DType != y.Shape.DType {
		return errRefused
	}
	k := conv.New(b.Level, spec)
	if k == nil {
		return errRefused
	}
	b.emit(k, b.outputs(n), []plan.Arg{b.arg(x), b.arg(w)})
	return nil
}
