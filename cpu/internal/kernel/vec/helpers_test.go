package vec_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/kernel/vec"
	"github.com/gomlx/compute/dtypes"
)

// types are all types that the package works on.
var types = []dtypes.DType{
	dtypes.Bool, dtypes.Int8, dtypes.Int16, dtypes.Int32, dtypes.Int64, dtypes.Uint8, dtypes.Uint16, dtypes.Uint32,
	dtypes.Uint64, dtypes.Float32, dtypes.Float64, dtypes.Float16, dtypes.BFloat16,
}

// lengths are those of the tests: whole and partial vectors of every size.
func lengths() []int {
	out := []int{255, 256, 257, 300, 511, 1000}
	for n := range 131 {
		out = append(out, n)
	}
	return out
}

// special are floats at which something changes.
var special = []float64{
	0, math.Copysign(0, -1), 1, -1, 0.5, -0.5, 1.5, 2.5, 2, -2, 3, math.Inf(1), math.Inf(-1), math.NaN(), math.Copysign(math.NaN(), -1),
	math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32, -math.SmallestNonzeroFloat32, 0x1p-126, 0x1p-127, math.MaxFloat64,
	0x1p31, -0x1p31, 0x1p31 - 1, 0x1p32, 0x1p63, -0x1p63, 0x1p64, 127.5, 255.5, -128.5, 65504, 65519, 65520, 0x1p-24, 0x1p-25, 0x1.8p-24, 88.7, -103.9, 1e10,
}

// value draws the bits of an element: a special number, one of moderate size, or any bits.
func value(rng *rand.Rand, dt dtypes.DType) uint64 {
	if dt == dtypes.Bool {
		return rng.Uint64() & 1
	}
	x := rng.NormFloat64() * 4
	choice := rng.IntN(4)
	if choice == 0 {
		x = special[rng.IntN(len(special))]
	}
	switch {
	case choice == 3:
		return rng.Uint64()
	case !dt.IsFloat() && choice == 0:
		return []uint64{0, 1, math.MaxUint64, 1 << (dt.Bits() - 1), 1<<(dt.Bits()-1) - 1, uint64(dt.Bits())}[rng.IntN(6)]
	case !dt.IsFloat():
		return uint64(int64(x))
	case dt == dtypes.Float64:
		return math.Float64bits(x)
	}
	y := float32(x)
	if dt == dtypes.Float32 {
		return uint64(math.Float32bits(y))
	}
	var h uint64
	vec.Convert(isa.Portable, dtypes.Float32, dt)(unsafe.Pointer(&h), unsafe.Pointer(&y), nil, nil, 1)
	return h
}

// draw fills n elements.
func draw(rng *rand.Rand, dt dtypes.DType, p unsafe.Pointer, n int) {
	var b [8]byte
	for i := range n {
		binary.LittleEndian.PutUint64(b[:], value(rng, dt))
		copy(unsafe.Slice((*byte)(unsafe.Add(p, i*dt.Size())), dt.Size()), b[:])
	}
}

// drawn allocates and fills n elements.
func drawn(rng *rand.Rand, dt dtypes.DType, n int) unsafe.Pointer {
	p := kernel.Alloc(n * dt.Size())
	draw(rng, dt, p, n)
	return p
}

// element reads the bits of an element.
func element(p unsafe.Pointer, size, i int) uint64 {
	var b [8]byte
	copy(b[:], unsafe.Slice((*byte)(unsafe.Add(p, i*size)), size))
	return binary.LittleEndian.Uint64(b[:])
}

// number turns an element's bits into a float64, for floats.
func number(dt dtypes.DType, bits uint64) float64 {
	switch dt {
	case dtypes.Float64:
		return math.Float64frombits(bits)
	case dtypes.Float32:
		return float64(math.Float32frombits(uint32(bits)))
	}
	var y float32
	vec.Convert(isa.Portable, dt, dtypes.Float32)(unsafe.Pointer(&y), unsafe.Pointer(&bits), nil, nil, 1)
	return float64(y)
}

// sameRun compares runs: floats may be off by some units of the last place, and every NaN is
// equal to every other.
func sameRun(t *testing.T, what string, dt dtypes.DType, got, want unsafe.Pointer, n int, ulp float64) bool {
	t.Helper()
	for i := range n {
		g, w := element(got, dt.Size(), i), element(want, dt.Size(), i)
		if g == w {
			continue
		}
		if dt.IsFloat() {
			a, b := number(dt, g), number(dt, w)
			if a != a && b != b {
				continue
			}
			if dt == dtypes.Float32 && ulp > 0 && ulps(float32(a), b) <= ulp {
				continue
			}
			if dt == dtypes.Float64 && ulp > 0 && math.Abs(a-b) <= max(4*0x1p-53*math.Abs(b), 0x1p-1073) { // 2 ulp of each
				continue
			}
			if dt.IsHalfPrecision() && ulp > 0 && g-w+1 <= 2 { // rounded to the next number
				continue
			}
			t.Errorf("%s: n %d: element %d: got %v, want %v", what, n, i, a, b)
			return false
		}
		t.Errorf("%s: n %d: element %d: got %#x, want %#x", what, n, i, g, w)
		return false
	}
	return true
}
