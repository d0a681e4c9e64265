package move

import (
	"fmt"
	"slices"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// CopySpec describes a copy from a strided array to another:
//
//	dst[Σ iₖ·Dstₖ] = src[Σ iₖ·Srcₖ]   for all i with 0 ≤ iₖ < Dimsₖ.
//
// Strides are counted in elements. Those of the source may be 0 or negative; no two indices
// may lead to the same element of the destination.
type CopySpec struct {
	Size           int   // bytes of an element: 1, 2, 4, 8 or 16
	Dims, Dst, Src []int // lengths and strides of the axes
}

// noMemory is for kernels that need neither scratch nor shared memory.
type noMemory struct{}

func (noMemory) Scratch() int { return 0 }
func (noMemory) Shared() int  { return 0 }

type copier struct {
	noMemory
	spec CopySpec
	*mover
}

// NewCopy makes the kernel of a strided copy. Arguments: dst, src. Dst nil stands for a
// contiguous destination.
func NewCopy(l isa.Level, s CopySpec) kernel.Kernel {
	if s.Dst == nil {
		s.Dst = rowMajor(s.Dims)
	}
	return &copier{spec: s, mover: newMover(l, s.Size, s.Dims, s.Dst, s.Src)}
}

func (k *copier) Name() string {
	if k.pieces > 0 && k.row.src == k.size {
		return fmt.Sprintf("transpose %d×%d of %d bytes, %d in all", k.row.n, k.col.n, k.size, k.bytes)
	}
	return fmt.Sprintf("copy %v of %d bytes", k.spec.Dims, k.spec.Size)
}

func (k *copier) Phases() []int { return []int{k.units()} }

func (k *copier) Run(_ *kernel.Worker, _, lo, hi int, args []unsafe.Pointer) {
	units := k.units()
	k.run(args[0], args[1], part(k.pieces, units, lo), part(k.pieces, units, hi))
}

// ConcatenateSpec describes the concatenation of strided arrays along an axis.
type ConcatenateSpec struct {
	Size  int    // bytes of an element
	Axis  int    // along which the parts follow each other
	Parts []Part // at least one
}

// Part is one operand of a concatenation. Strides are counted in elements; nil stands for a
// contiguous array.
type Part struct {
	Dims, Strides []int // lengths and strides of the axes
}

type concatenation struct {
	noMemory
	parts   []*mover
	offsets []int // of each part in the result, in bytes
	first   []int // the first unit of each part, and the number of units
	dims    []int // of the result
}

// NewConcatenate makes the kernel of a concatenation. Arguments: the result, which is
// contiguous, then the parts.
func NewConcatenate(l isa.Level, s ConcatenateSpec) kernel.Kernel {
	dims := slices.Clone(s.Parts[0].Dims)
	dims[s.Axis] = 0
	for _, p := range s.Parts {
		dims[s.Axis] += p.Dims[s.Axis]
	}
	k := &concatenation{dims: dims, first: []int{0}}
	strides, at := rowMajor(dims), 0
	for i, p := range s.Parts {
		src := p.Strides
		if src == nil {
			src = rowMajor(p.Dims)
		}
		m := newMover(l, s.Size, p.Dims, strides, src)
		k.parts = append(k.parts, m)
		k.offsets = append(k.offsets, at*strides[s.Axis]*s.Size)
		k.first = append(k.first, k.first[i]+m.units())
		at += p.Dims[s.Axis]
	}
	return k
}

func (k *concatenation) Name() string {
	return fmt.Sprintf("concatenate %d to %v", len(k.parts), k.dims)
}
func (k *concatenation) Phases() []int { return k.first[len(k.parts):] }

func (k *concatenation) Run(_ *kernel.Worker, _, lo, hi int, args []unsafe.Pointer) {
	for i, m := range k.parts {
		units := k.first[i+1] - k.first[i]
		for u := max(lo-k.first[i], 0); u < min(hi-k.first[i], units); u++ {
			m.unit(unsafe.Add(args[0], k.offsets[i]), args[1+i], units, u)
		}
	}
}
