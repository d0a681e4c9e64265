package conv

import (
	"testing"
	"unsafe"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/kernel/gemm"
	"github.com/elbo-go/elbo/cpu/internal/kernel/kerneltest"
)

func TestTheCollectorSeesNoPointerToNothing(t *testing.T) {
	for _, s := range []Spec{square(1, 12, 4, 20, 5, 1, true), square(1, 12, 4, 2, 5, 2, false), inputGradient(square(1, 12, 4, 2, 4, 2, true))} {
		outs, ins, kers := sizes(s)
		kerneltest.Stale(New(isa.Best(), s), 3000, kernel.Alloc(4*outs), kernel.Alloc(4*ins), kernel.Alloc(4*kers))
	}
}

// TestWindowsBeginInMemory: what a product over a window is told begins in an operand or in packed memory,
// and so does what it is relative to, though windows begin before the image and end behind it.
func TestWindowsBeginInMemory(t *testing.T) {
	for _, c := range paths() {
		s := c.s
		s.DType = dtypes.Float32
		k := New(isa.Best(), s)
		outs, ins, kers := sizes(s)
		args, lengths := []unsafe.Pointer{}, []int{4 * outs, 4 * ins, 4 * kers}
		for _, n := range append(lengths, k.Shared(), k.Scratch()) {
			args = append(args, kernel.Alloc(n))
		}
		lengths = append(lengths, k.Shared(), k.Scratch())
		inside := func(p unsafe.Pointer) bool {
			for i, arg := range args {
				if at := uintptr(p) - uintptr(arg); at < uintptr(lengths[i]) {
					return true
				}
			}
			return false
		}
		calls, bad := 0, 0
		watch(t, k, func(s *state) {
			calls++
			for _, p := range []unsafe.Pointer{s.tile.A, s.tile.B, s.tile.C, s.base.a, s.base.b} {
				if !inside(p) {
					bad++
				}
			}
		})
		w := &kernel.Worker{Scratch: args[4]}
		for phase, units := range k.Phases() {
			k.Run(w, phase, 0, units, args[:4])
		}
		if calls == 0 || bad > 0 {
			t.Errorf("%s: got %d pointers outside of memory in %d calls, want none", c.name, bad, calls)
		}
	}
}

// watch shows the state of each call of a convolution's micro-kernel, which is where its tile is.
func watch(t *testing.T, k kernel.Kernel, see func(*state)) {
	var micro *gemm.Micro
	switch k := k.(type) {
	case *engine:
		micro = &k.micro
	case *narrow:
		micro = &k.micro
	default:
		t.Fatalf("got %s, want a convolution by tiles", k.Name())
	}
	do := micro.Do
	micro.Do = func(tile *gemm.Tile) {
		see((*state)(unsafe.Pointer(tile)))
		do(tile)
	}
}
