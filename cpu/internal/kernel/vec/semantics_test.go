package vec_test

import (
	"fmt"
	"math"
	"testing"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel/vec"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
)

var (
	nan = math.NaN()
	inf = math.Inf(1)
	mz  = math.Copysign(0, -1) // minus zero
)

// apply computes one element of T from operands of T on a level, in a run long enough for whole
// vectors, all of whose elements must agree.
func apply[T, R comparable](t *testing.T, fn vec.Fn, x ...T) R {
	t.Helper()
	const n = 67
	var in [3]unsafe.Pointer
	for i, v := range x {
		run := make([]T, n)
		for j := range run {
			run[j] = v
		}
		in[i] = unsafe.Pointer(&run[0])
	}
	out := make([]R, n)
	fn(unsafe.Pointer(&out[0]), in[0], in[1], in[2], n)
	for i, v := range out {
		if v != out[0] && v == v {
			t.Fatalf("element %d: got %v, but %v at the beginning", i, v, out[0])
		}
	}
	return out[0]
}

// sameFloat tells zeros apart and takes NaN for equal.
func sameFloat(a, b float64) bool {
	return a != a && b != b || a == b && math.Signbit(a) == math.Signbit(b)
}

func TestFloatOperationsTreatSpecialNumbersAsStated(t *testing.T) {
	type op = compute.OpType
	for _, c := range []struct {
		op   op
		x    []float64
		want float64
	}{
		{compute.OpTypeMax, []float64{1, nan}, nan}, {compute.OpTypeMax, []float64{nan, 1}, nan},
		{compute.OpTypeMax, []float64{mz, 0}, 0}, {compute.OpTypeMax, []float64{0, mz}, 0}, {compute.OpTypeMax, []float64{mz, mz}, mz},
		{compute.OpTypeMax, []float64{-inf, -5}, -5}, {compute.OpTypeMax, []float64{nan, inf}, nan},
		{compute.OpTypeMin, []float64{1, nan}, nan}, {compute.OpTypeMin, []float64{nan, 1}, nan},
		{compute.OpTypeMin, []float64{mz, 0}, mz}, {compute.OpTypeMin, []float64{0, mz}, mz}, {compute.OpTypeMin, []float64{0, 0}, 0},
		{compute.OpTypeMin, []float64{3, -2}, -2}, {compute.OpTypeMin, []float64{-inf, nan}, nan},
		{compute.OpTypeClamp, []float64{1, 5, 3}, 3}, {compute.OpTypeClamp, []float64{1, 0, 3}, 1}, {compute.OpTypeClamp, []float64{1, 2, 3}, 2},
		{compute.OpTypeClamp, []float64{1, nan, 3}, nan}, {compute.OpTypeClamp, []float64{4, 2, 3}, 3},
		{compute.OpTypeSign, []float64{nan}, 0}, {compute.OpTypeSign, []float64{mz}, 0}, {compute.OpTypeSign, []float64{-inf}, -1}, {compute.OpTypeSign, []float64{0x1p-140}, 1},
		{compute.OpTypeAbs, []float64{mz}, 0}, {compute.OpTypeAbs, []float64{-inf}, inf}, {compute.OpTypeAbs, []float64{-3}, 3},
		{compute.OpTypeNeg, []float64{0}, mz}, {compute.OpTypeNeg, []float64{-2}, 2},
		{compute.OpTypeRound, []float64{0.5}, 0}, {compute.OpTypeRound, []float64{1.5}, 2}, {compute.OpTypeRound, []float64{2.5}, 2}, {compute.OpTypeRound, []float64{-0.5}, mz},
		{compute.OpTypeFloor, []float64{-0.5}, -1}, {compute.OpTypeFloor, []float64{mz}, mz}, {compute.OpTypeCeil, []float64{-0.5}, mz}, {compute.OpTypeCeil, []float64{0x1p30}, 0x1p30},
		{compute.OpTypeSqrt, []float64{-1}, nan}, {compute.OpTypeSqrt, []float64{mz}, mz}, {compute.OpTypeSqrt, []float64{9}, 3},
		{compute.OpTypeRsqrt, []float64{0}, inf}, {compute.OpTypeRsqrt, []float64{mz}, -inf}, {compute.OpTypeRsqrt, []float64{inf}, 0}, {compute.OpTypeRsqrt, []float64{4}, 0.5},
		{compute.OpTypeDiv, []float64{1, 0}, inf}, {compute.OpTypeDiv, []float64{0, 0}, nan}, {compute.OpTypeDiv, []float64{1, -inf}, mz},
		{compute.OpTypeRem, []float64{5, 3}, 2}, {compute.OpTypeRem, []float64{-5, 3}, -2}, {compute.OpTypeRem, []float64{5, -3}, 2}, {compute.OpTypeRem, []float64{1, 0}, nan},
		{compute.OpTypePow, []float64{2, 10}, 1024}, {compute.OpTypePow, []float64{-2, 3}, -8}, {compute.OpTypePow, []float64{-2, 0.5}, nan}, {compute.OpTypePow, []float64{0, 0}, 1},
		{compute.OpTypePow, []float64{0, -1}, inf}, {compute.OpTypePow, []float64{nan, 0}, 1}, {compute.OpTypePow, []float64{1, nan}, 1}, {compute.OpTypePow, []float64{mz, 3}, mz},
		{compute.OpTypePow, []float64{4, 0.5}, 2}, {compute.OpTypePow, []float64{inf, -1}, 0}, {compute.OpTypePow, []float64{2, inf}, inf}, {compute.OpTypePow, []float64{0.5, inf}, 0},
		{compute.OpTypeAtan2, []float64{0, 1}, 0}, {compute.OpTypeAtan2, []float64{mz, 1}, mz}, {compute.OpTypeAtan2, []float64{nan, 1}, nan},
		{compute.OpTypeExp, []float64{-inf}, 0}, {compute.OpTypeExp, []float64{inf}, inf}, {compute.OpTypeExp, []float64{mz}, 1}, {compute.OpTypeExp, []float64{nan}, nan},
		{compute.OpTypeExpm1, []float64{mz}, mz}, {compute.OpTypeExpm1, []float64{-inf}, -1}, {compute.OpTypeExpm1, []float64{inf}, inf}, {compute.OpTypeExpm1, []float64{0x1p-149}, 0x1p-149},
		{compute.OpTypeLog, []float64{0}, -inf}, {compute.OpTypeLog, []float64{mz}, -inf}, {compute.OpTypeLog, []float64{-1}, nan}, {compute.OpTypeLog, []float64{1}, 0}, {compute.OpTypeLog, []float64{inf}, inf},
		{compute.OpTypeLog1p, []float64{mz}, mz}, {compute.OpTypeLog1p, []float64{-1}, -inf}, {compute.OpTypeLog1p, []float64{-2}, nan}, {compute.OpTypeLog1p, []float64{-0x1p-149}, -0x1p-149},
		{compute.OpTypeTanh, []float64{inf}, 1}, {compute.OpTypeTanh, []float64{-inf}, -1}, {compute.OpTypeTanh, []float64{mz}, mz}, {compute.OpTypeTanh, []float64{nan}, nan},
		{compute.OpTypeLogistic, []float64{-inf}, 0}, {compute.OpTypeLogistic, []float64{inf}, 1}, {compute.OpTypeLogistic, []float64{0}, 0.5}, {compute.OpTypeLogistic, []float64{nan}, nan},
		{compute.OpTypeErf, []float64{mz}, mz}, {compute.OpTypeErf, []float64{-inf}, -1}, {compute.OpTypeErf, []float64{nan}, nan}, {compute.OpTypeErf, []float64{5}, math.Erf(5)},
		{compute.OpTypeSin, []float64{inf}, nan}, {compute.OpTypeSin, []float64{mz}, mz}, {compute.OpTypeCos, []float64{-inf}, nan}, {compute.OpTypeCos, []float64{mz}, 1}, {compute.OpTypeCos, []float64{nan}, nan},
	} {
		for _, l := range isa.Available() {
			if got := apply[float64, float64](t, vec.Lookup(l, c.op, dtypes.Float64), c.x...); !sameFloat(got, c.want) {
				t.Errorf("%v/%v/float64 of %v: got %v, want %v", l, c.op, c.x, got, c.want)
			}
			x := make([]float32, len(c.x))
			for i, v := range c.x {
				x[i] = float32(v)
			}
			if got := apply[float32, float32](t, vec.Lookup(l, c.op, dtypes.Float32), x...); !sameFloat(float64(got), float64(float32(c.want))) {
				t.Errorf("%v/%v/float32 of %v: got %v, want %v", l, c.op, c.x, got, c.want)
			}
		}
	}
}

