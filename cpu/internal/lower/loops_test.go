package lower

import (
	"reflect"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/kernel/tile"
)

// places lists where nested loops lead an operand, in order.
func places(dims, strides []int) []int {
	out := []int{0}
	for i, d := range dims {
		var next []int
		for _, at := range out {
			for k := range d {
				next = append(next, at+k*strides[i])
			}
		}
		out = next
	}
	return out
}

func TestMergedLoopsWalkTheSamePlaces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dims := rapid.SliceOfN(rapid.IntRange(1, 4), 0, 4).Draw(t, "dims")
		l := loops{dims: dims}
		for range 2 {
			l.strides = append(l.strides, rapid.SliceOfN(rapid.IntRange(-4, 12), len(dims), len(dims)).Draw(t, "strides"))
		}
		if rapid.Bool().Draw(t, "contiguous") {
			l.strides[0], l.strides[1] = ir.RowMajor(dims), ir.RowMajor(dims)
		}
		m := l.merged()
		for k := range l.strides {
			if got, want := places(m.dims, m.strides[k]), places(dims, l.strides[k]); !slices.Equal(got, want) {
				t.Fatalf("%+v became %+v: operand %d: got %v, want %v", l, m, k, got, want)
			}
		}
		if slices.Contains(m.dims, 1) {
			t.Fatalf("%+v has a loop of length 1", m)
		}
	})
}

func TestContiguousLoopsBecomeOne(t *testing.T) {
	dims := []int{2, 1, 3, 4}
	m := loops{dims, [][]int{ir.RowMajor(dims), {24, 7, 8, 2}}}.merged()
	if want := (loops{[]int{24}, [][]int{{1}, {2}}}); !reflect.DeepEqual(m, want) {
		t.Errorf("got %+v, want %+v", m, want)
	}
}

// array is an operand in row-major order with its axes permuted.
func array(dims []int, axes ...int) operand {
	return operand{dtype: dtypes.Float32, dims: pick(dims, axes), strides: pick(ir.RowMajor(dims), axes)}
}

func TestSummedAxesAreTakenInTheOrderInWhichTheyAreOneLoop(t *testing.T) {
	x := array([]int{2, 3, 4, 5}, 3, 1, 0, 2) // strides 1, 20, 60, 5
	for _, c := range []struct{ axes, want []int }{
		{[]int{0, 3}, []int{1, 0}}, {[]int{1, 2}, []int{1, 0}}, {[]int{1, 0, 3}, []int{0, 2, 1}},
		{[]int{0}, []int{0}}, {nil, []int{}}, {[]int{0, 1}, nil}, {[]int{2, 3}, nil},
	} {
		if got := oneLoop(x, c.axes); !reflect.DeepEqual(got, c.want) {
			t.Errorf("axes %v: got %v, want %v", c.axes, got, c.want)
		}
	}
}

func TestShortScatteredLoopsAreCopied(t *testing.T) {
	for _, c := range []struct {
		dims []int
		want bool
	}{
		{[]int{8, 5, 64}, false}, // the last axis is long enough for products of its own
		{[]int{8, 5, 8}, true},
		{[]int{1, 5, 8}, false}, // one loop
	} {
		x := array(c.dims, 0, 1, 2)
		if got := scattered(x, []int{0, 2}); got != c.want {
			t.Errorf("%v: got %v, want %v", c.dims, got, c.want)
		}
	}
}

// What is summed is one loop for both operands afterwards, whatever the axes were, and the
// elements are where they were or in a copy.
func TestOperandsCanBeSummedInOneLoop(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := newBuilder(&ir.Graph{}, Options{})
		n := rapid.IntRange(1, 3).Draw(t, "summed axes")
		dims := rapid.SliceOfN(rapid.IntRange(2, 5), n+1, n+1).Draw(t, "dims")
		side := func() (operand, []int) {
			order := rapid.Permutation(straight(n+1)).Draw(t, "order")
			x := array(pick(dims, order), order...)
			for i, axis := range order { // axis i of x has length dims[i]
				x.dims[axis], x.strides[axis] = dims[axis], ir.RowMajor(pick(dims, order))[i]
			}
			x.at = b.temporary(size(dims) * 4)
			return x, straight(n)
		}
		var a ir.Dot
		var lhs, rhs operand
		lhs, a.LhsContract = side()
		rhs, a.RhsContract = side()
		before := len(b.steps)
		x, y := b.summable(lhs, rhs, a)
		c := newContraction(x, y, nil, ordered(x, y, a))
		if len(c.sum.dims) > 1 {
			t.Fatalf("%+v and %+v: got loops %+v", x, y, c.sum)
		}
		if copies := len(b.steps) - before; copies > 2 || (x.at == lhs.at) != slices.Equal(x.strides, lhs.strides) {
			t.Fatalf("got %d copies", copies)
		}
	})
}

// someRegion is x·y + z over 2×3×4 elements, x being the product.
func someRegion() *tile.Spec {
	s := &tile.Spec{Dims: []int{2, 3, 4}}
	for _, strides := range [][]int{{0, 0, 1}, {12, 4, 1}, {0, 0, 0}} {
		s.Loads = append(s.Loads, tile.Load{DType: dtypes.Float32, Strides: strides})
	}
	s.Code = []tile.Instr{
		{Op: compute.OpTypeMul, DType: dtypes.Float32, To: dtypes.Float32, A: 1, B: 0, C: -1},
		{Op: compute.OpTypeAdd, DType: dtypes.Float32, To: dtypes.Float32, A: 3, B: 2, C: -1},
	}
	s.Stores = []tile.Store{{Reg: 4, DType: dtypes.Float32, Strides: []int{12, 4, 1}}}
	return s
}

func TestARegionOverAMatrixHasTheProductFirst(t *testing.T) {
	got, ok := asMatrix(someRegion(), 1, 0, 2)
	if !ok || !slices.Equal(got.Dims, []int{6, 4}) {
		t.Fatalf("got %v, %+v", ok, got)
	}
	for i, want := range [][]int{{4, 1}, {0, 1}, {0, 0}} {
		if !slices.Equal(got.Loads[i].Strides, want) {
			t.Errorf("load %d: got strides %v, want %v", i, got.Loads[i].Strides, want)
		}
	}
	if c := got.Code; c[0].A != 0 || c[0].B != 1 || c[0].C != -1 || c[1].A != 3 || c[1].B != 2 || got.Stores[0].Reg != 4 {
		t.Errorf("got %+v, %+v", got.Code, got.Stores)
	}
}

func TestRowsThatAreNotOneLoopAreNoMatrix(t *testing.T) {
	s := someRegion()
	s.Loads[0].Strides = []int{1, 0, 0} // by the first of the two axes of the rows
	if got, ok := asMatrix(s, 1, 0, 2); ok {
		t.Errorf("got %+v", got)
	}
	if _, ok := asMatrix(s, 1, 1, 2); !ok {
		t.Error("got no matrix for a batch")
	}
}

func TestReorderedRegionsReadTheSamePlaces(t *testing.T) {
	s := someRegion()
	got := reordered(s, []int{2, 0, 1})
	for i, l := range got.Loads {
		a, b := places(got.Dims, l.Strides), places(s.Dims, s.Loads[i].Strides)
		slices.Sort(a)
		slices.Sort(b)
		if !slices.Equal(a, b) || len(got.Dims) != 3 || got.Dims[0] != 4 {
			t.Errorf("load %d: got %v of %v", i, l.Strides, got.Dims)
		}
	}
}
