package pass_test

import (
	"slices"
	"testing"

	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/kernel/tile"
)

// over spreads the reductions of rows over the rows.
func (b *build) over(x *ir.Value, dims ...int) *ir.Value {
	return b.Add(compute.OpTypeBroadcastInDim, ir.Axes{0}, []*ir.Value{x}, f32(dims...)).Out[0]
}

func (b *build) reduce(op ir.Op, x *ir.Value, axis int) *ir.Value {
	return b.Add(op, ir.Axes{axis}, []*ir.Value{x}, f32(x.Shape.Dimensions[0])).Out[0]
}

func countOps(s *tile.Spec, op ir.Op) int {
	n := 0
	for _, in := range s.Code {
		if in.Op == op {
			n++
		}
	}
	return n
}

func TestSoftmaxIsOneRegion(t *testing.T) {
	b := newBuild(t)
	x := b.param(5, 7)
	top := b.over(b.reduce(compute.OpTypeReduceMax, x, 1), 5, 7)
	e := b.apply(compute.OpTypeExp, b.apply(compute.OpTypeSub, x, top))
	b.all(b.apply(compute.OpTypeDiv, e, b.over(b.sum(e, 1), 5, 7)))
	b.want(ir.OpRegion)
	s := b.regions()[0]
	if s.RowAxes != 1 || len(s.Loads) != 1 || len(s.Stores) != 1 || countOps(s, compute.OpTypeReduceMax) != 1 || countOps(s, compute.OpTypeReduceSum) != 1 {
		t.Errorf("got %+v, want one load, two reductions of the row and one store", s)
	}
}

// normalize is (x − μ)/√(σ² + ε) of rows.
func (b *build) normalize(x *ir.Value) (y, deviation *ir.Value) {
	rows, cols := x.Shape.Dimensions[0], x.Shape.Dimensions[1]
	mean := b.apply(compute.OpTypeMul, b.sum(x, 1), b.constant(1/float32(cols), rows))
	centered := b.apply(compute.OpTypeSub, x, b.over(mean, rows, cols))
	variance := b.apply(compute.OpTypeMul, b.sum(b.apply(compute.OpTypeMul, centered, centered), 1), b.constant(1/float32(cols), rows))
	deviation = b.apply(compute.OpTypeSqrt, b.apply(compute.OpTypeAdd, variance, b.constant(1e-5, rows)))
	return b.apply(compute.OpTypeDiv, centered, b.over(deviation, rows, cols)), deviation
}

func TestNormalizationIsOneRegion(t *testing.T) {
	b := newBuild(t)
	y, _ := b.normalize(b.param(5, 7))
	b.all(y)
	if s := b.regions(); len(s) != 1 || s[0].RowAxes != 1 || countOps(s[0], compute.OpTypeReduceSum) != 2 || len(s[0].Stores) != 1 {
		t.Errorf("got %v, want one region with two sums over the row", b.Graph)
	}
}

// TestStatisticsThatOthersNeedAreStored: the deviation is computed for every row once more, and
// what reads it after other work does not pull it into its loop.
func TestStatisticsThatOthersNeedAreStored(t *testing.T) {
	b := newBuild(t)
	x := b.param(5, 7)
	y, deviation := b.normalize(x)
	z := b.dot(y, b.param(7, 7))
	grad := b.apply(compute.OpTypeDiv, z, b.over(deviation, 5, 7))
	b.all(grad)
	var rows int
	for _, s := range b.regions() {
		if s.RowAxes > 0 {
			rows++
		}
	}
	n := b.Results[0].Def
	if rows != 1 || n.Op != ir.OpGemm || len(n.Attr.(ir.Gemm).Region.Code) != 1 {
		t.Errorf("got %v, want one row program, and the gradient divided by a stored deviation", b.Graph)
	}
}

func TestLongRowsStayTwoLoops(t *testing.T) {
	b := newBuild(t)
	x := b.param(2, 100_000)
	b.all(b.apply(compute.OpTypeSub, x, b.over(b.sum(x, 1), 2, 100_000)))
	for _, s := range b.regions() {
		if s.RowAxes > 0 {
			t.Errorf("got a row program over rows of 100,000")
		}
	}
}

// TestColumnsAreNoRows: what is spread over another axis than the reduced one is another loop.
func TestColumnsAreNoRows(t *testing.T) {
	b := newBuild(t)
	x := b.param(7, 7)
	b.all(b.apply(compute.OpTypeSub, x, b.spread(b.sum(x, 1), 7, 7)), b.apply(compute.OpTypeSub, x, b.spread(b.sum(x, 0), 7, 7)))
	if slices.ContainsFunc(b.regions(), func(s *tile.Spec) bool { return s.RowAxes > 0 }) {
		t.Errorf("got %v, want no row program", b.Graph)
	}
}

// TestRowViewsThatOthersReadStay: a product reads the spread sums too.
func TestRowViewsThatOthersReadStay(t *testing.T) {
	b := newBuild(t)
	x := b.param(7, 7)
	spread := b.over(b.sum(x, 1), 7, 7)
	b.all(b.apply(compute.OpTypeSub, x, spread), b.dot(spread, x), spread)
	if s := b.regions(); len(s) != 1 || s[0].RowAxes != 1 || len(s[0].Stores) != 2 {
		t.Errorf("got %v, want a row program that stores the sums too", b.Graph)
	}
}