func TestIntegerOperationsTreatBordersAsStated(t *testing.T) {
	const low = math.MinInt32
	for _, c := range []struct {
		op   compute.OpType
		x    []int32
		want int32
	}{
		{compute.OpTypeDiv, []int32{7, -2}, -3}, {compute.OpTypeDiv, []int32{7, 0}, -1}, {compute.OpTypeDiv, []int32{low, -1}, low},
		{compute.OpTypeRem, []int32{-7, 3}, -1}, {compute.OpTypeRem, []int32{7, -3}, 1}, {compute.OpTypeRem, []int32{7, 0}, 7}, {compute.OpTypeRem, []int32{low, -1}, 0},
		{compute.OpTypePow, []int32{3, 4}, 81}, {compute.OpTypePow, []int32{-2, 3}, -8}, {compute.OpTypePow, []int32{5, 0}, 1}, {compute.OpTypePow, []int32{5, -1}, 1}, {compute.OpTypePow, []int32{2, 32}, 0},
		{compute.OpTypeAbs, []int32{-5}, 5}, {compute.OpTypeAbs, []int32{low}, low}, {compute.OpTypeNeg, []int32{low}, low},
		{compute.OpTypeSign, []int32{-9}, -1}, {compute.OpTypeSign, []int32{0}, 0}, {compute.OpTypeSign, []int32{9}, 1},
		{compute.OpTypeAdd, []int32{math.MaxInt32, 1}, low}, {compute.OpTypeMul, []int32{1 << 20, 1 << 20}, 0},
		{compute.OpTypeShiftLeft, []int32{1, 31}, low}, {compute.OpTypeShiftLeft, []int32{1, 32}, 0}, {compute.OpTypeShiftLeft, []int32{1, -1}, 0},
		{compute.OpTypeShiftRightArithmetic, []int32{-8, 1}, -4}, {compute.OpTypeShiftRightArithmetic, []int32{-8, 99}, -1}, {compute.OpTypeShiftRightArithmetic, []int32{8, -1}, 0},
		{compute.OpTypeShiftRightLogical, []int32{-1, 28}, 15}, {compute.OpTypeShiftRightLogical, []int32{-1, 32}, 0},
		{compute.OpTypeBitCount, []int32{-1}, 32}, {compute.OpTypeBitCount, []int32{5}, 2}, {compute.OpTypeClz, []int32{1}, 31}, {compute.OpTypeClz, []int32{0}, 32}, {compute.OpTypeClz, []int32{-1}, 0},
		{compute.OpTypeBitwiseNot, []int32{0}, -1}, {compute.OpTypeBitwiseXor, []int32{6, 3}, 5}, {compute.OpTypeBitwiseAnd, []int32{6, 3}, 2}, {compute.OpTypeBitwiseOr, []int32{6, 3}, 7},
		{compute.OpTypeClamp, []int32{-1, 7, 5}, 5}, {compute.OpTypeMax, []int32{low, -1}, -1}, {compute.OpTypeMin, []int32{low, 3}, low},
	} {
		for _, l := range isa.Available() {
			if got := apply[int32, int32](t, vec.Lookup(l, c.op, dtypes.Int32), c.x...); got != c.want {
				t.Errorf("%v/%v/int32 of %v: got %v, want %v", l, c.op, c.x, got, c.want)
			}
		}
	}
	for _, c := range []struct {
		op   compute.OpType
		x    []uint8
		want uint8
	}{
		{compute.OpTypeDiv, []uint8{7, 0}, 255}, {compute.OpTypeRem, []uint8{7, 0}, 7}, {compute.OpTypeNeg, []uint8{1}, 255}, {compute.OpTypeSign, []uint8{200}, 1},
		{compute.OpTypeMax, []uint8{200, 100}, 200}, {compute.OpTypeClz, []uint8{1}, 7}, {compute.OpTypeBitCount, []uint8{255}, 8}, {compute.OpTypeAbs, []uint8{200}, 200},
		{compute.OpTypeShiftRightArithmetic, []uint8{200, 1}, 100}, {compute.OpTypeShiftLeft, []uint8{1, 8}, 0}, {compute.OpTypePow, []uint8{2, 7}, 128}, {compute.OpTypeSub, []uint8{1, 2}, 255},
	} {
		for _, l := range isa.Available() {
			if got := apply[uint8, uint8](t, vec.Lookup(l, c.op, dtypes.Uint8), c.x...); got != c.want {
				t.Errorf("%v/%v/uint8 of %v: got %v, want %v", l, c.op, c.x, got, c.want)
			}
		}
	}
}

