package philox_test

import (
	"math"
	"slices"
	"testing"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel/philox"
)

const ones = math.MaxUint32

// Known answers published with Random123 (Salmon et al. 2011) for philox4x32-10.
var known = []struct {
	stream philox.Stream
	want   [4]uint32
}{
	{philox.Stream{}, [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
	{philox.Stream{Key: [2]uint32{ones, ones}, Counter: [4]uint32{ones, ones, ones, ones}},
		[4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
	{philox.Stream{Key: [2]uint32{0xa4093822, 0x299f31d0}, Counter: [4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}},
		[4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
}

func TestBlocksAreTheKnownAnswers(t *testing.T) {
	for _, c := range known {
		if got := c.stream.Block(); got != c.want {
			t.Errorf("%x: got %x, want %x", c.stream, got, c.want)
		}
		for _, l := range isa.Available() {
			got := make([]uint32, 4*64) // long enough for every level's vectors
			philox.Bits(l, unsafe.Pointer(&got[0]), c.stream, 0, 4*len(got))
			if !slices.Equal(got[:4], c.want[:]) {
				t.Errorf("%v: %x: got %x, want %x", l, c.stream, got[:4], c.want)
			}
		}
	}
}

var stream = philox.Stream{Key: [2]uint32{7, 0xdeadbeef}, Counter: [4]uint32{1, 2, 3, 4}}

func TestSkippingCarriesThroughTheWholeCounter(t *testing.T) {
	for _, c := range []struct {
		counter [4]uint32
		skip    uint64
		want    [4]uint32
	}{
		{[4]uint32{}, 0, [4]uint32{}},
		{[4]uint32{ones}, 1, [4]uint32{0, 1}},
		{[4]uint32{ones, ones}, 2, [4]uint32{1, 0, 1}},
		{[4]uint32{ones, ones, ones}, 1, [4]uint32{0, 0, 0, 1}},
		{[4]uint32{ones, ones, ones, ones}, 1, [4]uint32{}},
		{[4]uint32{5, 6, 7, 8}, 1<<32 + 1, [4]uint32{6, 7, 7, 8}},
	} {
		if got := (philox.Stream{Counter: c.counter}).Skip(c.skip).Counter; got != c.want {
			t.Errorf("%x and %d on: got %x, want %x", c.counter, c.skip, got, c.want)
		}
	}
}

// carrying is a stream whose counter's lower half overflows within the tests' lengths.
var carrying = philox.Stream{Key: [2]uint32{1, 2}, Counter: [4]uint32{ones - 20, ones, 9, 9}}

func TestBitsAreTheBlocksInOrder(t *testing.T) {
	for _, s := range []philox.Stream{stream, carrying} {
		var want []uint32
		for i := range uint64(3000) {
			b := s.Skip(i).Block()
			want = append(want, b[:]...)
		}
		for _, l := range isa.Available() {
			got := make([]uint32, len(want))
			philox.Bits(l, unsafe.Pointer(&got[0]), s, 0, 4*len(got))
			if !slices.Equal(got, want) {
				t.Errorf("%v: %x: got other words than those of the blocks", l, s)
			}
		}
	}
}

// draws are the four kinds, with the size of an element.
var draws = []struct {
	name string
	size int
	draw func(l isa.Level, dst unsafe.Pointer, s philox.Stream, start uint64, n int)
}{
	{"bits", 1, philox.Bits},
	{"uniform32", 4, philox.Uniform32},
	{"uniform64", 8, philox.Uniform64},
	{"normal32", 4, philox.Normal32},
}

func TestAnySliceOfAStreamCanBeMadeAlone(t *testing.T) {
	const n = 400
	for _, d := range draws {
		for _, l := range isa.Available() {
			all := make([]byte, n*d.size)
			d.draw(l, unsafe.Pointer(&all[0]), stream, 0, n)
			for _, start := range []int{0, 1, 2, 3, 4, 5, 15, 16, 17, 64, 100, 399} {
				for _, m := range []int{0, 1, 2, 3, 4, 7, 16, 33, 130, 300} {
					m = min(m, n-start)
					got := make([]byte, (m+2)*d.size)
					d.draw(l, unsafe.Pointer(&got[d.size]), stream, uint64(start), m)
					if !slices.Equal(got[d.size:(m+1)*d.size], all[start*d.size:(start+m)*d.size]) {
						t.Fatalf("%v/%s: %d from %d differ from the whole", l, d.name, m, start)
					}
					if slices.ContainsFunc(got[:d.size], func(b byte) bool { return b != 0 }) || slices.ContainsFunc(got[(m+1)*d.size:], func(b byte) bool { return b != 0 }) {
						t.Fatalf("%v/%s: %d from %d: bytes around the slice were written", l, d.name, m, start)
					}
				}
			}
		}
	}
}

func TestUniformsAreTheUpperBitsOfTheirWords(t *testing.T) {
	const n = 500
	var words [2 * n]uint32
	philox.Bits(isa.Portable, unsafe.Pointer(&words), stream, 0, 8*n)
	for _, l := range isa.Available() {
		var f [n]float32
		var d [n]float64
		philox.Uniform32(l, unsafe.Pointer(&f), stream, 0, n)
		philox.Uniform64(l, unsafe.Pointer(&d), stream, 0, n)
		for i := range n {
			if want := float32(words[i]>>8) / (1 << 24); f[i] != want {
				t.Fatalf("%v: float32 %d: got %v, want %v", l, i, f[i], want)
			}
			u := uint64(words[2*i]) | uint64(words[2*i+1])<<32
			if want := float64(u>>11) / (1 << 53); d[i] != want {
				t.Fatalf("%v: float64 %d: got %v, want %v", l, i, d[i], want)
			}
		}
	}
}

// The error of a pair is measured relative to its radius, whatever the angle.
func TestNormalsAreBoxMullerPairs(t *testing.T) {
	const n = 1 << 18
	words, got := make([]uint32, n), make([]float32, n)
	philox.Bits(isa.Best(), unsafe.Pointer(&words[0]), stream, 0, 4*n)
	for _, l := range isa.Available() {
		philox.Normal32(l, unsafe.Pointer(&got[0]), stream, 0, n)
		worst := 0.0
		for i := 0; i < n; i += 2 {
			r := math.Sqrt(-2 * math.Log((float64(words[i])+1)/(1<<32)))
			sin, cos := math.Sincos(2 * math.Pi * float64(words[i+1]) / (1 << 32))
			e := max(math.Abs(float64(got[i])-r*cos), math.Abs(float64(got[i+1])-r*sin)) / r
			worst = max(worst, e)
		}
		if worst > 0x1p-22 {
			t.Errorf("%v: largest error %.3g of the radius, want at most %.3g", l, worst, 0x1p-22)
		}
		t.Logf("%v: largest error %.3g of the radius", l, worst)
	}
}

// Moments of 2²⁰ draws, each within 5 standard errors (false alarm 6e-7 a check).
func TestNormalsHaveTheMomentsOfTheirDistribution(t *testing.T) {
	const n = 1 << 20
	x := make([]float32, n)
	philox.Normal32(isa.Best(), unsafe.Pointer(&x[0]), stream, 0, n)
	var m1, m2, m4 float64
	for _, v := range x {
		f := float64(v)
		m1, m2, m4 = m1+f/n, m2+f*f/n, m4+f*f*f*f/n
	}
	for _, c := range []struct {
		name           string
		got, want, sdv float64
	}{{"mean", m1, 0, 1}, {"second moment", m2, 1, math.Sqrt2}, {"fourth moment", m4, 3, math.Sqrt(96)}} {
		if se := c.sdv / math.Sqrt(n); math.Abs(c.got-c.want) > 5*se {
			t.Errorf("%s: got %v, want %v ± %v", c.name, c.got, c.want, 5*se)
		}
	}
}

func TestDrawingAllocatesNothing(t *testing.T) {
	dst := make([]byte, 1<<13)
	for _, d := range draws {
		for _, l := range isa.Available() {
			if n := testing.AllocsPerRun(10, func() { d.draw(l, unsafe.Pointer(&dst[0]), stream, 3, len(dst)/d.size) }); n != 0 {
				t.Errorf("%v/%s: got %v allocations, want none", l, d.name, n)
			}
		}
	}
}

func BenchmarkDraws(b *testing.B) {
	dst := make([]float64, 1024)
	for _, d := range draws {
		for _, l := range isa.Available() {
			b.Run(d.name+"/"+l.String(), func(b *testing.B) {
				for b.Loop() {
					d.draw(l, unsafe.Pointer(&dst[0]), stream, 0, 8192/d.size)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/2048, "ns/word")
			})
		}
	}
}
