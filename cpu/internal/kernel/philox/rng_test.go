package philox_test

import (
	"math"
	"testing"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel/philox"
	"github.com/elbo-go/elbo/internal/rng"
)

// rootOf is the stream that package rng draws from for a seed: its root key is the first half of
// a block under the seed.
func rootOf(seed uint64) philox.Stream {
	half := philox.Stream{Key: [2]uint32{uint32(seed), uint32(seed >> 32)}, Counter: [4]uint32{0x656c626f, 0, 0, 0x5eed}}.Block()
	return philox.Stream{Key: [2]uint32{half[0], half[1]}, Counter: [4]uint32{0, 0, 3, 0}}
}

func TestDrawsAgreeWithPackageRNG(t *testing.T) {
	const n = 1001
	for _, seed := range []uint64{0, 1, 1 << 40, math.MaxUint64} {
		want, got := make([]float32, n), make([]float32, n)
		for _, l := range isa.Available() {
			rng.New(seed).Uniform(want)
			philox.Uniform32(l, unsafe.Pointer(&got[0]), rootOf(seed), 0, n)
			for i := range got {
				if got[i] != want[i] {
					t.Fatalf("%v: seed %d: uniform %d: got %v, want %v", l, seed, i, got[i], want[i])
				}
			}
			rng.New(seed).Normal(want)
			philox.Normal32(l, unsafe.Pointer(&got[0]), rootOf(seed), 0, n)
			for i := range got {
				if math.Abs(float64(got[i]-want[i])) > 7*0x1p-22 { // relative to the radius, which is below 7
					t.Fatalf("%v: seed %d: normal %d: got %v, want %v", l, seed, i, got[i], want[i])
				}
			}
		}
	}
}

// Every bit of 2¹⁶ words is set in half of them, within 5 standard errors (false alarm 2e-5).
func TestEveryBitIsFair(t *testing.T) {
	const n = 1 << 16
	words := make([]uint32, n)
	philox.Bits(isa.Best(), unsafe.Pointer(&words[0]), stream, 0, 4*n)
	for bit := range 32 {
		set := 0
		for _, w := range words {
			set += int(w >> bit & 1)
		}
		if math.Abs(float64(set)-n/2) > 5*math.Sqrt(n)/2 {
			t.Errorf("bit %d: set in %d of %d words", bit, set, n)
		}
	}
}
