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
	title    string
	axes     []coord // source positions; In is the operand's, Out the source's
	alone    int     // the first axes, along which windows do not meet
	units    int
	per      int // windows of a unit
	elements int // of a window
	run      int // neighbouring windows that lie alike: the channels, where they come last
	body     scatterer
}

// NewSelect returns the kernel of SelectAndScatterMax, or of SelectAndScatterMin, for the windows
// that a spec lays over the operand (its OutStrides are those of the source). The arguments are
// output, operand and source. It is nil if the type has no order.
func NewSelect(l isa.Level, s Spec, smallest bool) kernel.Kernel {
	k := &choose{title: s.name("select"), body: chooser(l, s.DType, smallest), units: 1, per: 1, run: 1, elements: 1}
	if k.body == nil || len(s.Axes) > maxAxes {
		return nil
	}
	axes := s.Axes
	if n := len(axes); n > 0 && trivial(axes[n-1]) && axes[n-1].InStride == 1 && axes[n-1].OutStride == 1 {
		k.run, axes = axes[n-1].In, axes[:n-1]
	}
	for _, a := range axes {
		c := coord{Axis: a, out: a.Out()}
		for o := range c.out {
			c.taps = append(c.taps, a.Taps(o))
		}
		k.axes = append(k.axes, c)
		k.elements *= a.Kernel
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

// scatterer computes a unit, with room for the offsets of a window.
type scatterer func(k *choose, u int, args []unsafe.Pointer, offsets []int)

// chooser returns the loop of a type.
func chooser(l isa.Level, dt dtypes.DType, smallest bool) scatterer {
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
		if pick := native(l, smallest); pick != nil {
			return func(k *choose, u int, args []unsafe.Pointer, list []int) { search[float32](k, u, args, list, pick) }
		}
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
func ordered[T number](smallest bool) scatterer {
	pick := largest[T]
	if smallest {
		pick = least[T]
	}
	return func(k *choose, u int, args []unsafe.Pointer, list []int) { search[T](k, u, args, list, pick) }
}

// half compares and adds in float32.
func half[T any](smallest bool, single func(T) float32, round func(float32) T) scatterer {
	pick := func(x, source, out unsafe.Pointer, offsets []int, n int) {
		for c := range n {
			best, at := single(*elem[T](x, offsets[0]+c)), offsets[0]
			for _, o := range offsets[1:] {
				v := single(*elem[T](x, o+c))
				if v != v || smallest && v < best || !smallest && v > best {
					best, at = v, o
				}
			}
			to := elem[T](out, at+c)
			*to = round(single(*to) + single(*elem[T](source, c)))
		}
	}
	return func(k *choose, u int, args []unsafe.Pointer, list []int) { search[T](k, u, args, list, pick) }
}

// Name implements kernel.Kernel.
func (k *choose) Name() string { return k.title }

// Phases implements kernel.Kernel.
func (k *choose) Phases() []int { return []int{k.units} }

// Scratch implements kernel.Kernel.
func (k *choose) Scratch() int { return k.elements * int(unsafe.Sizeof(0)) }

// Shared implements kernel.Kernel.
func (k *choose) Shared() int { return 0 }

// Run implements kernel.Kernel.
func (k *choose) Run(w *kernel.Worker, _, lo, hi int, args []unsafe.Pointer) {
	for u := lo; u < hi; u++ {
		k.body(k, u, args, unsafe.Slice((*int)(w.Scratch), k.elements))
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
