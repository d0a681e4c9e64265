// Package philox makes random numbers with the counter-based generator Philox4x32-10 (Salmon et
// al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): every number is a function of key,
// counter and its place in the stream, so that any slice of a stream can be made by anybody.
//
// The layout agrees with package internal/rng: its key (k0, k1) draws here from the stream with
// that key and the counter {0, 0, 3, 0}.
package philox

import (
	"math"
	"math/bits"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
)

// Multipliers and Weyl increments of Philox4x32 (Salmon et al. 2011, table 2).
const (
	mul0  = 0xD2511F53
	mul1  = 0xCD9E8D57
	weyl0 = 0x9E3779B9
	weyl1 = 0xBB67AE85
)

// Stream is an endless sequence of 128-bit blocks of random bits. Block i comes from the counter
// plus i, modulo 2¹²⁸; words are in little-endian order.
type Stream struct {
	Key     [2]uint32 // low word first
	Counter [4]uint32 // low word first
}

// Skip is the stream without its first n blocks.
func (s Stream) Skip(n uint64) Stream {
	c := &s.Counter
	low := uint64(c[0]) | uint64(c[1])<<32
	sum, carry := bits.Add64(low, n, 0)
	c[0], c[1] = uint32(sum), uint32(sum>>32)
	high := uint64(c[2]) | uint64(c[3])<<32
	high += carry
	c[2], c[3] = uint32(high), uint32(high>>32)
	return s
}

// Block is the first block of the stream.
func (s Stream) Block() [4]uint32 {
	ctr, k0, k1 := s.Counter, s.Key[0], s.Key[1]
	for range 10 {
		hi0, lo0 := bits.Mul32(mul0, ctr[0])
		hi1, lo1 := bits.Mul32(mul1, ctr[2])
		ctr = [4]uint32{hi1 ^ ctr[1] ^ k0, lo1, hi0 ^ ctr[3] ^ k1, lo0}
		k0 += weyl0
		k1 += weyl1
	}
	return ctr
}

// Bits writes n bytes of the stream, from byte start on. Words and numbers of 64 bits are
// little-endian, as in memory.
func Bits(l isa.Level, dst unsafe.Pointer, s Stream, start uint64, n int) {
	draw(l, asBits, dst, s, start, n, 1)
}

// Uniform32 writes n float32 of the uniform distribution on [0, 1): number i is the upper 24 bits
// of word i, times 2⁻²⁴. start is the index of the first.
func Uniform32(l isa.Level, dst unsafe.Pointer, s Stream, start uint64, n int) {
	draw(l, asUniform32, dst, s, start, n, 4)
}

// Uniform64 writes n float64 of the uniform distribution on [0, 1): number i is the upper 53 bits
// of the words 2i (low) and 2i+1 (high), times 2⁻⁵³. start is the index of the first.
func Uniform64(l isa.Level, dst unsafe.Pointer, s Stream, start uint64, n int) {
	draw(l, asUniform64, dst, s, start, n, 8)
}

// Normal32 writes n float32 of the normal distribution N(0, 1). Words u and v, at even and odd
// places, give a pair of numbers by Box and Muller's
//
//	r·cos φ, r·sin φ,  r = √(−2 ln((u+1)·2⁻³²)),  φ = 2π·v·2⁻³².
//
// Plain Go computes them in float64; the other levels are within 2⁻²² of that, relative to r.
// start is the index of the first number.
func Normal32(l isa.Level, dst unsafe.Pointer, s Stream, start uint64, n int) {
	draw(l, asNormal32, dst, s, start, n, 4)
}

// form is what the words of a block are turned into; every form has the size of the block.
type form int

const (
	asBits form = iota
	asUniform32
	asUniform64
	asNormal32
)

// blockSize is the size of a block in bytes.
const blockSize = 16

// draw writes n elements of a form, in whole blocks and with parts of a block at the ends.
func draw(l isa.Level, f form, dst unsafe.Pointer, s Stream, start uint64, n, size int) {
	per := blockSize / size
	s = s.Skip(start / uint64(per))
	done := 0
	if skip := int(start % uint64(per)); skip > 0 {
		done = min(n, per-skip)
		part(l, f, dst, s, skip*size, done*size)
		s = s.Skip(1)
	}
	if whole := (n - done) / per; whole > 0 {
		fill(l, f, unsafe.Add(dst, done*size), s, whole)
		s, done = s.Skip(uint64(whole)), done+whole*per
	}
	if done < n {
		part(l, f, unsafe.Add(dst, done*size), s, 0, (n-done)*size)
	}
}

// part writes n bytes of the first block, from byte skip on.
func part(l isa.Level, f form, dst unsafe.Pointer, s Stream, skip, n int) {
	var out [4]uint32
	fill(l, f, unsafe.Pointer(&out), s, 1)
	copy(unsafe.Slice((*byte)(dst), n), unsafe.Slice((*byte)(unsafe.Pointer(&out)), blockSize)[skip:])
}

// fill writes whole blocks.
func fill(l isa.Level, f form, dst unsafe.Pointer, s Stream, blocks int) {
	if fast(l, f, dst, s, blocks) {
		return
	}
	out := unsafe.Slice((*[4]uint32)(dst), blocks)
	for i := range out {
		out[i] = turn(f, s.Block())
		s = s.Skip(1)
	}
}

// turn gives a block its form.
func turn(f form, b [4]uint32) [4]uint32 {
	switch f {
	case asUniform32:
		for i, u := range b {
			b[i] = math.Float32bits(float32(u>>8) * 0x1p-24)
		}
	case asUniform64:
		for i := 0; i < 4; i += 2 {
			u := math.Float64bits(float64((uint64(b[i])|uint64(b[i+1])<<32)>>11) * 0x1p-53)
			b[i], b[i+1] = uint32(u), uint32(u>>32)
		}
	case asNormal32:
		for i := 0; i < 4; i += 2 {
			r := math.Sqrt(-2 * math.Log((float64(b[i])+1)*0x1p-32))
			sin, cos := math.Sincos(2 * math.Pi * float64(b[i+1]) * 0x1p-32)
			b[i], b[i+1] = math.Float32bits(float32(r*cos)), math.Float32bits(float32(r*sin))
		}
	}
	return b
}
