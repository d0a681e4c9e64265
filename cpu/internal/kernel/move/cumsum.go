package move

import (
	"fmt"
	"unsafe"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/kernel/vec"
)

// columns is the number of neighbouring lines that are walked together.
const columns = 256

// lines cuts an array in blocks of neighbouring lines along an axis.
type lines struct {
	axes3
	blocks int // in inner
	units  int
}

func newLines(dims []int, axis, size int) lines {
	a := lines{axes3: around(dims, axis)}
	if a.volume() > 0 {
		a.blocks = (a.inner + columns - 1) / columns
	}
	a.units = unitsOf(a.outer*a.blocks, a.volume()*size)
	return a
}

// each visits the blocks of the units lo ≤ u < hi: lines first … first+n−1 of the outer index o.
func (a *lines) each(lo, hi int, visit func(o, first, n int)) {
	all := a.outer * a.blocks
	for b := part(all, a.units, lo); b < part(all, a.units, hi); b++ {
		first := b % a.blocks * columns
		visit(b/a.blocks, first, min(columns, a.inner-first))
	}
}

// CumSumSpec describes a CumSum of a contiguous array. Half precision is summed in float32.
type CumSumSpec struct {
	Type               dtypes.DType // of the elements
	Dims               []int        // of the operand
	Axis               int          // along which sums are taken
	Exclusive, Reverse bool         // leave out the element itself; sum from the end
}

type cumSum struct {
	spec CumSumSpec
	lines
	sum func(dst, src, acc unsafe.Pointer, k *cumSum, n int)
}

// NewCumSum makes the kernel of a CumSum, or nil for a type that has none. Arguments: the
// result, which may have the operand's memory, the operand.
func NewCumSum(s CumSumSpec) kernel.Kernel {
	k := &cumSum{spec: s, lines: newLines(s.Dims, s.Axis, s.Type.Size())}
	switch s.Type {
	case dtypes.Float32:
		k.sum = sums[float32]
	case dtypes.Float64:
		k.sum = sums[float64]
	case dtypes.Int8, dtypes.Uint8:
		k.sum = sums[uint8]
	case dtypes.Int16, dtypes.Uint16:
		k.sum = sums[uint16]
	case dtypes.Int32, dtypes.Uint32:
		k.sum = sums[uint32]
	case dtypes.Int64, dtypes.Uint64:
		k.sum = sums[uint64]
	case dtypes.Complex64:
		k.sum = sums[complex64]
	case dtypes.Complex128:
		k.sum = sums[complex128]
	case dtypes.Float16, dtypes.BFloat16:
		k.sum = halfSums(s.Type)
	default:
		return nil
	}
	return k
}

func (k *cumSum) Name() string {
	return fmt.Sprintf("cumulative sum of %v along %d", k.spec.Dims, k.spec.Axis)
}

func (k *cumSum) Phases() []int { return []int{k.units} }
func (k *cumSum) Scratch() int  { return columns * 16 }
func (k *cumSum) Shared() int   { return 0 }

func (k *cumSum) Run(w *kernel.Worker, _, lo, hi int, args []unsafe.Pointer) {
	size := k.spec.Type.Size()
	k.each(lo, hi, func(o, first, n int) {
		at := (o*k.n*k.inner + first) * size
		k.sum(unsafe.Add(args[0], at), unsafe.Add(args[1], at), w.Scratch, k, n)
	})
}

// row is the place of step i of the walk along the axis, in elements.
func (k *cumSum) row(i int) int {
	if k.spec.Reverse {
		i = k.n - 1 - i
	}
	return i * k.inner
}

type summable interface {
	uint8 | uint16 | uint32 | uint64 | float32 | float64 | complex64 | complex128
}

// sums walks n lines.
func sums[T summable](dst, src, accumulators unsafe.Pointer, k *cumSum, n int) {
	acc, size := span[T](accumulators, n), int(unsafe.Sizeof(*new(T)))
	clear(acc)
	if n == 1 {
		sumLine[T](dst, src, k)
		return
	}
	for i := range k.n {
		at := k.row(i) * size
		d, s := span[T](unsafe.Add(dst, at), n), span[T](unsafe.Add(src, at), n)
		for j, x := range s {
			sum := acc[j] + x
			if k.spec.Exclusive {
				d[j] = acc[j]
			} else {
				d[j] = sum
			}
			acc[j] = sum
		}
	}
}

// sumLine walks a single line.
func sumLine[T summable](dst, src unsafe.Pointer, k *cumSum) {
	var acc T
	for i := range k.n {
		row := k.row(i)
		sum := acc + *at[T](src, row)
		if k.spec.Exclusive {
			*at[T](dst, row) = acc
		} else {
			*at[T](dst, row) = sum
		}
		acc = sum
	}
}

// halfSums gives the function that walks n lines of half precision.
func halfSums(dt dtypes.DType) func(dst, src, acc unsafe.Pointer, k *cumSum, n int) {
	widen, narrow := vec.Convert(isa.Portable, dt, dtypes.Float32), vec.Convert(isa.Portable, dtypes.Float32, dt)
	return func(dst, src, accumulators unsafe.Pointer, k *cumSum, n int) {
		row := unsafe.Add(accumulators, 4*columns)
		acc, x := span[float32](accumulators, n), span[float32](row, n)
		clear(acc)
		for i := range k.n {
			at := k.row(i) * 2
			widen(row, unsafe.Add(src, at), nil, nil, n)
			for j := range x {
				before := acc[j]
				acc[j] += x[j]
				x[j] = acc[j]
				if k.spec.Exclusive {
					x[j] = before
				}
			}
			narrow(unsafe.Add(dst, at), row, nil, nil, n)
		}
	}
}
