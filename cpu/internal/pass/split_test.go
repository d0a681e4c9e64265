package pass_test

import (
	"testing"

	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel/tile"
)

// repeat spreads a value along the axes that it lacks.
func (b *build) repeat(v *ir.Value, axes ir.Axes, dims ...int) *ir.Value {
	s := v.Shape.Clone()
	s.Dimensions = dims
	return b.Add(compute.OpTypeBroadcastInDim, axes, []*ir.Value{v}, s).Out[0]
}

// held checks that no elementwise operation or reduction is left alone, and that the elementwise
// machine holds every region.
func (b *build) held() {
	b.t.Helper()
	for _, n := range b.Nodes {
		if ir.Elementwise(n.Op) || n.Op == compute.OpTypeReduceSum || n.Op == compute.OpTypeReduceMax {
			b.t.Errorf("%s stays alone\n%v", ir.OpName(n.Op), b.Graph)
		}
	}
	for _, s := range b.regions() {
		if _, err := tile.New(isa.Portable, *s); err != nil {
			b.t.Errorf("%v\n%v", err, b.Graph)
		}
	}
}

// TestRowsThatAreNoRunOfMemoryBecomeSeveralRegions: the elementwise machine keeps a row of two axes
// only where every operand has it in one run, and a bias of the first of them has not.
func TestRowsThatAreNoRunOfMemoryBecomeSeveralRegions(t *testing.T) {
	for _, ones := range []bool{false, true} {
		b := newBuild(t)
		x := b.param(4, 5, 6)
		if ones {
			x = b.reshape(b.apply(compute.OpTypeNeg, b.reshape(x, 4, 5, 1, 6)), 4, 5, 6)
		}
		bias := b.repeat(b.param(5), ir.Axes{1}, 4, 5, 6)
		shifted := b.apply(compute.OpTypeAdd, x, bias)
		centered := b.apply(compute.OpTypeSub, shifted, b.repeat(b.sum(shifted, 1, 2), ir.Axes{0}, 4, 5, 6))
		norm := b.repeat(b.sum(b.apply(compute.OpTypeMul, centered, centered), 1, 2), ir.Axes{0}, 4, 5, 6)
		b.all(b.apply(compute.OpTypeDiv, centered, norm))
		b.held()
		if n := len(b.regions()); n != 3 {
			t.Errorf("got %d regions, want one before each reduction and one after\n%v", n, b.Graph)
		}
	}
}

// TestTooManyResultsBecomeSeveralRegions: a region stores a bounded number of arrays.
func TestTooManyResultsBecomeSeveralRegions(t *testing.T) {
	b := newBuild(t)
	x := b.param(3, 7)
	var results []*ir.Value
	for range 100 {
		x = b.apply(compute.OpTypeSin, x)
		results = append(results, x)
	}
	b.all(results...)
	b.held()
	if n := len(b.regions()); n < 2 || n > 8 {
		t.Errorf("got %d regions, want a few", n)
	}
}

// TestManyAxesStayAsTheyAre: an operation that no region can hold keeps operands of its shape.
func TestManyAxesStayAsTheyAre(t *testing.T) {
	b := newBuild(t)
	dims := []int{2, 2, 2, 2, 2, 2, 2, 2, 2, 1}
	turned := ir.Axes{8, 7, 6, 5, 4, 3, 2, 1, 0, 9}
	x := b.param(dims[:9]...)
	y := b.reshape(x, dims...)
	z := b.Add(compute.OpTypeTranspose, turned, []*ir.Value{b.reshape(b.param(dims[:9]...), dims...)}, y.Shape).Out[0]
	b.all(b.apply(compute.OpTypeAdd, y, z))
	for _, n := range b.Nodes {
		if n.Op == compute.OpTypeAdd && (!ir.SameShape(n.In[0].Shape, y.Shape) || !ir.SameShape(n.In[1].Shape, y.Shape)) {
			t.Errorf("got %v", b.Graph)
		}
	}
}
