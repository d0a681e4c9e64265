package gemm

import (
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// product is a product of Float32 or Float64 by micro-kernels. Its phases are the packing of
// operands, the tiles, and the sum over parts of K; the first and the last only if there is
// need of them.
type product struct {
	Spec
	size   int // of an element
	level  isa.Level
	micros []Micro
	panels []panel
	grid   grid

	dot bool // sums along contiguous lines of both operands

	packA, packB packing
	shared       int
	partial      int // where the parts' sums begin in the shared memory
	phases       []int
	run          []func(w *kernel.Worker, lo, hi int, args []unsafe.Pointer)
}

func newProduct(l isa.Level, s Spec) kernel.Kernel {
	p := &product{Spec: s, size: s.DType.Size(), level: l, micros: Kernels(l, s.DType)}
	if s.M == 0 || s.N == 0 || s.batches() == 0 {
		p.phase(0, nil)
		return p
	}
	p.choose()
	p.grid = p.cut(l)
	p.pack()
	p.phase(s.batches()*p.grid.blocks*p.grid.groups*p.grid.parts, p.tiles)
	if p.grid.parts > 1 {
		p.addSums()
	}
	return p
}

// phase adds a phase.
func (p *product) phase(units int, run func(w *kernel.Worker, lo, hi int, args []unsafe.Pointer)) {
	p.phases = append(p.phases, units)
	p.run = append(p.run, run)
}

// Name implements [kernel.Kernel].
func (p *product) Name() string { return p.name() }

// Phases implements [kernel.Kernel].
func (p *product) Phases() []int { return p.phases }

// Scratch implements [kernel.Kernel]: the description of the tile, the epilogue's own.
func (p *product) Scratch() int {
	if p.Epilogue != nil {
		return tileSpace + p.Epilogue.Scratch()
	}
	return tileSpace
}

// Shared implements [kernel.Kernel].
func (p *product) Shared() int { return p.shared }

// Run implements [kernel.Kernel].
func (p *product) Run(w *kernel.Worker, phase, lo, hi int, args []unsafe.Pointer) {
	if lo < hi {
		p.run[phase](w, lo, hi, args)
	}
}
