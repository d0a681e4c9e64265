package lower

import (
	"slices"

	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/kernel/tile"
	"github.com/elbo-go/elbo/cpu/internal/plan"
)

func init() {
	register(gemmRegion, ir.OpGemm)
	register(convRegion, ir.OpConv)
}

// gemmRegion lowers a product and the region that reads it: in one step if the product's tiles
// can be handed over.
func gemmRegion(b *builder, n *ir.Node) error {
	a := n.Attr.(ir.Gemm)
	if b.Epilogues && b.handedOver(n, a) {
		return nil
	}
	to, shape := b.between(a.Region, a.Load)
	if err := b.dotInto(to, shape, b.operand(n.In[0]), b.operand(n.In[1]), a.Dot); err != nil {
		return err
	}
	return b.regionOf(n, a.Region, a.Load, to)
}

// convRegion lowers a convolution and the region that reads it, as gemmRegion does.
func convRegion(b *builder, n *ir.Node) error {
	a := n.Attr.(ir.ConvStep)
	if b.Epilogues && b.convolvedOver(n, a) {
		return nil
	}
	to, _ := b.between(a.Region, a.Load)
	if err := b.convInto(to, n.In[0], n.In[1], a.Conv); err != nil {
		return err
	}
	return b.regionOf(n, a.Region, a.Load, to)
}

// between makes the buffer through which a product reaches a load of a region.
func (b *builder) between(spec *tile.Spec, load int) (plan.Arg, shapes.Shape) {
	shape := shapes.Make(spec.Loads[load].DType, spec.Dims...)
	return b.temporary(int(shape.ByteSize())), shape
}

// regionOf emits the region of a node whose inputs are those of a product, then the other loads.
func (b *builder) regionOf(n *ir.Node, spec *tile.Spec, load int, product plan.Arg) error {
	k, err := b.tile(*spec)
	if err != nil {
		return err
	}
	ins := slices.Insert(b.args(n.In[2:]), load, product)
	b.emit(k, b.outputs(n), ins, elementwise(*spec, ins)...)
	return nil
}
