package lower_test

import (
	"slices"
	"testing"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel/philox"
	"github.com/elbo-go/elbo/cpu/internal/lower"
)

// drawnBits runs RNGBitGenerator on a state, and gives the next state and the bits.
func drawnBits(t *testing.T, level isa.Level, state [3]uint64, values shapes.Shape, donate bool) ([3]uint64, []byte) {
	g := &ir.Graph{Name: "random"}
	s := g.Param("state", compute.RNGStateShape)
	g.Results = g.Add(compute.OpTypeRNGBitGenerator, nil, []*ir.Value{s}, s.Shape, values).Out
	p := lowered(t, g, lower.Options{Level: level})
	out := execute(t, p, []unsafe.Pointer{unsafe.Pointer(&state)}, donate)
	return *(*[3]uint64)(out[0]), slices.Clone(bytesOf(out[1], values))
}

func TestBitsAreThoseOfPhilox(t *testing.T) {
	state := [3]uint64{0x0123456789abcdef, 0xfffffffffffffffe, 7}
	stream := philox.Stream{Key: [2]uint32{0x89abcdef, 0x01234567}, Counter: [4]uint32{0xfffffffe, 0xffffffff, 7, 0}}
	for _, level := range isa.Available() {
		for _, values := range []shapes.Shape{shapes.Make(u32, 3, 5), shapes.Make(u64, 20000), shapes.Make(i8, 33)} {
			want := make([]byte, values.ByteSize())
			philox.Bits(isa.Portable, unsafe.Pointer(&want[0]), stream, 0, len(want))
			next, got := drawnBits(t, level, state, values, level%2 == 0)
			if !slices.Equal(got, want) {
				t.Errorf("%v %v: got other bits", level, values)
			}
			blocks := uint64(len(want)+15) / 16
			if w := [3]uint64{state[0], blocks - 2, 8}; next != w {
				t.Errorf("%v %v: next state: got %x, want %x", level, values, next, w)
			}
		}
	}
}

func TestDrawsDoNotOverlap(t *testing.T) {
	values := shapes.Make(u64, 7)
	state := [3]uint64{1, 2, 3}
	seen := map[uint64]bool{}
	for range 5 {
		next, bits := drawnBits(t, isa.Best(), state, values, false)
		for i := range 7 {
			seen[*(*uint64)(unsafe.Pointer(&bits[8*i]))] = true
		}
		state = next
	}
	if len(seen) != 35 {
		t.Errorf("got %d different words, want 35", len(seen))
	}
}
