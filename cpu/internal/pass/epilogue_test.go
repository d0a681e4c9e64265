package pass_test

import (
	"slices"
	"testing"

	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/pass"
)

// dense adds x·w for matrices.
func (b *build) dot(x, w *ir.Value) *ir.Value {
	return b.Add(compute.OpTypeDotGeneral, ir.Dot{LhsContract: []int{1}, RhsContract: []int{0}}, []*ir.Value{x, w},
		f32(x.Shape.Dimensions[0], w.Shape.Dimensions[1])).Out[0]
}

func (b *build) spread(x *ir.Value, dims ...int) *ir.Value {
	return b.Add(compute.OpTypeBroadcastInDim, ir.Axes{1}, []*ir.Value{x}, f32(dims...)).Out[0]
}

// fused runs fusion and epilogues, whatever the other passes are.
func fused(g *ir.Graph) {
	pass.Views(g)
	pass.Fuse(g)
	pass.Epilogue(g)
	pass.Dead(g)
}

func TestBiasAndActivationFollowTheProduct(t *testing.T) {
	b := newBuild(t)
	x, w, bias := b.param(4, 5), b.param(5, 6), b.param(6)
	y := b.apply(compute.OpTypeMax, b.apply(compute.OpTypeAdd, b.dot(x, w), b.spread(bias, 4, 6)), b.constant(0, 4, 6))
	b.run(fused, y)
	n := b.Results[0].Def
	a, ok := n.Attr.(ir.Gemm)
	if !ok || n.Op != ir.OpGemm || n.In[0] != x || n.In[1] != w || len(n.In) != 4 {
		t.Fatalf("got %v, want one product with an epilogue", b.Graph)
	}
	if l := a.Region.Loads[a.Load]; !slices.Equal(l.Strides, []int{6, 1}) {
		t.Errorf("load %d: got strides %v, want those of the product", a.Load, l.Strides)
	}
}

func TestTheLargestProductGetsTheRegion(t *testing.T) {
	b := newBuild(t)
	small, large := b.dot(b.param(4, 5), b.param(5, 6)), b.dot(b.param(4, 50), b.param(50, 6))
	b.run(fused, b.apply(compute.OpTypeAdd, small, large))
	if b.Results[0].Def.In[0].Shape.Dimensions[1] != 50 || !slices.Contains(b.ops(), ir.Op(compute.OpTypeDotGeneral)) {
		t.Errorf("got %v, want the larger product joined with the region", b.Graph)
	}
}

// TestProductsThatOthersNeedStayAlone: it has a second reader, it is a result, it is read
// transposed, or the region reduces.
func TestProductsThatOthersNeedStayAlone(t *testing.T) {
	for name, f := range map[string]func(b *build, p *ir.Value) []*ir.Value{
		"second reader": func(b *build, p *ir.Value) []*ir.Value {
			return []*ir.Value{b.apply(compute.OpTypeExp, p), b.dot(p, p)}
		},
		"result": func(b *build, p *ir.Value) []*ir.Value { return []*ir.Value{b.apply(compute.OpTypeExp, p), p} },
		"transposed": func(b *build, p *ir.Value) []*ir.Value {
			return []*ir.Value{b.apply(compute.OpTypeExp, b.transpose(p))}
		},
		"reduced": func(b *build, p *ir.Value) []*ir.Value { return []*ir.Value{b.sum(b.apply(compute.OpTypeExp, p), 0)} },
	} {
		b := newBuild(t)
		b.run(fused, f(b, b.dot(b.param(5, 5), b.param(5, 5)))...)
		if slices.Contains(b.ops(), ir.OpGemm) {
			t.Errorf("%s: got %v, want the product on its own", name, b.Graph)
		}
	}
}

