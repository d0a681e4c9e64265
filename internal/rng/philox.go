// Package rng gives counter-based random streams: every number is a pure function of
// (seed, names, indices), so neither the number of threads nor a new consumer shifts
// anybody else's numbers, and a run resumes exactly from its seed and step alone.
//
// The generator is Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy
// as 1, 2, 3").
package rng

import "math/bits"

// Multipliers and Weyl increments of Philox4x32 (Salmon et al. 2011, table 2).
const (
	mul0  = 0xD2511F53
	mul1  = 0xCD9E8D57
	weyl0 = 0x9E3779B9
	weyl1 = 0xBB67AE85
)

// block is Philox4x32-10: it maps a 128-bit counter under a 64-bit key to 128 random bits.
func block(ctr [4]uint32, k0, k1 uint32) [4]uint32 {
	for range 10 {
		hi0, lo0 := bits.Mul32(mul0, ctr[0])
		hi1, lo1 := bits.Mul32(mul1, ctr[2])
		ctr = [4]uint32{hi1 ^ ctr[1] ^ k0, lo1, hi0 ^ ctr[3] ^ k1, lo0}
		k0 += weyl0
		k1 += weyl1
	}
	return ctr
}
