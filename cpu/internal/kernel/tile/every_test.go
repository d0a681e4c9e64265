package tile

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// allTypes are the types that regions compute with.
var allTypes = []dtypes.DType{dtypes.Bool, dtypes.Int8, dtypes.Int16, dtypes.Int32, dtypes.Int64, dtypes.Uint8, dtypes.Uint16,
	dtypes.Uint32, dtypes.Uint64, dtypes.Float16, dtypes.BFloat16, dtypes.Float32, dtypes.Float64}

// isPredicate reports whether an operation gives truth values of numbers.
func isPredicate(op compute.OpType) bool {
	return slices.Contains([]compute.OpType{
		compute.OpTypeEqual, compute.OpTypeNotEqual, compute.OpTypeLessThan, compute.OpTypeLessOrEqual,
		compute.OpTypeGreaterThan, compute.OpTypeGreaterOrEqual, compute.OpTypeEqualTotalOrder, compute.OpTypeNotEqualTotalOrder,
		compute.OpTypeLessThanTotalOrder, compute.OpTypeLessOrEqualTotalOrder, compute.OpTypeGreaterThanTotalOrder,
		compute.OpTypeGreaterOrEqualTotalOrder, compute.OpTypeIsFinite, compute.OpTypeIsNaN,
	}, op)
}

// one is a region of one instruction, over rows that are not contiguous in memory.
func one(op compute.OpType, dt, to dtypes.DType) Spec {
	const m, n = 5, 77
	s := Spec{Dims: []int{m, n}}
	in := Instr{Op: op, DType: dt, To: to, A: -1, B: -1, C: -1}
	for i, reg := range []*int{&in.A, &in.B, &in.C}[:arity(op)] {
		*reg = i
		ld := Load{dt, []int{n + 3, 1}}
		if op == compute.OpTypeWhere && i == 0 {
			ld.DType = dtypes.Bool
		}
		s.Loads = append(s.Loads, ld)
	}
	s.Code = []Instr{in}
	s.Stores = []Store{{Reg: len(s.Loads), DType: to, Strides: []int{n, 1}}}
	return s
}

// checkOne compares a region with its definition at every level and returns whether it exists.
// The float32 versions of sine, cosine and power leave hard numbers and their neighbours to the
// plain loop, so that a result may depend on its place by its 2 units in the last place.
func checkOne(t *testing.T, s Spec) bool {
	t.Helper()
	for _, l := range isa.Available() {
		k, err := New(l, s)
		if err != nil {
			return false
		}
		rng := rand.New(rand.NewPCG(31, uint64(l)))
		tr := newTrial(s, rng, true, false)
		want, slacks := tr.want(l)
		if len(s.Code) == 1 && slices.Contains([]compute.OpType{compute.OpTypeSin, compute.OpTypeCos, compute.OpTypePow}, s.Code[0].Op) {
			indices(s.Dims, func(idx []int) {
				i := dot(idx, s.Stores[0].Strides)
				slacks[0][i] = 4 * 0x1p-23 * math.Abs(number(want[0].get(i), s.Stores[0].DType))
			})
		}
		shuffled(k, rng, tr.args)
		for j, st := range s.Stores {
			compare(t, fmt.Sprint(l, " ", st.DType, " ", k.Name()), s.Dims, st, tr.stores[j], want[j], slacks[j])
		}
	}
	return true
}

func TestEveryOperationOfEveryTypeIsComputed(t *testing.T) {
	count := 0
	for op := compute.OpTypeInvalid + 1; op <= LogitsGrad; op++ {
		if isReduce(op) || op == compute.OpTypeConvertDType {
			continue
		}
		for _, dt := range allTypes {
			to := dt
			if isPredicate(op) {
				to = dtypes.Bool
			}
			if checkOne(t, one(op, dt, to)) {
				count++
			}
		}
	}
	if count < 350 {
		t.Errorf("got %d operations, want at least 350", count)
	}
}

func TestEveryTypeConvertsToEveryOther(t *testing.T) {
	for _, from := range allTypes {
		for _, to := range allTypes {
			if !checkOne(t, one(compute.OpTypeConvertDType, from, to)) {
				t.Errorf("%v to %v: got no region", from, to)
			}
		}
	}
}

func TestEveryReductionOfEveryTypeIsComputedOverEveryAxis(t *testing.T) {
	count := 0
	for op := compute.OpTypeReduceBitwiseAnd; op <= compute.OpTypeReduceSum; op++ {
		for _, dt := range allTypes {
			for mask := 1; mask < 8; mask++ {
				s := Spec{Dims: []int{3, 7, 21}, Loads: []Load{{dt, []int{150, 21, 1}}}}
				over := []bool{mask&1 > 0, mask&2 > 0, mask&4 > 0}
				strides := rowMajor(remaining(s.Dims, over))
				for i := range over {
					if over[i] {
						strides[i] = 0
					}
				}
				s.Stores = []Store{{Reg: 0, DType: dt, Reduce: op, Over: over, Strides: strides}}
				if checkOne(t, s) {
					count++
				}
			}
		}
	}
	if count < 7*70 {
		t.Errorf("got %d reductions, want at least %d", count, 7*70)
	}
}

func TestSevenDimensionsThatCannotBeMerged(t *testing.T) {
	w := over(2, 3, 2, 4, 3, 2, 5)
	turned := []int{0, 0, 0, 0, 0, 0, 0}
	for i, size := 0, 1; i < len(turned); i++ {
		turned[i] = size
		size *= w.Dims[i]
	}
	x := w.op(compute.OpTypeMul, w.matrix(), w.load(turned...))
	if !checkOne(t, w.store(x).sum(x, 0, 2, 4, 6).sum(x, 1, 3, 5).Spec) {
		t.Error("got no region")
	}
}

// A row of the table is b·x + the running number of the row; the second result is the largest
// element of each column.
func ExampleNew() {
	s := Spec{
		Dims:  []int{2, 3},
		Loads: []Load{{dtypes.Float32, []int{3, 1}}, {dtypes.Float32, []int{0, 1}}, {dtypes.Float32, []int{1, 0}}},
		Code:  []Instr{{Op: MulAdd, DType: dtypes.Float32, To: dtypes.Float32, A: 0, B: 1, C: 2}},
		Stores: []Store{
			{Reg: 3, DType: dtypes.Float32, Strides: []int{3, 1}},
			{Reg: 3, DType: dtypes.Float32, Reduce: compute.OpTypeReduceMax, Over: []bool{true, false}, Strides: []int{0, 1}},
		},
	}
	k, err := New(isa.Best(), s)
	if err != nil {
		fmt.Println(err)
		return
	}
	x, b, number := []float32{1, 2, 3, 4, 5, 6}, []float32{1, 10, 100}, []float32{0, 1}
	y, top := make([]float32, 6), make([]float32, 3)
	kernel.Run(k, unsafe.Pointer(&y[0]), unsafe.Pointer(&top[0]), unsafe.Pointer(&x[0]), unsafe.Pointer(&b[0]), unsafe.Pointer(&number[0]))
	fmt.Println(k.Name())
	fmt.Println(y, top)
	// Output:
	// region muladd [2×3] max:0
	// [1 20 300 5 51 601] [5 51 601]
}

func TestOperandsOfNoExtentAreAllowed(t *testing.T) {
	for _, dims := range [][]int{{}, {1}, {1, 1, 1}} {
		w := over(dims...)
		if !checkOne(t, w.store(w.op(MulAdd, w.matrix(), w.number(), w.matrix())).Spec) {
			t.Errorf("%v: got no region", dims)
		}
	}
}
