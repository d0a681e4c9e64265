package pass

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/kernel/tile"
)

// Epilogue lets products and convolutions hand their tiles to the region that reads them,
// while the tiles are in the cache: bias and activation cost no pass over memory. The product
// must have no other reader, and the region must not reduce. Of several products that a region
// reads, the largest is taken.
func Epilogue(g *ir.Graph) {
	reads := users(g)
	gone := map[*ir.Node]bool{}
	for i, n := range g.Nodes {
		if n.Op != ir.OpRegion {
			continue
		}
		spec := n.Attr.(*tile.Spec)
		if load := producer(n, spec, reads); load >= 0 {
			p := n.In[load].Def
			g.Nodes[i] = withEpilogue(p, n, spec, load)
			gone[p] = true
		}
	}
	g.Nodes = slices.DeleteFunc(g.Nodes, func(n *ir.Node) bool { return gone[n] })
}

// producer is the load that a region should get from a product's tiles, or −1.
func producer(n *ir.Node, spec *tile.Spec, reads map[*ir.Value][]*ir.Node) int {
	best, most := -1, 0
	if spec.RowAxes > 0 || slices.ContainsFunc(spec.Stores, func(s tile.Store) bool { return s.Reduce != compute.OpTypeInvalid }) {
		return best
	}
	for i, v := range n.In {
		whole := slices.Equal(withoutOnes(v.Shape.Dimensions), spec.Dims) && slices.Equal(spec.Loads[i].Strides, ir.RowMajor(spec.Dims))
		if work := work(v.Def); work > most && whole && len(reads[v]) == 1 {
			best, most = i, work
		}
	}
	return best
}

// work is the number of multiplications of a node that can have an epilogue, else 0.
func work(n *ir.Node) int {
	for _, v := range append(slices.Clone(n.In), n.Out...) {
		if dt := v.Shape.DType; dt != dtypes.Float32 && dt != dtypes.Float64 || dt != n.Out[0].Shape.DType {
			return 0
		}
	}
	switch a := n.Attr.(type) {
	case ir.Dot:
		acc := a.Config.AccumulatorDType
		if acc != dtypes.InvalidDType && acc != n.Out[0].Shape.DType {
			return 0
		}
		return n.Out[0].Shape.Size() * product(n.In[0].Shape, a.LhsContract)
	case ir.Conv:
		return n.Out[0].Shape.Size() * product(n.In[1].Shape, a.Axes.KernelSpatial) * n.In[1].Shape.Dimensions[a.Axes.KernelInputChannels]
	}
	return 0
}

// product multiplies the lengths of some axes.
func product(s shapes.Shape, axes []int) int {
	n := 1
	for _, axis := range axes {
		n *= s.Dimensions[axis]
	}
	return n
}

// withEpilogue joins a product or convolution with the region that reads it.
func withEpilogue(p, region *ir.Node, spec *tile.Spec, load int) *ir.Node {
	spec = spaced(spec, p.Out[0].Shape.Dimensions)
	n := &ir.Node{In: slices.Concat(p.In, slices.Delete(slices.Clone(region.In), load, load+1)), Out: region.Out}
	switch a := p.Attr.(type) {
	case ir.Dot:
		n.Op, n.Attr = ir.OpGemm, ir.Gemm{Dot: a, Region: spec, Load: load}
	case ir.Conv:
		n.Op, n.Attr = ir.OpConv, ir.ConvStep{Conv: a, Region: spec, Load: load}
	}
	for _, v := range n.Out {
		v.Def = n
	}
	return n
}

// spaced gives a region without reductions the axes of length 1 that a product's shape has.
func spaced(spec *tile.Spec, dims []int) *tile.Spec {
	insert := func(strides []int) []int {
		out := make([]int, len(dims))
		for i, d := range dims {
			if d != 1 {
				out[i], strides = strides[0], strides[1:]
			}
		}
		return out
	}
	out := &tile.Spec{Dims: dims, Loads: slices.Clone(spec.Loads), Code: spec.Code, Stores: slices.Clone(spec.Stores)}
	for i := range out.Loads {
		out.Loads[i].Strides = insert(out.Loads[i].Strides)
	}
	for i := range out.Stores {
		out.Stores[i].Strides = insert(out.Stores[i].Strides)
	}
	return out
}
