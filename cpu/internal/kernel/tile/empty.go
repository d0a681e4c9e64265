package tile

import (
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/kernel/vec"
)

// empty is a region without elements: its reductions are what a reduction starts from.
type empty struct {
	*normal
	name    string
	neutral [][8]byte
}

func newEmpty(n *normal, name string) *empty {
	e := &empty{normal: n, name: name, neutral: make([][8]byte, len(n.reds))}
	for i, r := range n.reds {
		vec.Neutral(r.op, r.dt, unsafe.Pointer(&e.neutral[i]))
	}
	return e
}

// Name implements [kernel.Kernel].
func (e *empty) Name() string { return e.name }

// Phases implements [kernel.Kernel].
func (e *empty) Phases() []int { return []int{1} }

// Scratch implements [kernel.Kernel].
func (e *empty) Scratch() int { return 0 }

// Shared implements [kernel.Kernel].
func (e *empty) Shared() int { return 0 }

// Run implements [kernel.Kernel].
func (e *empty) Run(_ *kernel.Worker, _, _, _ int, args []unsafe.Pointer) {
	for i, r := range e.reds {
		if r.cells(e.dims, 0) == 0 {
			continue
		}
		e.set(r, args[r.arg], vec.Fill(isa.Portable, r.size), unsafe.Pointer(&e.neutral[i]), 0)
	}
}

// set sets the results that dimensions from d on reach.
func (e *empty) set(r reduce, dst unsafe.Pointer, fill vec.Fn, value unsafe.Pointer, d int) {
	switch {
	case d == len(e.dims):
		fill(dst, value, nil, nil, 1)
	case r.over[d]:
		e.set(r, dst, fill, value, d+1)
	default:
		for k := range e.dims[d] {
			e.set(r, unsafe.Add(dst, k*r.strides[d]), fill, value, d+1)
		}
	}
}
