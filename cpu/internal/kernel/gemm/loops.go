package gemm

import (
	"fmt"
	"unsafe"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// number is any type with a product.
type number interface {
	int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64 | float32 | float64 | complex64 | complex128
}

// loops is the product by plain loops: the definition, and the only version for integers and
// complex numbers. Sums of integers wrap around.
type loops[T number] struct {
	Spec
	units int
}

// loopGrain is the number of multiplications of a unit of loops, some 20 µs.
const loopGrain = 20000

func newLoops(s Spec) kernel.Kernel {
	switch s.DType {
	case dtypes.Int8:
		return loopsOf[int8](s)
	case dtypes.Int16:
		return loopsOf[int16](s)
	case dtypes.Int32:
		return loopsOf[int32](s)
	case dtypes.Int64:
		return loopsOf[int64](s)
	case dtypes.Uint8:
		return loopsOf[uint8](s)
	case dtypes.Uint16:
		return loopsOf[uint16](s)
	case dtypes.Uint32:
		return loopsOf[uint32](s)
	case dtypes.Uint64:
		return loopsOf[uint64](s)
	case dtypes.Complex64:
		return loopsOf[complex64](s)
	case dtypes.Complex128:
		return loopsOf[complex128](s)
	}
	panic(fmt.Sprintf("gemm: got %v, want a type with a product", s.DType))
}

func loopsOf[T number](s Spec) *loops[T] {
	rows := s.M * s.batches()
	if s.N == 0 {
		rows = 0
	}
	return &loops[T]{Spec: s, units: min(rows, 64, 1+rows*s.N*s.K/loopGrain)}
}

// Name implements [kernel.Kernel].
func (p *loops[T]) Name() string { return p.name() }

// Phases implements [kernel.Kernel].
func (p *loops[T]) Phases() []int { return []int{p.units} }

// Scratch implements [kernel.Kernel].
func (p *loops[T]) Scratch() int {
	if p.Epilogue == nil {
		return 0
	}
	return p.Epilogue.Scratch()
}

// Shared implements [kernel.Kernel].
func (p *loops[T]) Shared() int { return 0 }

// Run implements [kernel.Kernel]: a unit is a range of the rows of all products.
func (p *loops[T]) Run(w *kernel.Worker, _, lo, hi int, args []unsafe.Pointer) {
	if lo == hi {
		return
	}
	size := int(unsafe.Sizeof(T(0)))
	rows := split{p.M * p.batches(), p.units}
	for r := rows.at(lo); r < rows.at(hi); r++ {
		batch, i := r/p.M, r%p.M
		a, b, c := p.offsets(batch)
		x := unsafe.Add(args[p.ArgA], (a+i*p.A.Row)*size)
		y := unsafe.Add(args[p.ArgB], b*size)
		p.row(x, y, unsafe.Slice((*T)(unsafe.Add(args[p.ArgC], (c+i*p.C.Row)*size)), p.N))
		if p.Epilogue != nil {
			p.Epilogue.Apply(w, i, 1, 0, p.N, batch, args, w.Scratch)
		}
	}
}

// row computes one row of C from one of A.
func (p *loops[T]) row(a, b unsafe.Pointer, c []T) {
	size := int(unsafe.Sizeof(T(0)))
	if !p.Accumulate {
		clear(c)
	}
	for k := range p.K {
		x := *(*T)(unsafe.Add(a, k*p.A.Col*size))
		y := k * p.B.Row
		for j := range c {
			c[j] += x * *(*T)(unsafe.Add(b, (y+j*p.B.Col)*size))
		}
	}
}
