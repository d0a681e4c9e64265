package vec_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel/vec"
	"github.com/gomlx/compute/dtypes"
)

func TestFloatsBecomeIntegersBySaturation(t *testing.T) {
	for _, c := range []struct {
		x   float64
		i8  int8
		i32 int32
		i64 int64
		u8  uint8
		u64 uint64
	}{
		{0, 0, 0, 0, 0, 0},
		{1.9, 1, 1, 1, 1, 1},
		{-1.9, -1, -1, -1, 0, 0},
		{300, 127, 300, 300, 255, 300},
		{-300, -128, -300, -300, 0, 0},
		{0x1p31, 127, math.MaxInt32, 1 << 31, 255, 1 << 31},
		{-0x1p40, -128, math.MinInt32, -1 << 40, 0, 0},
		{0x1p63, 127, math.MaxInt32, math.MaxInt64, 255, 1 << 63},
		{0x1p70, 127, math.MaxInt32, math.MaxInt64, 255, math.MaxUint64},
		{inf, 127, math.MaxInt32, math.MaxInt64, 255, math.MaxUint64},
		{-inf, -128, math.MinInt32, math.MinInt64, 0, 0},
		{nan, 0, 0, 0, 0, 0},
	} {
		for _, l := range isa.Available() {
			converts(t, l, c.x, dtypes.Int8, c.i8)
			converts(t, l, c.x, dtypes.Int32, c.i32)
			converts(t, l, c.x, dtypes.Int64, c.i64)
			converts(t, l, c.x, dtypes.Uint8, c.u8)
			converts(t, l, c.x, dtypes.Uint64, c.u64)
			converts(t, l, c.x, dtypes.Bool, c.x != 0)
		}
	}
}

// converts checks conversions from float64 and from float32 to R.
func converts[R comparable](t *testing.T, l isa.Level, x float64, to dtypes.DType, want R) {
	t.Helper()
	if got := apply[float64, R](t, vec.Convert(l, dtypes.Float64, to), x); got != want {
		t.Errorf("%v: float64 %v to %v: got %v, want %v", l, x, to, got, want)
	}
	if got := apply[float32, R](t, vec.Convert(l, dtypes.Float32, to), float32(x)); got != want {
		t.Errorf("%v: float32 %v to %v: got %v, want %v", l, x, to, got, want)
	}
}

func TestIntegersWrapAndRound(t *testing.T) {
	for _, l := range isa.Available() {
		if got := apply[int32, int8](t, vec.Convert(l, dtypes.Int32, dtypes.Int8), 300); got != 44 {
			t.Errorf("%v: 300 to int8: got %d, want 44", l, got)
		}
		if got := apply[int32, uint64](t, vec.Convert(l, dtypes.Int32, dtypes.Uint64), -1); got != math.MaxUint64 {
			t.Errorf("%v: −1 to uint64: got %d", l, got)
		}
		if got := apply[uint64, float32](t, vec.Convert(l, dtypes.Uint64, dtypes.Float32), math.MaxUint64); got != 0x1p64 {
			t.Errorf("%v: 2⁶⁴−1 to float32: got %v", l, got)
		}
		if got := apply[int64, float32](t, vec.Convert(l, dtypes.Int64, dtypes.Float32), 1<<53+1); got != 0x1p53 {
			t.Errorf("%v: 2⁵³+1 to float32: got %v", l, got)
		}
		if got := apply[uint8, float32](t, vec.Convert(l, dtypes.Bool, dtypes.Float32), 1); got != 1 {
			t.Errorf("%v: true to float32: got %v, want 1", l, got)
		}
	}
}

// nearest rounds a float64 to the nearest number of a half-precision type, to even if there are
// two, by bisection over all numbers of the type.
func nearest(l isa.Level, dt dtypes.DType, table []float64, x float64) uint16 {
	if math.Abs(x) >= table[len(table)-1]+(table[len(table)-1]-table[len(table)-2])/2 {
		return uint16(len(table)) | uint16(math.Float64bits(x)>>48&0x8000)
	}
	low, high := 0, len(table)-1
	for high-low > 1 {
		if mid := (low + high) / 2; table[mid] <= math.Abs(x) {
			low = mid
		} else {
			high = mid
		}
	}
	a, b := math.Abs(x)-table[low], table[high]-math.Abs(x)
	if b < a || a == b && low&1 == 1 {
		low = high
	}
	return uint16(low) | uint16(math.Float64bits(x)>>48&0x8000)
}

