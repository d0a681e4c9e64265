package lower

import (
	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/kernel/conv"
	"github.com/elbo-go/elbo/cpu/internal/plan"
)

func init() { register(convolution, compute.OpTypeConvGeneral) }

// convolution lowers ConvGeneral.
func convolution(b *builder, n *ir.Node) error {
	return b.convInto(b.output(n.Out[0]), n.In[0], n.In[1], n.Attr.(ir.Conv))
}

// convInto emits a convolution.
func (b *builder) convInto(to plan.Arg, x, w *ir.Value, a ir.Conv) error {
	k := conv.New(b.Level, b.convSpec(x, w, a))
	if k == nil {
		return errRefused
	}
	b.emit(k, []plan.Arg{to}, []plan.Arg{b.arg(x), b.arg(w)})
	return nil
}

// convSpec describes a convolution; its operands may lie in memory in any way that strides express.
func (b *builder) convSpec(x, w *ir.Value, a ir.Conv) conv.Spec {
	spec := conv.General(x.Shape, w.Shape, a.Axes, a.Strides, a.Paddings, a.InputDilations, a.KernelDilations,
		a.ChannelGroups, a.BatchGroups)
	in, ker := b.strides(x), b.strides(w)
	spec.InBatch, spec.InChannel = in[a.Axes.InputBatch], in[a.Axes.InputChannels]
	spec.KernelIn, spec.KernelOut = ker[a.Axes.KernelInputChannels], ker[a.Axes.KernelOutputChannels]
	for i := range spec.Axes {
		spec.Axes[i].InStride = in[a.Axes.InputSpatial[i]]
		spec.Axes[i].KernelStride = ker[a.Axes.KernelSpatial[i]]
	}
	return spec
}
