package rng

import (
	"math"
	"testing"
)

// Known answers published with Random123 (Salmon et al. 2011) for philox4x32-10.
func TestPhiloxKnownAnswers(t *testing.T) {
	const f = 0xffffffff
	for _, c := range []struct {
		ctr    [4]uint32
		k0, k1 uint32
		want   [4]uint32
	}{
		{[4]uint32{}, 0, 0, [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{[4]uint32{f, f, f, f}, f, f, [4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{[4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0xa4093822, 0x299f31d0,
			[4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	} {
		if got := block(c.ctr, c.k0, c.k1); got != c.want {
			t.Errorf("block(%x, %x, %x) = %x, want %x", c.ctr, c.k0, c.k1, got, c.want)
		}
	}
}

// A prefix of a stream does not depend on how many numbers are drawn after it.
func TestPrefixStable(t *testing.T) {
	k := New(7).Named("z").At(3)
	long, short := make([]float32, 1001), make([]float32, 17)
	k.Normal(long)
	k.Normal(short)
	for i, v := range short {
		if v != long[i] {
			t.Fatalf("element %d: %v with 17 draws, %v with 1001", i, v, long[i])
		}
	}
}

func TestDerivedKeysDiffer(t *testing.T) {
	seen := map[Key]string{}
	add := func(k Key, what string) {
		if old, ok := seen[k]; ok {
			t.Errorf("%s and %s share a key", what, old)
		}
		seen[k] = what
	}
	for seed := range uint64(100) {
		add(New(seed), "seed")
		for i := range uint64(100) {
			add(New(seed).At(i), "at")
		}
	}
	add(New(1).Named("a").Named("b"), "a/b")
	add(New(1).Named("ab"), "ab")
	add(New(1).Named("b").Named("a"), "b/a")
}

// Moments of 400,000 draws, each within 5 standard errors (false alarm 6e-7 a check).
func TestMoments(t *testing.T) {
	const n = 400_000
	x := make([]float32, n)
	New(11).Normal(x)
	var m1, m2, m4 float64
	for _, v := range x {
		f := float64(v)
		m1, m2, m4 = m1+f/n, m2+f*f/n, m4+f*f*f*f/n
	}
	for _, c := range []struct {
		name           string
		got, want, sdv float64
	}{{"mean", m1, 0, 1}, {"second", m2, 1, math.Sqrt2}, {"fourth", m4, 3, math.Sqrt(96)}} {
		if se := c.sdv / math.Sqrt(n); math.Abs(c.got-c.want) > 5*se {
			t.Errorf("%s moment %v, want %v ± %v", c.name, c.got, c.want, 5*se)
		}
	}
	New(12).Uniform(x)
	var mean, tail float64
	for _, v := range x {
		if v < 0 || v >= 1 {
			t.Fatalf("uniform draw %v outside [0, 1)", v)
		}
		mean += float64(v) / n
		if v < .01 {
			tail++
		}
	}
	if se := math.Sqrt(1. / 12 / n); math.Abs(mean-.5) > 5*se {
		t.Errorf("uniform mean %v", mean)
	}
	if se := math.Sqrt(n * .01 * .99); math.Abs(tail-.01*n) > 5*se {
		t.Errorf("%v draws below .01, want %v ± %v", tail, .01*n, 5*se)
	}
}

func TestNormalPrecisionsAgree(t *testing.T) {
	a, b := make([]float32, 33), make([]float64, 33)
	New(5).Normal(a)
	New(5).NormalFloat64(b)
	for i := range a {
		if a[i] != float32(b[i]) {
			t.Fatalf("draw %d: %v and %v", i, a[i], b[i])
		}
	}
}

func TestPermIsPermutation(t *testing.T) {
	seen := make([]bool, 1000)
	for _, i := range New(3).Perm(1000) {
		if seen[i] {
			t.Fatalf("%d twice", i)
		}
		seen[i] = true
	}
	if a, b := New(3).Perm(50), New(4).Perm(50); a[0] == b[0] && a[1] == b[1] && a[2] == b[2] {
		t.Error("two seeds gave the same permutation")
	}
}

func BenchmarkNormal(b *testing.B) {
	x := make([]float32, 2560)
	for b.Loop() {
		New(1).Normal(x)
	}
}

func BenchmarkUniform(b *testing.B) {
	x := make([]float32, 128*784)
	for b.Loop() {
		New(1).Uniform(x)
	}
}
