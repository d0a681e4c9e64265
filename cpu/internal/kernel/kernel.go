// Package kernel states what a compiled program is made of: kernels, each cut in units of
// work whose number depends on shapes alone. Workers share the units out; since a unit's
// result does not depend on who computes it, nor on how many workers there are, every number
// of threads gives the same bits.
package kernel

import "unsafe"

// Kernel is one step of a program, compiled for fixed shapes.
//
// A kernel has no state of its own while it runs: one kernel may be run by several
// executions at once, each with its own arguments.
type Kernel interface {
	// Name tells what the kernel does, for dumps and profiles: "gemm 128×784×400 +bias +max".
	Name() string

	// Phases gives the number of units of each phase. All units of a phase are done before
	// the next phase begins; within a phase units run in any order and at the same time.
	Phases() []int

	// Scratch is the number of bytes of private memory that a worker needs.
	Scratch() int

	// Shared is the number of bytes of memory common to all workers that the kernel needs
	// from its first phase to its last, for packed operands or partial sums.
	Shared() int

	// Run computes the units lo ≤ u < hi of a phase. The arguments are the kernel's outputs,
	// then its inputs, then, if Shared is not 0, its shared memory. Outputs and shared memory
	// hold anything at the start. Memory is aligned to 64 bytes where a buffer begins; a view
	// may begin anywhere. Run panics only where the program itself is at fault.
	Run(w *Worker, phase, lo, hi int, args []unsafe.Pointer)
}

// Worker is one of the threads that run a kernel together.
type Worker struct {
	ID      int            // from 0
	Scratch unsafe.Pointer // private memory of at least Kernel.Scratch bytes, aligned to 64
}

// Run runs a kernel on the calling goroutine, with fresh scratch memory; for tests.
func Run(k Kernel, args ...unsafe.Pointer) {
	w := &Worker{Scratch: Alloc(k.Scratch())}
	if n := k.Shared(); n > 0 {
		args = append(args, Alloc(n))
	}
	for phase, units := range k.Phases() {
		k.Run(w, phase, 0, units, args)
	}
}

// Align is the alignment in bytes of every buffer: a cache line, and a vector of AVX-512.
const Align = 64

// Alloc returns n zeroed bytes (at least one), aligned to [Align], with a cache line to spare
// on both sides.
func Alloc(n int) unsafe.Pointer {
	words := make([]uint64, (n+3*Align)/8+1)
	base := unsafe.Pointer(unsafe.SliceData(words))
	skip := Align + (Align-uintptr(base)%Align)%Align
	return unsafe.Add(base, skip)
}

// At returns memory of a worker as a T whose pointers are nil, whatever was there. That memory is not
// the garbage collector's: it keeps nothing alive. What another kernel left in it may look like a pointer
// to memory that is gone, which the write barrier of an assignment would show to the collector, and the
// collector ends the program where it finds one.
func At[T any](p unsafe.Pointer) *T {
	clear(unsafe.Slice((*uintptr)(p), unsafe.Sizeof(*new(T))/unsafe.Sizeof(uintptr(0))))
	return (*T)(p)
}
