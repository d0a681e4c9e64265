package pass_test

import (
	"testing"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/pass"
)

// folded gives the scalar that a result has become.
func folded[T any](t *testing.T, v *ir.Value) (x T) {
	t.Helper()
	for v.Def.Op == compute.OpTypeBroadcastInDim {
		v = v.Def.In[0]
	}
	l, ok := v.Def.Attr.(ir.Literal)
	if !ok || l.Bytes != int(unsafe.Sizeof(x)) {
		t.Fatalf("got %s, want a constant", ir.OpName(v.Def.Op))
	}
	return *(*T)(l.Data)
}

// TestConstantsOfOtherTypesAreFoldedToo: integers wrap around, comparisons give bools, conversions
// convert.
func TestConstantsOfOtherTypesAreFoldedToo(t *testing.T) {
	b := newBuild(t)
	i32, boolean := shapes.Make(dtypes.Int32, 3), shapes.Make(dtypes.Bool, 3)
	number := func(x int32) *ir.Value {
		data := []int32{x}
		l := ir.Literal{Data: unsafe.Pointer(&data[0]), Bytes: 4}
		return b.repeat(b.Add(compute.OpTypeConstant, l, nil, shapes.Make(dtypes.Int32)).Out[0], ir.Axes{}, 3)
	}
	add := func(op ir.Op, out shapes.Shape, in ...*ir.Value) *ir.Value { return b.Add(op, nil, in, out).Out[0] }
	most, one := number(1<<31-1), number(1)
	wrapped := add(compute.OpTypeAdd, i32, most, one)
	less := add(compute.OpTypeLessThan, boolean, wrapped, one)
	chosen := add(compute.OpTypeWhere, i32, less, number(7), most)
	wide := add(compute.OpTypeConvertDType, shapes.Make(dtypes.Float64, 3), chosen)
	clamped := add(compute.OpTypeClamp, i32, one, number(-5), most)
	b.run(pass.Fold, wrapped, less, chosen, wide, clamped)
	if got := folded[int32](t, b.Results[0]); got != -1<<31 {
		t.Errorf("got %d, want the sum to wrap around", got)
	}
	if !folded[bool](t, b.Results[1]) || folded[int32](t, b.Results[2]) != 7 || folded[float64](t, b.Results[3]) != 7 || folded[int32](t, b.Results[4]) != 1 {
		t.Errorf("got %v", b.Graph)
	}
}

// TestConstantsOfManyElementsAreNotFolded: that would compute an array at compile time.
func TestConstantsOfManyElementsAreNotFolded(t *testing.T) {
	b := newBuild(t)
	data := []float32{1, 2}
	c := b.Add(compute.OpTypeConstant, ir.Literal{Data: unsafe.Pointer(&data[0]), Bytes: 8}, nil, f32(2)).Out[0]
	b.run(pass.Fold, b.apply(compute.OpTypeNeg, c))
	b.want(compute.OpTypeConstant, compute.OpTypeNeg)
}
