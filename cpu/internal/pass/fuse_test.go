package pass_test

import (
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/kernel/tile"
	"github.com/elbo-go/elbo/cpu/internal/pass"
)

func TestChainsOfElementwiseOperationsAreOneRegion(t *testing.T) {
	b := newBuild(t)
	x, y := b.param(5, 7), b.param(5, 7)
	z := b.apply(compute.OpTypeExp, b.apply(compute.OpTypeAdd, x, b.apply(compute.OpTypeMul, x, y)))
	b.all(z)
	b.want(ir.OpRegion)
	s := b.regions()[0]
	if len(s.Loads) != 2 || len(s.Code) != 3 || len(s.Stores) != 1 || s.Stores[0].Reg != 4 {
		t.Errorf("got %+v, want two loads, three instructions and a store of the last", s)
	}
}

func TestValuesReadOutsideAreStored(t *testing.T) {
	b := newBuild(t)
	x := b.param(5)
	e := b.apply(compute.OpTypeExp, x)
	b.all(b.apply(compute.OpTypeNeg, e), e)
	b.want(ir.OpRegion)
	if s := b.regions()[0]; len(s.Stores) != 2 {
		t.Errorf("got %d stores, want 2", len(s.Stores))
	}
}

func TestReductionsEndARegion(t *testing.T) {
	b := newBuild(t)
	x := b.param(5, 7)
	rows := b.sum(b.apply(compute.OpTypeExp, x), 1)
	b.all(rows)
	b.want(ir.OpRegion)
	st := b.regions()[0].Stores
	if len(st) != 1 || st[0].Reduce != compute.OpTypeReduceSum || !slices.Equal(st[0].Over, []bool{false, true}) || !slices.Equal(st[0].Strides, []int{1, 0}) {
		t.Errorf("got %+v, want the sums of the rows alone", st)
	}
}

// TestReadersOfOneArrayAreOneRegion: a loss and its gradient read the same logits.
func TestReadersOfOneArrayAreOneRegion(t *testing.T) {
	b := newBuild(t)
	x := b.param(5, 7)
	loss := b.sum(b.apply(compute.OpTypeExp, x), 0, 1)
	grad := b.apply(compute.OpTypeMul, b.apply(compute.OpTypeLogistic, x), b.constant(.5, 5, 7))
	b.all(loss, grad)
	if len(b.regions()) != 1 || len(b.regions()[0].Loads) != 2 {
		t.Errorf("got %v, want one region with the array and a constant", b.Graph)
	}
}

// TestDifferentReductionsStayApart: rows and columns of one array are reduced by two loops.
func TestDifferentReductionsStayApart(t *testing.T) {
	b := newBuild(t)
	x := b.param(5, 7)
	b.all(b.sum(x, 0), b.sum(x, 1), b.sum(b.apply(compute.OpTypeExp, x), 1))
	if len(b.regions()) != 2 {
		t.Errorf("got %v, want two regions", b.Graph)
	}
}

// TestWhatDependsOnAReductionWaitsForIt: exp(x) divided by its sums over columns reads all of x
// before it writes; the two halves cannot be one loop though both read x.
func TestWhatDependsOnAReductionWaitsForIt(t *testing.T) {
	b := newBuild(t)
	x := b.param(5, 7)
	e := b.apply(compute.OpTypeExp, x)
	b.all(b.apply(compute.OpTypeDiv, e, b.spread(b.sum(e, 0), 5, 7)))
	if len(b.regions()) != 2 {
		t.Fatalf("got %v, want two regions", b.Graph)
	}
	if l := b.regions()[1].Loads; !slices.ContainsFunc(l, func(l tile.Load) bool { return slices.Equal(l.Strides, []int{0, 1}) }) {
		t.Errorf("got loads %+v, want the sums once a column", l)
	}
}

// TestNoCycleThroughAnotherNode: a and c could be one loop, but b needs a and c needs b.
func TestNoCycleThroughAnotherNode(t *testing.T) {
	b := newBuild(t)
	x := b.param(4, 4)
	a := b.apply(compute.OpTypeExp, x)
	m := b.Add(compute.OpTypeDotGeneral, ir.Dot{LhsContract: []int{1}, RhsContract: []int{0}}, []*ir.Value{a, a}, x.Shape).Out[0]
	b.all(b.apply(compute.OpTypeMul, b.apply(compute.OpTypeSub, a, m), x))
	b.want(ir.OpRegion, ir.OpGemm)
}

