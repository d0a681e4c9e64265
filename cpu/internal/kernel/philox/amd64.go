//go:build amd64 && !noasm

package philox

import (
	"math"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
)

//go:generate go run -C ../../avo ./vec -level avx512 -out ../kernel/philox/zz_avx512_amd64.s -stubs ../kernel/philox/zz_avx512_amd64.go -pkg philox
//go:generate go run -C ../../avo ./vec -level avx2 -out ../kernel/philox/zz_avx2_amd64.s -stubs ../kernel/philox/zz_avx2_amd64.go -pkg philox

// setup is what the routines read: the keys of the rounds and the counter, all as 64 bits.
type setup struct {
	keys          [10][2]uint64
	low           uint64 // the lower half of the counter
	third, fourth uint64 // its upper words
}

// maxBlocks is the number of blocks for one call, which is not preempted.
const maxBlocks = 2048

// most is the largest number of blocks that a routine makes at a time.
const most = 8

// step is the number of blocks that a level's routines make at a time, or 0.
func step(l isa.Level) int {
	switch l {
	case isa.AVX512:
		return most
	case isa.AVX2:
		return most / 2
	}
	return 0
}

// fast writes whole blocks, if the level has routines; those left after the last full step are
// made in a buffer, so that a number does not depend on where a slice of the stream ends. Blocks
// whose counters cross the end of their lower half are left to the plain loop.
func fast(l isa.Level, f form, dst unsafe.Pointer, s Stream, blocks int) bool {
	by := step(l)
	c := newSetup(s)
	if by == 0 || uint64(blocks)+most > math.MaxUint64-c.low {
		return false
	}
	whole := blocks - blocks%by
	for done := 0; done < whole; done += maxBlocks {
		n := min(maxBlocks, whole-done)
		call(l, f, unsafe.Add(dst, done*blockSize), unsafe.Pointer(&c), n)
		c.low += uint64(n)
	}
	if rest := blocks - whole; rest > 0 {
		var buffer [most][4]uint32
		call(l, f, unsafe.Pointer(&buffer), unsafe.Pointer(&c), by)
		copy(unsafe.Slice((*[4]uint32)(unsafe.Add(dst, whole*blockSize)), rest), buffer[:])
	}
	return true
}

func newSetup(s Stream) (c setup) {
	k0, k1 := s.Key[0], s.Key[1]
	for i := range c.keys {
		c.keys[i] = [2]uint64{uint64(k0), uint64(k1)}
		k0 += weyl0
		k1 += weyl1
	}
	c.low = uint64(s.Counter[0]) | uint64(s.Counter[1])<<32
	c.third, c.fourth = uint64(s.Counter[2]), uint64(s.Counter[3])
	return c
}

// call runs the routine of a level for a form. It calls by name, so that setup stays on the stack.
func call(l isa.Level, f form, dst, setup unsafe.Pointer, blocks int) {
	wide := l == isa.AVX512
	switch {
	case f == asBits && wide:
		bitsAVX512(dst, setup, blocks)
	case f == asBits:
		bitsAVX2(dst, setup, blocks)
	case f == asUniform32 && wide:
		uniform32AVX512(dst, setup, blocks)
	case f == asUniform32:
		uniform32AVX2(dst, setup, blocks)
	case f == asUniform64 && wide:
		uniform64AVX512(dst, setup, blocks)
	case f == asUniform64:
		uniform64AVX2(dst, setup, blocks)
	case wide:
		normal32AVX512(dst, setup, blocks)
	default:
		normal32AVX2(dst, setup, blocks)
	}
}
