package move

import (
	"fmt"
	"unsafe"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// DynamicSpec describes a DynamicSlice or a DynamicUpdateSlice of contiguous arrays.
type DynamicSpec struct {
	Size    int          // bytes of an element
	Operand []int        // dimensions
	Window  []int        // dimensions of the slice, or of the update
	Index   dtypes.DType // of the starts, one scalar an axis
}

// starting reads the starts, which are clamped so that the window lies in the operand.
type starting struct {
	read    func(p unsafe.Pointer, i int) int
	limits  []int
	strides []int // of the operand, in bytes
}

func newStarting(s DynamicSpec) starting {
	st := starting{read: reader(s.Index), strides: rowMajor(s.Operand)}
	for i, n := range s.Operand {
		st.limits = append(st.limits, n-s.Window[i])
		st.strides[i] *= s.Size
	}
	return st
}

// place is the window's place in the operand, in bytes.
func (s *starting) place(starts []unsafe.Pointer) (at int) {
	for i, limit := range s.limits {
		at += max(0, min(s.read(starts[i], 0), limit)) * s.strides[i]
	}
	return at
}

type dynamicSlice struct {
	noMemory
	spec DynamicSpec
	starting
	window *mover
}

// NewDynamicSlice makes the kernel of a DynamicSlice. Arguments: the result, the operand, the
// starts.
func NewDynamicSlice(l isa.Level, s DynamicSpec) kernel.Kernel {
	return &dynamicSlice{spec: s, starting: newStarting(s),
		window: newMover(l, s.Size, s.Window, rowMajor(s.Window), rowMajor(s.Operand))}
}

func (k *dynamicSlice) Name() string {
	return fmt.Sprintf("dynamic slice %v of %v", k.spec.Window, k.spec.Operand)
}

func (k *dynamicSlice) Phases() []int { return []int{k.window.units()} }

func (k *dynamicSlice) Run(_ *kernel.Worker, _, lo, hi int, args []unsafe.Pointer) {
	src, units := unsafe.Add(args[1], k.place(args[2:])), k.window.units()
	k.window.run(args[0], src, part(k.window.pieces, units, lo), part(k.window.pieces, units, hi))
}

type dynamicUpdate struct {
	noMemory
	spec DynamicSpec
	starting
	whole, window *mover
}

// NewDynamicUpdateSlice makes the kernel of a DynamicUpdateSlice. Arguments: the result, the
// operand, the update, the starts. The result may have the operand's memory; then only the
// update is written.
func NewDynamicUpdateSlice(l isa.Level, s DynamicSpec) kernel.Kernel {
	strides := rowMajor(s.Operand)
	return &dynamicUpdate{spec: s, starting: newStarting(s),
		whole:  newMover(l, s.Size, s.Operand, strides, strides),
		window: newMover(l, s.Size, s.Window, strides, rowMajor(s.Window))}
}

func (k *dynamicUpdate) Name() string {
	return fmt.Sprintf("dynamic update %v of %v", k.spec.Window, k.spec.Operand)
}

func (k *dynamicUpdate) Phases() []int { return []int{k.whole.units(), k.window.units()} }

func (k *dynamicUpdate) Run(_ *kernel.Worker, phase, lo, hi int, args []unsafe.Pointer) {
	m, dst, src := k.whole, args[0], args[1]
	if phase == 1 {
		m, dst, src = k.window, unsafe.Add(args[0], k.place(args[3:])), args[2]
	}
	if units := m.units(); dst != src {
		m.run(dst, src, part(m.pieces, units, lo), part(m.pieces, units, hi))
	}
}
