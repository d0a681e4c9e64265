package rng

import (
	"math"
	"math/rand/v2"
)

// Key names one random stream. It is a plain value: copy it, derive from it, compare it.
type Key struct{ k0, k1 uint32 }

// New returns the root key of a seed.
func New(seed uint64) Key {
	return Key{uint32(seed), uint32(seed >> 32)}.derive(0x656c626f, 0)
}

// Named derives the key of a named child stream.
func (k Key) Named(name string) Key {
	h := uint64(14695981039346656037) // FNV-1a offset basis, 64 bit
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * 1099511628211 // FNV-1a prime
	}
	return k.derive(h, 1)
}

// At derives the key of the i-th child stream, such as the i-th training step.
func (k Key) At(i uint64) Key { return k.derive(i, 2) }

// derive hashes a value into the key with one Philox block; the domain keeps seeds,
// names and indices apart.
func (k Key) derive(v uint64, domain uint32) Key {
	r := block([4]uint32{uint32(v), uint32(v >> 32), domain, 0x5eed}, k.k0, k.k1)
	return Key{r[0], r[1]}
}

// at returns the i-th 128-bit block of the stream.
func (k Key) at(i int) [4]uint32 {
	return block([4]uint32{uint32(i), uint32(uint64(i) >> 32), 3, 0}, k.k0, k.k1)
}

// Words returns the two words of the key, for a generator that draws the same numbers faster.
func (k Key) Words() (k0, k1 uint32) { return k.k0, k.k1 }

// Uniform fills dst with draws from the uniform distribution on [0, 1), 24 bits each.
func (k Key) Uniform(dst []float32) {
	for i := 0; i < len(dst); i += 4 {
		b := k.at(i / 4)
		for j := 0; j < 4 && i+j < len(dst); j++ {
			dst[i+j] = float32(b[j]>>8) * 0x1p-24
		}
	}
}

// Normal fills dst with draws from N(0, 1) by Box–Muller.
func (k Key) Normal(dst []float32) {
	for i := 0; i < len(dst); i += 4 {
		for j, v := range k.normals(i / 4) {
			if i+j < len(dst) {
				dst[i+j] = float32(v)
			}
		}
	}
}

// NormalFloat64 fills dst with the same draws as Normal, before rounding to float32.
func (k Key) NormalFloat64(dst []float64) {
	for i := 0; i < len(dst); i += 4 {
		for j, v := range k.normals(i / 4) {
			if i+j < len(dst) {
				dst[i+j] = v
			}
		}
	}
}

// normals turns block i into four standard normal values. The first uniform of each pair
// lies in (0, 1], so that its logarithm is finite.
func (k Key) normals(i int) [4]float64 {
	b := k.at(i)
	var out [4]float64
	for p := 0; p < 4; p += 2 {
		r := math.Sqrt(-2 * math.Log((float64(b[p])+1)*0x1p-32))
		sin, cos := math.Sincos(2 * math.Pi * float64(b[p+1]) * 0x1p-32)
		out[p], out[p+1] = r*cos, r*sin
	}
	return out
}

// Perm returns a permutation of 0 … n−1.
func (k Key) Perm(n int) []int { return k.Rand().Perm(n) }

// Rand returns a sequential generator over the stream, for code that draws a number of
// values that is not known beforehand. It is not safe for concurrent use.
func (k Key) Rand() *rand.Rand { return rand.New(&source{key: k, left: 0}) }

// source reads a stream block by block, 64 bits at a time.
type source struct {
	key  Key
	next int
	buf  [4]uint32
	left int
}

// Uint64 implements rand.Source.
func (s *source) Uint64() uint64 {
	if s.left == 0 {
		s.buf, s.left = s.key.at(s.next), 2
		s.next++
	}
	s.left--
	return uint64(s.buf[2*s.left]) | uint64(s.buf[2*s.left+1])<<32
}
