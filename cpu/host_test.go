package cpu_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/cpu"
	"github.com/elbo-go/elbo/internal/rng"
)

// lengths are around the blocks of the generator and the pieces of Bernoulli.
var lengths = []int{0, 1, 2, 3, 4, 5, 31, 63, 64, 65, 1000, 1023, 1024, 1025, 5000}

func TestHostUniformsHaveTheBitsOfPackageRNG(t *testing.T) {
	for seed := range uint64(5) {
		key := rng.New(seed).Named("host")
		k0, k1 := key.Words()
		for _, n := range lengths {
			got, want := make([]float32, n), make([]float32, n)
			cpu.Uniform(k0, k1, got)
			key.Uniform(want)
			if !slices.Equal(got, want) {
				t.Fatalf("seed %d, %d numbers: they differ", seed, n)
			}
		}
	}
}

// The bound of the vector routines, 2⁻²² of the radius, and half a unit in the last place of
// float32 for rounding the exact number.
func TestHostNormalsAreThoseOfPackageRNG(t *testing.T) {
	key := rng.New(7)
	k0, k1 := key.Words()
	for _, n := range append(lengths, 1<<18) {
		got, want := make([]float32, n), make([]float64, n+n%2)
		cpu.Normal(k0, k1, got)
		key.NormalFloat64(want)
		for i, v := range got {
			radius := math.Hypot(want[i&^1], want[i|1])
			if d := math.Abs(float64(v) - want[i]); d > radius*(0x1p-22+0x1p-25) {
				t.Fatalf("%d numbers, number %d: got %v, want %v: off by %.3g of the radius", n, i, v, want[i], d/radius)
			}
		}
	}
}

func TestBernoulliComparesWithTheUniforms(t *testing.T) {
	key := rng.New(3)
	k0, k1 := key.Words()
	for _, n := range lengths {
		p, u := make([]float32, n), make([]float32, n)
		key.Uniform(u)
		rng.New(4).Uniform(p)
		for i := range p {
			switch i % 9 {
			case 0:
				p[i] = 0
			case 1:
				p[i] = 1
			case 2:
				p[i] = u[i] // not less: 0
			case 3:
				p[i] = math.Nextafter32(u[i], 2)
			}
		}
		got := make([]float32, n)
		cpu.Bernoulli(k0, k1, got, p)
		for i, v := range got {
			want := float32(0)
			if u[i] < p[i] {
				want = 1
			}
			if v != want {
				t.Fatalf("%d numbers, number %d: got %v, want %v for %v < %v", n, i, v, want, u[i], p[i])
			}
		}
		cpu.Bernoulli(k0, k1, p, p)
		if !slices.Equal(p, got) {
			t.Fatalf("%d numbers: in place they differ", n)
		}
	}
}

func TestCopyingAheadCopiesThatRowAlone(t *testing.T) {
	x := make([]float32, 4000)
	rng.New(5).Uniform(x)
	for _, n := range []int{0, 1, 15, 16, 17, 64, 784, 1001} {
		for _, next := range [][]float32{nil, x[2000 : 2000+n], x[:n/2]} {
			got := make([]float32, n+2)
			got[0], got[n+1] = -1, -2
			cpu.CopyAhead(got[1:n+1], x[7:7+n], next)
			if got[0] != -1 || got[n+1] != -2 || !slices.Equal(got[1:n+1], x[7:7+n]) {
				t.Errorf("%d numbers, %d ahead: got others than those to copy", n, len(next))
			}
		}
	}
}

func TestHostDrawsAllocateNothing(t *testing.T) {
	x := make([]float32, 3000)
	for name, draw := range map[string]func(){
		"uniform":   func() { cpu.Uniform(1, 2, x) },
		"normal":    func() { cpu.Normal(1, 2, x) },
		"bernoulli": func() { cpu.Bernoulli(1, 2, x, x) },
		"copy":      func() { cpu.CopyAhead(x[:1000], x[1000:2000], x[2000:]) },
	} {
		if n := testing.AllocsPerRun(20, draw); n >= 1 {
			t.Errorf("%s: got %v allocations, want none", name, n)
		}
	}
}

func BenchmarkHostDraws(b *testing.B) {
	x := make([]float32, 128*784)
	for name, draw := range map[string]func(){
		"uniform":   func() { cpu.Uniform(1, 2, x) },
		"normal":    func() { cpu.Normal(1, 2, x) },
		"bernoulli": func() { cpu.Bernoulli(1, 2, x, x) },
	} {
		b.Run(fmt.Sprint(name, len(x)), func(b *testing.B) {
			b.SetBytes(int64(4 * len(x)))
			for b.Loop() {
				draw()
			}
		})
	}
}
