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

// outOfCache is the number of bytes of the output of a product from which its region follows part
// by part. A smaller output is still in the second-level cache when a region of its own begins, and
// that takes its tiles as they suit it (BenchmarkEpilogue).
const outOfCache = 2 << 20

// paying reports whether the region of a product should follow part by part.
func (b *builder) paying(n *ir.Node) bool {
	return b.Epilogues || !b.Apart && int(n.Out[0].Shape.ByteSize()) >= outOfCache
}

// gemmRegion lowers a product and the region that reads it: in one step if that can follow part by
// part, and pays.
func gemmRegion(b *builder, n *ir.Node) error {
	a := n.Attr.(ir.Gemm)
	if b.paying(n) && b.handedOver(n, a) {
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
	if b.paying(n) && b.convolvedOver(n, a) {
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