// The total order is −NaN < −Inf < −1 < −0 < +0 < 1 < Inf < NaN.
func TestTotalOrderComparesEveryPair(t *testing.T) {
	order := []float64{math.Copysign(nan, -1), -inf, -1, mz, 0, 1, inf, math.Copysign(nan, 1)}
	for i, x := range order {
		for j, y := range order {
			for op, want := range map[compute.OpType][2]bool{ // in the total order, and as numbers
				compute.OpTypeEqual: {i == j, x == y}, compute.OpTypeNotEqual: {i != j, x != y}, compute.OpTypeLessThan: {i < j, x < y},
				compute.OpTypeLessOrEqual: {i <= j, x <= y}, compute.OpTypeGreaterThan: {i > j, x > y}, compute.OpTypeGreaterOrEqual: {i >= j, x >= y},
			} {
				whole, err := compute.OpTypeString(op.String() + "TotalOrder")
				if err != nil {
					t.Fatal(err)
				}
				for _, l := range isa.Available() {
					if got := apply[float64, bool](t, vec.Lookup(l, whole, dtypes.Float64), x, y); got != want[0] {
						t.Errorf("%v/%v/float64 of %v, %v: got %v", l, whole, x, y, got)
					}
					if got := apply[float32, bool](t, vec.Lookup(l, whole, dtypes.Float32), float32(x), float32(y)); got != want[0] {
						t.Errorf("%v/%v/float32 of %v, %v: got %v", l, whole, x, y, got)
					}
					if got := apply[float64, bool](t, vec.Lookup(l, op, dtypes.Float64), x, y); got != want[1] {
						t.Errorf("%v/%v/float64 of %v, %v: got %v", l, op, x, y, got)
					}
				}
			}
		}
	}
}

