package pool

import (
	"unsafe"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/dtypes/float16"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/kernel/conv"
)

// choose is SelectAndScatter: every window adds its element of the source to the output, which
// is shaped like the operand, at the place of the operand's first extremum in the window. A NaN
// replaces whatever was chosen before it.
//
// A unit takes all windows whose position along some axes is given: those along which no two
// windows meet.
type choose struct {
	title string
	axes  []coord // source positions; In is the operand's, Out the source's
	alone int     // the first axes, along which windows do not meet
	units int
	per   int // source elements of a unit
	body  func(k *choose, u int, args []unsafe.Pointer)
}

// NewSelect returns the kernel of SelectAndScatterMax, or of SelectAndScatterMin, for the windows
// that a spec lays over the operand (its OutStrides are those of the source). The arguments are
// output, operand and source. It is nil if the type has no order.
func NewSelect(_ isa.Level, s Spec, smallest bool) kernel.Kernel {
	k := &choose{title: s.name("select"), body: chooser(s.DType, smallest), units: 1, per: 1}
	if k.body == nil || len(s.Axes) > maxAxes {
		return nil
	}
	for _, a := range s.Axes {
		c := coord{Axis: a, out: a.Out()}
		for o := range c.out {
			c.taps = append(c.taps, a.Taps(o))
		}
		k.axes = append(k.axes, c)
	}
	for k.alone < len(k.axes) && k.axes[k.alone].apart() && k.units < 64 {
		k.units *= k.axes[k.alone].out
		k.alone++
	}
	for _, c := range k.axes[k.alone:] {
		k.per *= c.out
	}
	return k
}

// apart reports whether no two windows meet along an axis.
func (c *coord) apart() bool { return (c.Kernel-1)*c.KernelDilation < c.Stride }

// chooser returns the loop of a type.
func chooser(dt dtypes.DType, smallest bool) func(*choose, int, []unsafe.Pointer) {
	switch dt {
	case dtypes.Int8:
		return ordered[int8](smallest)
	case dtypes.Int16:
		return ordered[int16](smallest)
	case dtypes.Int32:
		return ordered[int32](smallest)
	case dtypes.Int64:
		return ordered[int64](smallest)
	case dtypes.Uint8:
		return ordered[uint8](smallest)
	case dtypes.Uint16:
		return ordered[uint16](smallest)
	case dtypes.Uint32:
		return ordered[uint32](smallest)
	case dtypes.Uint64:
		return ordered[uint64](smallest)
	case dtypes.Float32:
		return ordered[float32](smallest)
	case dtypes.Float64:
		return ordered[float64](smallest)
	case dtypes.Float16:
		return half(smallest, float16.Float16.Float32, float16.FromFloat32)
	case dtypes.BFloat16:
		return half(smallest, bfloat16.BFloat16.Float32, bfloat16.FromFloat32)
	}
	return nil
}

type number interface {
	int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64 | float32 | float64
}

// ordered works in the operand's own type.
func ordered[T number](smallest bool) func(*choose, int, []unsafe.Pointer) {
	better := func(x, y T) bool { return x > y || x != x }
	if smallest {
		better = func(x, y T) bool { return x < y || x != x }
	}
	return func(k *choose, u int, args []unsafe.Pointer) {
		search(k, u, args, better, func(x, y T) T { return x + y })
	}
}

// half compares and adds in float32.
func half[T any](smallest bool, single func(T) float32, round func(float32) T) func(*choose, int, []unsafe.Pointer) {
	return func(k *choose, u int, args []unsafe.Pointer) {
		search(k, u, args, func(a, b T) bool {
			x, y := single(a), single(b)
			if smallest {
				return x < y || x != x
			}
			return x > y || x != x
		}, func(a, b T) T { return round(single(a) + single(b)) })
	}
}

// Name implements kernel.Kernel.
func (k *choose) Name() string { return k.title }

// Phases implements kernel.Kernel.
func (k *choose) Phases() []int { return []int{k.units} }

// Scratch implements kernel.Kernel.
func (k *choose) Scratch() int { return 0 }

// Shared implements kernel.Kernel.
func (k *choose) Shared() int { return 0 }

// Run implements kernel.Kernel.
func (k *choose) Run(_ *kernel.Worker, _, lo, hi int, args []unsafe.Pointer) {
	for u := lo; u < hi; u++ {
		k.body(k, u, args)
	}
}

// window is where a window lies: the offset of its first element and its elements along each
// axis.
type window struct {
	source, first int
	taps          [maxAxes]*conv.Taps
	empty         bool
}

// window finds window i of unit u.
func (k *choose) window(w *window, u, i int) {
	w.source, w.first, w.empty = 0, 0, false
	for x := len(k.axes) - 1; x >= 0; x-- {
		c := &k.axes[x]
		at := &i
		if x < k.alone {
			at = &u
		}
		o := *at % c.out
		*at /= c.out
		t := &c.taps[o]
		w.taps[x] = t
		w.source += o * c.OutStride
		w.first += t.I * c.InStride
		w.empty = w.empty || t.Count == 0
	}
}
