package conv

import (
	"unsafe"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/dtypes/float16"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// plain is the definition: one output at a time, its terms in row-major order of the kernel. A
// unit is one image.
type plain struct {
	s   Spec
	out func(s *Spec, tap [][]Taps, n int, at *window, args []unsafe.Pointer)
	tap [][]Taps // per axis and output
}

// number is what a sum is taken in.
type number interface {
	int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64 | float32 | float64
}

// newPlain returns the definition for any numeric type; nil for others.
func newPlain(s Spec) kernel.Kernel {
	p := &plain{s: s}
	switch s.DType {
	case dtypes.Float32:
		p.out = native[float32]
	case dtypes.Float64:
		p.out = native[float64]
	case dtypes.Int8:
		p.out = native[int8]
	case dtypes.Int16:
		p.out = native[int16]
	case dtypes.Int32:
		p.out = native[int32]
	case dtypes.Int64:
		p.out = native[int64]
	case dtypes.Uint8:
		p.out = native[uint8]
	case dtypes.Uint16:
		p.out = native[uint16]
	case dtypes.Uint32:
		p.out = native[uint32]
	case dtypes.Uint64:
		p.out = native[uint64]
	case dtypes.Float16:
		p.out = image(float16.Float16.Float32, float16.FromFloat32)
	case dtypes.BFloat16:
		p.out = image(bfloat16.BFloat16.Float32, bfloat16.FromFloat32)
	default:
		return nil
	}
	p.tap = tables(s.Axes)
	return p
}

// tables lists the terms of every output of every axis.
func tables(axes []Axis) [][]Taps {
	out := make([][]Taps, len(axes))
	for i, a := range axes {
		out[i] = make([]Taps, a.Out())
		for o := range out[i] {
			out[i][o] = a.Taps(o)
		}
	}
	return out
}

// Name implements kernel.Kernel.
func (p *plain) Name() string { return p.s.name() + " plain" }

// Phases implements kernel.Kernel.
func (p *plain) Phases() []int { return []int{p.s.Batch / p.s.BatchGroups} }

// Scratch implements kernel.Kernel.
func (p *plain) Scratch() int { return int(unsafe.Sizeof(window{})) }

// Shared implements kernel.Kernel.
func (p *plain) Shared() int { return 0 }

// Run implements kernel.Kernel.
func (p *plain) Run(w *kernel.Worker, _, lo, hi int, args []unsafe.Pointer) {
	for n := lo; n < hi; n++ {
		p.out(&p.s, p.tap, n, (*window)(w.Scratch), args)
	}
}

// native computes an image in the operands' own type.
func native[T number](s *Spec, tap [][]Taps, n int, at *window, args []unsafe.Pointer) {
	each(s, tap, n, at, func(out int) {
		var sum T
		at.elements(s, func(in, ker int) {
			for range s.InChannels / s.Groups {
				sum += *elem[T](args[1], in) * *elem[T](args[2], ker)
				in, ker = in+s.InChannel, ker+s.KernelIn
			}
		})
		*elem[T](args[0], out) = sum
	})
}

// image computes an image in float32 and rounds at the end.
func image[T any](single func(T) float32, round func(float32) T) func(*Spec, [][]Taps, int, *window, []unsafe.Pointer) {
	return func(s *Spec, tap [][]Taps, n int, at *window, args []unsafe.Pointer) {
		each(s, tap, n, at, func(out int) {
			var sum float32
			at.elements(s, func(in, ker int) {
				for range s.InChannels / s.Groups {
					sum += single(*elem[T](args[1], in)) * single(*elem[T](args[2], ker))
					in, ker = in+s.InChannel, ker+s.KernelIn
				}
			})
			*elem[T](args[0], out) = round(sum)
		})
	}
}

// elem is element i after p.
func elem[T any](p unsafe.Pointer, i int) *T {
	return (*T)(unsafe.Add(p, i*int(unsafe.Sizeof(*new(T)))))
}

// maxAxes bounds the spatial axes.
const maxAxes = 8

// window is where the terms of an output begin: offsets in elements, and the terms of each axis.
type window struct {
	in, ker int
	taps    [maxAxes]Taps
}

// each visits the outputs of an image, with their window in at.
func each(s *Spec, tap [][]Taps, n int, at *window, visit func(out int)) {
	batch := s.Batch / s.BatchGroups
	var o [maxAxes]int
	for {
		out := n * s.OutBatch
		for i, a := range s.Axes {
			if o[i] >= len(tap[i]) {
				return
			}
			out += o[i] * a.OutStride
			at.taps[i] = tap[i][o[i]]
		}
		for co := range s.OutChannels {
			image := n + co/(s.OutChannels/s.BatchGroups)*batch
			group := co / (s.OutChannels / s.Groups)
			at.in = image*s.InBatch + group*(s.InChannels/s.Groups)*s.InChannel
			at.ker = co * s.KernelOut
			visit(out + co*s.OutChannel)
		}
		if !next(&o, len(s.Axes), func(i int) int { return len(tap[i]) }) {
			return
		}
	}
}

// elements visits the elements of the kernel that an output sees, by the offsets of the first
// input channel's factors.
func (at *window) elements(s *Spec, visit func(in, ker int)) {
	var j [maxAxes]int
	for i := range s.Axes {
		if at.taps[i].Count == 0 {
			return
		}
	}
	for {
		in, ker := at.in, at.ker
		for i, a := range s.Axes {
			t := &at.taps[i]
			in += (t.I + j[i]*t.IStep) * a.InStride
			ker += (t.K + j[i]*t.KStep) * a.KernelStride
		}
		visit(in, ker)
		if !next(&j, len(s.Axes), func(i int) int { return at.taps[i].Count }) {
			return
		}
	}
}

// next steps an odometer of n digits, the last one fastest; false when it is back at zero.
func next(digits *[maxAxes]int, n int, size func(int) int) bool {
	for i := n - 1; i >= 0; i-- {
		if digits[i]++; digits[i] < size(i) {
			return true
		}
		digits[i] = 0
	}
	return false
}