// TestSumsOfSquaresDoNotTearUpdatesApart: an update that waits for the norm of the gradient, as
// Adam under a guard does, is one region beside the region of the norm, though both square the
// gradient.
func TestSumsOfSquaresDoNotTearUpdatesApart(t *testing.T) {
	b := newBuild(t)
	w, grad := b.param(50, 70), b.param(50, 70)
	square := b.apply(compute.OpTypeMul, grad, grad)
	norm := b.apply(compute.OpTypeSqrt, b.sum(square, 0, 1))
	ok := b.Add(compute.OpTypeIsFinite, nil, []*ir.Value{norm}, shapes.Make(dtypes.Bool)).Out[0]
	all := b.Add(compute.OpTypeBroadcastInDim, ir.Axes{}, []*ir.Value{ok}, shapes.Make(dtypes.Bool, 50, 70)).Out[0]
	step := b.apply(compute.OpTypeDiv, grad, b.apply(compute.OpTypeSqrt, square))
	updated := b.Add(compute.OpTypeWhere, nil, []*ir.Value{all, b.apply(compute.OpTypeSub, w, step), w}, w.Shape).Out[0]
	b.all(updated, norm)
	b.want(ir.OpRegion, ir.OpRegion, ir.OpView, ir.OpRegion)
	if s := b.regions()[2]; len(s.Loads) != 3 || len(s.Code) != 5 {
		t.Errorf("got %+v, want the whole update", s)
	}
}

func TestScalarsAndLengthOneAreReadAgainAndAgain(t *testing.T) {
	b := newBuild(t)
	x := b.param(5, 7)
	row := b.Add(compute.OpTypeBroadcastInDim, ir.Axes{0, 1}, []*ir.Value{b.param(1, 7)}, x.Shape).Out[0]
	b.all(b.apply(compute.OpTypeMul, b.apply(compute.OpTypeAdd, x, row), b.constant(3, 5, 7)))
	b.want(ir.OpView, compute.OpTypeConstant, ir.OpView, ir.OpRegion)
	var strides [][]int
	for _, l := range b.regions()[0].Loads {
		strides = append(strides, l.Strides)
	}
	if want := [][]int{{7, 1}, {0, 1}, {0, 0}}; !slices.EqualFunc(strides, want, slices.Equal) {
		t.Errorf("got %v, want %v", strides, want)
	}
}

func TestOneLoadServesEqualViews(t *testing.T) {
	b := newBuild(t)
	x := b.param(4, 4)
	b.all(b.apply(compute.OpTypeMul, b.transpose(x), b.apply(compute.OpTypeExp, b.transpose(x))))
	if l := b.regions()[0].Loads; len(l) != 1 || !slices.Equal(l[0].Strides, []int{1, 4}) {
		t.Errorf("got %+v, want one transposed load", l)
	}
}

func TestTypesThatTheMachineLacksStayNodes(t *testing.T) {
	b := newBuild(t)
	x := b.Param("z", shapes.Make(dtypes.Complex64, 3))
	b.all(b.apply(compute.OpTypeNeg, x))
	b.want(compute.OpTypeNeg)
}

// TestRegionsHaveABound: a chain of many operations becomes several regions, in order.
func TestRegionsHaveABound(t *testing.T) {
	b := newBuild(t)
	x := b.param(8)
	y := x
	for range 500 {
		y = b.apply(compute.OpTypeSin, y)
	}
	b.all(y)
	total := 0
	for _, s := range b.regions() {
		total += len(s.Code)
		if len(s.Code) > 200 {
			t.Errorf("got a region of %d operations", len(s.Code))
		}
	}
	if total != 500 {
		t.Errorf("got %d operations in regions, want 500", total)
	}
}

// TestPassesHaveNames keeps the list of passes readable in dumps.
func TestPassesHaveNames(t *testing.T) {
	for _, p := range pass.Passes {
		if p.Name == "" || p.Do == nil {
			t.Errorf("got %+v, want a name and a function", p)
		}
	}
}

// TestAxesOfLengthOneAreNoLoops: a chain through shapes that differ by such axes is one region.
func TestAxesOfLengthOneAreNoLoops(t *testing.T) {
	b := newBuild(t)
	x := b.param(5, 7)
	y := b.apply(compute.OpTypeExp, b.reshape(b.apply(compute.OpTypeNeg, x), 1, 5, 7))
	sum := b.Add(compute.OpTypeReduceSum, ir.Axes{0, 2}, []*ir.Value{y}, f32(5)).Out[0]
	b.all(y, sum)
	b.want(ir.OpRegion)
	s := b.regions()[0]
	if !slices.Equal(s.Dims, []int{5, 7}) || !slices.Equal(s.Stores[1].Over, []bool{false, true}) || !slices.Equal(s.Stores[1].Strides, []int{1, 0}) {
		t.Errorf("got %+v, want a loop of 5×7 that sums its rows", s)
	}
}

func TestSumsOverLengthOneAreReshapes(t *testing.T) {
	b := newBuild(t)
	x := b.param(5, 1)
	b.all(b.sum(x, 1))
	b.want(ir.OpView)
}

// TestReductionsThroughViewsKeepTheirAxes: the axes are those of the view, not of its base.
func TestReductionsThroughViewsKeepTheirAxes(t *testing.T) {
	b := newBuild(t)
	x := b.param(1, 5, 7)
	turned := b.Add(compute.OpTypeTranspose, ir.Axes{1, 2, 0}, []*ir.Value{x}, f32(5, 7, 1)).Out[0]
	b.all(b.sum(turned, 0, 2))
	if s := b.regions()[0]; !slices.Equal(s.Stores[0].Over, []bool{true, false}) {
		t.Errorf("got %+v, want the sum over the axis of length 5", s)
	}
}
