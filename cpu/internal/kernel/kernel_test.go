package kernel_test

import (
	"slices"
	"testing"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

func TestAllocIsAlignedAndZero(t *testing.T) {
	for n := range 300 {
		p := kernel.Alloc(n)
		if uintptr(p)%kernel.Align != 0 {
			t.Fatalf("%d bytes: got address %x, want a multiple of %d", n, uintptr(p), kernel.Align)
		}
		for i := range n {
			if *(*byte)(unsafe.Add(p, i)) != 0 {
				t.Fatalf("%d bytes: byte %d is not zero", n, i)
			}
		}
	}
}

// TestAllocationsAreApart: neighbours leave a cache line to each other.
func TestAllocationsAreApart(t *testing.T) {
	for _, n := range []int{0, 1, 63, 64, 65, 4096} {
		a := kernel.Alloc(n)
		before, after := unsafe.Slice((*byte)(unsafe.Add(a, -kernel.Align)), kernel.Align), unsafe.Slice((*byte)(unsafe.Add(a, n)), kernel.Align)
		for i := range kernel.Align {
			before[i], after[i] = 1, 2 // checked under -race: all inside the allocation
		}
		if n > 0 && *(*byte)(a) != 0 {
			t.Errorf("%d bytes: the line before reaches into them", n)
		}
	}
}

// recorder notes how it is run.
type recorder struct {
	shared int
	calls  *[][3]int
	t      *testing.T
}

func (recorder) Name() string  { return "recorder" }
func (recorder) Phases() []int { return []int{3, 0, 7} }
func (recorder) Scratch() int  { return 100 }
func (r recorder) Shared() int { return r.shared }

func (r recorder) Run(w *kernel.Worker, phase, lo, hi int, args []unsafe.Pointer) {
	*r.calls = append(*r.calls, [3]int{phase, lo, hi})
	want := 2
	if r.shared > 0 {
		want++
		*(*byte)(unsafe.Add(args[2], r.shared-1))++
	}
	if len(args) != want || uintptr(w.Scratch)%kernel.Align != 0 || w.ID != 0 {
		r.t.Errorf("got %d arguments and worker %+v, want %d", len(args), w, want)
	}
	*(*byte)(unsafe.Add(w.Scratch, 99))++
}

// TestRunDoesAllUnitsOfAllPhasesInOrder, with scratch memory, and shared memory where it is wanted.
func TestRunDoesAllUnitsOfAllPhasesInOrder(t *testing.T) {
	for _, shared := range []int{0, 1000} {
		var calls [][3]int
		kernel.Run(recorder{shared, &calls, t}, kernel.Alloc(1), kernel.Alloc(1))
		if want := [][3]int{{0, 0, 3}, {1, 0, 0}, {2, 0, 7}}; !slices.Equal(calls, want) {
			t.Errorf("got %v, want %v", calls, want)
		}
	}
}

// Structs in scratch memory begin without what was there, and end where they end.
func TestStructsInScratchMemoryBeginEmpty(t *testing.T) {
	p := kernel.Alloc(64)
	words := unsafe.Slice((*uintptr)(p), 4)
	for i := range words {
		words[i] = ^uintptr(0)
	}
	if s := kernel.At[struct {
		p unsafe.Pointer
		n int
	}](p); s.p != nil || s.n != 0 || words[2] != ^uintptr(0) {
		t.Errorf("got %v and %x beyond it, want nothing and what was there", *s, words[2])
	}
}
