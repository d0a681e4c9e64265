package move

import (
	"fmt"
	"unsafe"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/dtypes/float16"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// axes3 sees an array as outer × n × inner elements around one axis.
type axes3 struct{ outer, n, inner int }

func around(dims []int, axis int) axes3 {
	return axes3{volume(dims[:axis]), dims[axis], volume(dims[axis+1:])}
}

func (a axes3) volume() int { return a.outer * a.n * a.inner }

// IotaSpec describes an array whose elements are their index along an axis.
type IotaSpec struct {
	Type dtypes.DType // of the elements
	Dims []int        // of the result
	Axis int          // along which elements count
}

type iotaKernel struct {
	noMemory
	spec IotaSpec
	axes3
	fill  func(p unsafe.Pointer, a axes3, lo, hi int)
	units int
}

// NewIota makes the kernel of an Iota, or nil for a type that has none. Argument: the result.
func NewIota(s IotaSpec) kernel.Kernel {
	k := &iotaKernel{spec: s, axes3: around(s.Dims, s.Axis), fill: countOf(s.Type)}
	if k.fill == nil {
		return nil
	}
	k.units = unitsOf(k.volume(), k.volume()*s.Type.Size())
	return k
}

func (k *iotaKernel) Name() string  { return fmt.Sprintf("iota %v along %d", k.spec.Dims, k.spec.Axis) }
func (k *iotaKernel) Phases() []int { return []int{k.units} }

func (k *iotaKernel) Run(_ *kernel.Worker, _, lo, hi int, args []unsafe.Pointer) {
	n := k.volume()
	k.fill(args[0], k.axes3, part(n, k.units, lo), part(n, k.units, hi))
}

func countOf(dt dtypes.DType) func(p unsafe.Pointer, a axes3, lo, hi int) {
	switch dt {
	case dtypes.Float32:
		return count(number[float32])
	case dtypes.Float64:
		return count(number[float64])
	case dtypes.Int8, dtypes.Uint8:
		return count(number[uint8])
	case dtypes.Int16, dtypes.Uint16:
		return count(number[uint16])
	case dtypes.Int32, dtypes.Uint32:
		return count(number[uint32])
	case dtypes.Int64, dtypes.Uint64:
		return count(number[uint64])
	case dtypes.Float16:
		return count(func(i int) float16.Float16 { return float16.FromFloat32(float32(i)) })
	case dtypes.BFloat16:
		return count(func(i int) bfloat16.BFloat16 { return bfloat16.FromFloat32(float32(i)) })
	case dtypes.Complex64:
		return count(func(i int) complex64 { return complex(float32(i), 0) })
	case dtypes.Complex128:
		return count(func(i int) complex128 { return complex(float64(i), 0) })
	}
	return nil
}

func number[T uint8 | uint16 | uint32 | uint64 | float32 | float64](i int) T { return T(i) }

// count writes the elements lo ≤ i < hi.
func count[T any](of func(i int) T) func(p unsafe.Pointer, a axes3, lo, hi int) {
	return func(p unsafe.Pointer, a axes3, lo, hi int) {
		for lo < hi {
			run := min(hi-lo, a.inner-lo%a.inner)
			v := of(lo / a.inner % a.n)
			out := span[T](unsafe.Add(p, lo*int(unsafe.Sizeof(v))), run)
			for j := range out {
				out[j] = v
			}
			lo += run
		}
	}
}