func TestBoolOperationsFollowTheirTruthTables(t *testing.T) {
	for i := range 4 {
		x, y := uint8(i>>1), uint8(i&1)
		for op, want := range map[compute.OpType]uint8{
			compute.OpTypeLogicalAnd: x & y, compute.OpTypeLogicalOr: x | y, compute.OpTypeLogicalXor: x ^ y, compute.OpTypeLogicalNot: 1 - x,
			compute.OpTypeMin: x & y, compute.OpTypeMax: x | y, compute.OpTypeNotEqual: x ^ y, compute.OpTypeEqual: 1 - x ^ y,
			compute.OpTypeLessThan: (1 - x) & y, compute.OpTypeGreaterOrEqual: 1 - (1-x)&y,
		} {
			for _, l := range isa.Available() {
				if got := apply[uint8, uint8](t, vec.Lookup(l, op, dtypes.Bool), x, y); got != want {
					t.Errorf("%v/%v of %d, %d: got %d, want %d", l, op, x, y, got, want)
				}
			}
		}
	}
}

func TestThereIsNoOperationWhereNoneMakesSense(t *testing.T) {
	for _, c := range []struct {
		op compute.OpType
		dt dtypes.DType
	}{
		{compute.OpTypeExp, dtypes.Int32}, {compute.OpTypeLogicalAnd, dtypes.Float32}, {compute.OpTypeBitwiseAnd, dtypes.Float64},
		{compute.OpTypeAdd, dtypes.Bool}, {compute.OpTypeDotGeneral, dtypes.Float32}, {compute.OpTypeAdd, dtypes.Complex64},
		{compute.OpTypeShiftLeft, dtypes.BFloat16}, {compute.OpTypeIsNaN, dtypes.Int8},
	} {
		for _, l := range isa.Available() {
			if vec.Lookup(l, c.op, c.dt) != nil {
				t.Errorf("%v/%v/%v: got an operation, want none", l, c.op, c.dt)
			}
		}
	}
	if vec.Extra(isa.Best(), vec.MulAdd, dtypes.Int8) != nil || vec.Fill(isa.Best(), 3) != nil || vec.Copy(isa.Best(), 16) != nil ||
		vec.Convert(isa.Best(), dtypes.Complex64, dtypes.Float32) != nil || vec.Reduce(isa.Best(), compute.OpTypeReduceSum, dtypes.BFloat16) != nil {
		t.Error("got an operation for a type or size that has none")
	}
}

func TestStridedMovesGatherAndScatter(t *testing.T) {
	const n = 37
	for _, size := range []int{1, 2, 4, 8} {
		for _, l := range isa.Available() {
			for _, stride := range []int{size, 3 * size, -2 * size, 0} {
				src, dst, back := make([]byte, 3*n*size), make([]byte, n*size), make([]byte, 3*n*size)
				for i := range src {
					src[i] = byte(i*7 + 1)
				}
				start := 0
				if stride < 0 {
					start = -stride * (n - 1)
				}
				vec.StridedLoad(l, size)(unsafe.Pointer(&dst[0]), unsafe.Pointer(&src[start]), stride, n)
				vec.StridedStore(l, size)(unsafe.Pointer(&back[start]), unsafe.Pointer(&dst[0]), stride, n)
				for i := range n {
					at := start + i*stride
					if got, want := fmt.Sprint(dst[i*size:(i+1)*size]), fmt.Sprint(src[at:at+size]); got != want {
						t.Fatalf("%v: size %d, stride %d: element %d: got %v, want %v", l, size, stride, i, got, want)
					}
					if got, want := fmt.Sprint(back[at:at+size]), fmt.Sprint(src[at:at+size]); got != want {
						t.Fatalf("%v: size %d, stride %d: element %d put back: got %v, want %v", l, size, stride, i, got, want)
					}
				}
			}
		}
	}
	if vec.StridedLoad(isa.Best(), 3) != nil || vec.StridedStore(isa.Best(), 3) != nil {
		t.Error("got a strided move of 3 bytes, want none")
	}
}