// finite lists the finite numbers of a half-precision type that are not negative; the index of a
// number is its bits.
func finite(dt dtypes.DType) (table []float64) {
	for i := range 1 << 15 {
		v := number(dt, uint64(i))
		if v-v != 0 {
			break
		}
		table = append(table, v)
	}
	return table
}

func TestHalfPrecisionRoundsToTheNearestNumber(t *testing.T) {
	rng := rand.New(rand.NewPCG(20, 20))
	for _, dt := range []dtypes.DType{dtypes.Float16, dtypes.BFloat16} {
		table := finite(dt)
		var x []float32
		for range 20000 {
			i := rng.IntN(len(table) - 1)
			mid := float32((table[i] + table[i+1]) / 2)
			x = append(x, mid, -mid, math.Nextafter32(mid, 0), math.Nextafter32(mid, 1e38), float32(table[i]), float32(rng.NormFloat64()))
		}
		x = append(x, 65519, 65520, 1e6, math.MaxFloat32, 0x1p-25, 0x1.000002p-25, 0x1p-149, float32(inf), float32(-inf))
		for _, l := range isa.Available() {
			got, back := make([]uint16, len(x)), make([]float32, len(x))
			vec.Convert(l, dtypes.Float32, dt)(unsafe.Pointer(&got[0]), unsafe.Pointer(&x[0]), nil, nil, len(x))
			vec.Convert(l, dt, dtypes.Float32)(unsafe.Pointer(&back[0]), unsafe.Pointer(&got[0]), nil, nil, len(x))
			for i, v := range x {
				if want := nearest(l, dt, table, float64(v)); got[i] != want {
					t.Fatalf("%v: %v to %v: got %#x, want %#x", l, v, dt, got[i], want)
				}
				if int(got[i]&0x7fff) < len(table) && math.Abs(float64(back[i])) != table[got[i]&0x7fff] {
					t.Fatalf("%v: %v %#x: got %v, want %v", l, dt, got[i], back[i], table[got[i]&0x7fff])
				}
			}
		}
	}
}

// Float16 follows from its definition (−1)ˢ·2ᵉ⁻²⁵·(1024+m), or 2⁻²⁴·m for e = 0.
func TestFloat16NumbersFollowFromTheirBits(t *testing.T) {
	for i, got := range finite(dtypes.Float16) {
		e, m := i>>10, i&1023
		want := math.Ldexp(float64(m), -24)
		if e > 0 {
			want = math.Ldexp(float64(1024+m), e-25)
		}
		if got != want {
			t.Fatalf("%#x: got %v, want %v", i, got, want)
		}
	}
}

func TestNaNStaysNaNInHalfPrecision(t *testing.T) {
	for _, dt := range []dtypes.DType{dtypes.Float16, dtypes.BFloat16} {
		for _, bits := range []uint32{0x7f800001, 0xff800001, 0x7fc00000, 0x7fffffff, 0x7f80ffff} {
			for _, l := range isa.Available() {
				h := apply[uint32, uint16](t, vec.Convert(l, dtypes.Float32, dt), bits)
				if v := number(dt, uint64(h)); v == v {
					t.Errorf("%v: NaN %#x to %v: got %v", l, bits, dt, v)
				}
				if b := apply[uint16, uint8](t, vec.Convert(l, dt, dtypes.Bool), h); b != 1 {
					t.Errorf("%v: %v NaN to Bool: got false", l, dt)
				}
			}
		}
	}
}

// The exact product and sum have at most some 560 bits; rounding them once to 24 is the definition.
func TestMulAddRoundsOnce(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 21))
	for range 100000 {
		x, y := float32(rng.NormFloat64()), float32(rng.NormFloat64())
		z := -x * y * (1 + float32(rng.IntN(5)-2)*0x1p-23)
		if rng.IntN(2) == 0 {
			z = float32(math.Ldexp(rng.NormFloat64(), rng.IntN(80)-60))
		}
		exact := new(big.Float).SetPrec(600).Mul(big.NewFloat(float64(x)), big.NewFloat(float64(y)))
		exact.Add(exact, big.NewFloat(float64(z)))
		want, _ := exact.Float32()
		got := float32(0)
		for _, l := range isa.Available() {
			vec.Extra(l, vec.MulAdd, dtypes.Float32)(unsafe.Pointer(&got), unsafe.Pointer(&x), unsafe.Pointer(&y), unsafe.Pointer(&z), 1)
			if got != want {
				t.Fatalf("%v: %v·%v + %v: got %v, want %v", l, x, y, z, got, want)
			}
		}
	}
}