func TestConvolutionsHaveEpiloguesToo(t *testing.T) {
	b := newBuild(t)
	axes := compute.ConvolveAxesConfig{
		InputBatch: 0, InputChannels: 3, InputSpatial: []int{1, 2}, KernelSpatial: []int{0, 1}, KernelInputChannels: 2,
		KernelOutputChannels: 3, OutputBatch: 0, OutputChannels: 3, OutputSpatial: []int{1, 2},
	}
	a := ir.Conv{Axes: axes, Strides: []int{1, 1}, Paddings: [][2]int{{0, 0}, {0, 0}}, InputDilations: []int{1, 1}, KernelDilations: []int{1, 1}, ChannelGroups: 1, BatchGroups: 1}
	y := b.Add(compute.OpTypeConvGeneral, a, []*ir.Value{b.param(2, 5, 5, 3), b.param(3, 3, 3, 8)}, f32(2, 3, 3, 8)).Out[0]
	b.run(fused, b.apply(compute.OpTypeTanh, y))
	if n := b.Results[0].Def; n.Op != ir.OpConv || len(n.In) != 2 {
		t.Errorf("got %v, want one convolution with an epilogue", b.Graph)
	}
}

// TestProductsAreComputedAsTheyAreRead: the gradient of a weight comes as a transposed product.
func TestProductsAreComputedAsTheyAreRead(t *testing.T) {
	b := newBuild(t)
	x, y := b.param(3, 5), b.param(3, 7)
	p := b.Add(compute.OpTypeDotGeneral, ir.Dot{LhsContract: []int{0}, RhsContract: []int{0}}, []*ir.Value{x, y}, f32(5, 7)).Out[0]
	b.run(func(g *ir.Graph) { pass.Orient(g); pass.Dead(g) }, b.transpose(p))
	n := b.Results[0].Def
	if n.Op != compute.OpTypeDotGeneral || n.In[0] != y || n.In[1] != x || len(b.ops()) != 1 {
		t.Errorf("got %v, want the product of the operands in the other order", b.Graph)
	}
}

// TestProductsReadBothWaysStay: one more reader, or another permutation.
func TestProductsReadBothWaysStay(t *testing.T) {
	b := newBuild(t)
	p := b.dot(b.param(5, 5), b.param(5, 5))
	b.run(pass.Orient, b.transpose(p), p)
	b.want(compute.OpTypeDotGeneral, compute.OpTypeTranspose)

	b = newBuild(t)
	batched := ir.Dot{LhsContract: []int{2}, RhsContract: []int{1}, LhsBatch: []int{0}, RhsBatch: []int{0}}
	q := b.Add(compute.OpTypeDotGeneral, batched, []*ir.Value{b.param(2, 3, 4), b.param(2, 4, 3)}, f32(2, 3, 3)).Out[0]
	turned := b.Add(compute.OpTypeTranspose, ir.Axes{1, 0, 2}, []*ir.Value{q}, f32(3, 2, 3)).Out[0]
	b.run(pass.Orient, turned)
	b.want(compute.OpTypeDotGeneral, compute.OpTypeTranspose)
}

func TestBatchedProductsTurnInsideTheBatch(t *testing.T) {
	b := newBuild(t)
	batched := ir.Dot{LhsContract: []int{2}, RhsContract: []int{1}, LhsBatch: []int{0}, RhsBatch: []int{0}}
	q := b.Add(compute.OpTypeDotGeneral, batched, []*ir.Value{b.param(2, 3, 4), b.param(2, 4, 6)}, f32(2, 3, 6)).Out[0]
	b.run(pass.Orient, b.Add(compute.OpTypeTranspose, ir.Axes{0, 2, 1}, []*ir.Value{q}, f32(2, 6, 3)).Out[0])
	if n := b.Results[0].Def; n.Op != compute.OpTypeDotGeneral || !slices.Equal(n.Attr.(ir.Dot).LhsContract, []int{1}) {
		t.Errorf("got %v, want one product", b.Graph)
	}
}

// TestRegionsOfProductsHaveTheirAxes: lowering tells rows from columns by the axes' places.
func TestRegionsOfProductsHaveTheirAxes(t *testing.T) {
	b := newBuild(t)
	x, w := b.param(1, 5), b.param(5, 6)
	b.run(fused, b.apply(compute.OpTypeMul, b.apply(compute.OpTypeExp, b.dot(x, w)), b.param(1, 6)))
	a := b.Results[0].Def.Attr.(ir.Gemm)
	if !slices.Equal(a.Region.Dims, []int{1, 6}) || !slices.Equal(a.Region.Stores[0].Strides, []int{0, 1}) {
		t.Errorf("got %+v, want a region of 1×6", a.Region)
	}
}
