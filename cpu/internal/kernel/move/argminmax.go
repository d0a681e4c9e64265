package move

import (
	"fmt"
	"unsafe"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/kernel/vec"
)

// ArgMinMaxSpec describes an ArgMinMax of a contiguous array. Of equal elements the first
// counts; the first NaN counts before all numbers.
type ArgMinMaxSpec struct {
	Type   dtypes.DType // of the operand
	Result dtypes.DType // an integer type
	Dims   []int        // of the operand
	Axis   int          // that is searched
	IsMin  bool         // search for the smallest
}

type argMinMax struct {
	spec ArgMinMaxSpec
	lines
	search  vec.ArgReducer
	walk    func(x unsafe.Pointer, k *argMinMax, n int, best unsafe.Pointer, index []int)
	convert vec.Fn // from half precision
	write   func(p unsafe.Pointer, i, v int)
}

// NewArgMinMax makes the kernel of an ArgMinMax, or nil for types that have none. Arguments:
// the result, the operand.
func NewArgMinMax(l isa.Level, s ArgMinMaxSpec) kernel.Kernel {
	k := &argMinMax{spec: s, lines: newLines(s.Dims, s.Axis, s.Type.Size()), write: writer(s.Result)}
	single := s.Type
	if s.Type == dtypes.Float16 || s.Type == dtypes.BFloat16 {
		single = dtypes.Float32
		k.convert = vec.Convert(l, s.Type, single)
	}
	k.search = vec.Arg(l, single, !s.IsMin)
	k.walk = walker(single)
	if k.search == nil || k.walk == nil || k.write == nil {
		return nil
	}
	return k
}

func (k *argMinMax) Name() string {
	what := "argmax"
	if k.spec.IsMin {
		what = "argmin"
	}
	return fmt.Sprintf("%s of %v along %d", what, k.spec.Dims, k.spec.Axis)
}

func (k *argMinMax) Phases() []int { return []int{k.units} }
func (k *argMinMax) Shared() int   { return 0 }

// Scratch holds the best elements, their indices, and a row converted from half precision.
func (k *argMinMax) Scratch() int { return 3 * columns * 8 }

func (k *argMinMax) Run(w *kernel.Worker, _, lo, hi int, args []unsafe.Pointer) {
	index := span[int](unsafe.Add(w.Scratch, columns*8), columns)
	row := unsafe.Add(w.Scratch, 2*columns*8)
	size := k.spec.Type.Size()
	k.each(lo, hi, func(o, first, n int) {
		x := unsafe.Add(args[1], (o*k.n*k.inner+first)*size)
		switch {
		case k.inner == 1:
			index[0] = k.line(x, w.Scratch, row)
		case k.convert == nil:
			k.walk(x, k, n, w.Scratch, index)
		default:
			for i := range k.n {
				k.convert(row, unsafe.Add(x, i*k.inner*size), nil, nil, n)
				keep(span[float32](row, n), span[float32](w.Scratch, n), index, i, k.spec.IsMin)
			}
		}
		for j := range n {
			k.write(args[0], o*k.inner+first+j, index[j])
		}
	})
}

// line searches one contiguous line.
func (k *argMinMax) line(x, best, row unsafe.Pointer) int {
	index := -1
	if k.convert == nil {
		k.search(best, &index, x, 0, k.n)
		return index
	}
	for start := 0; start < k.n; start += columns {
		n := min(columns, k.n-start)
		k.convert(row, unsafe.Add(x, 2*start), nil, nil, n)
		k.search(best, &index, row, start, n)
	}
	return index
}

func walker(dt dtypes.DType) func(x unsafe.Pointer, k *argMinMax, n int, best unsafe.Pointer, index []int) {
	switch dt {
	case dtypes.Float32:
		return walk[float32]
	case dtypes.Float64:
		return walk[float64]
	case dtypes.Int8:
		return walk[int8]
	case dtypes.Int16:
		return walk[int16]
	case dtypes.Int32:
		return walk[int32]
	case dtypes.Int64:
		return walk[int64]
	case dtypes.Uint8, dtypes.Bool:
		return walk[uint8]
	case dtypes.Uint16:
		return walk[uint16]
	case dtypes.Uint32:
		return walk[uint32]
	case dtypes.Uint64:
		return walk[uint64]
	}
	return nil
}

type ordered interface {
	int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64 | float32 | float64
}

// walk searches n neighbouring lines row by row.
func walk[T ordered](x unsafe.Pointer, k *argMinMax, n int, best unsafe.Pointer, index []int) {
	for i := range k.n {
		row := span[T](unsafe.Add(x, i*k.inner*int(unsafe.Sizeof(*new(T)))), n)
		keep(row, span[T](best, n), index, i, k.spec.IsMin)
	}
}

// keep compares row i with the best elements so far.
func keep[T ordered](row, best []T, index []int, i int, least bool) {
	for j, v := range row {
		b := best[j]
		better := v > b
		if least {
			better = v < b
		}
		if i == 0 || better || v != v && b == b {
			best[j], index[j] = v, i
		}
	}
}

// writer gives the function that writes element i of an array of integers, or nil.
func writer(dt dtypes.DType) func(p unsafe.Pointer, i, v int) {
	switch dt {
	case dtypes.Int8, dtypes.Uint8:
		return func(p unsafe.Pointer, i, v int) { *at[uint8](p, i) = uint8(v) }
	case dtypes.Int16, dtypes.Uint16:
		return func(p unsafe.Pointer, i, v int) { *at[uint16](p, i) = uint16(v) }
	case dtypes.Int32, dtypes.Uint32:
		return func(p unsafe.Pointer, i, v int) { *at[uint32](p, i) = uint32(v) }
	case dtypes.Int64, dtypes.Uint64:
		return func(p unsafe.Pointer, i, v int) { *at[uint64](p, i) = uint64(v) }
	}
	return nil
}
