package conv

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// path is a convolution that is computed in a certain way.
type path struct {
	name string
	s    Spec
	took func(e *engine) bool // nil: by narrow
}

// channelsFirst lays out a convolution as [n, c, spatial…] and [co, ci, spatial…].
func channelsFirst(s Spec) Spec {
	image, weights := []int{0, 1}, []int{1, 0}
	for i := range s.Axes {
		image, weights = append(image, i+2), append(weights, i+2)
	}
	return lay(s, image, weights, image)
}

// dilated sets the kernel's dilation.
func dilated(s Spec, d int) Spec {
	for i := range s.Axes {
		s.Axes[i].KernelDilation = d
		s.Axes[i].Lo, s.Axes[i].Hi = d, d
	}
	return last(s)
}

// paths holds at least one convolution for every way to compute one.
func paths() []path {
	return []path{
		{"rows along an axis", square(3, 30, 8, 64, 3, 1, true), func(e *engine) bool { return e.rowAxis == 1 && e.pack != nil }},
		{"a kernel in place", square(3, 30, 8, 16, 3, 1, true), func(e *engine) bool { return e.rowAxis == 1 && e.pack == nil }},
		{"rows of images", square(40, 3, 8, 40, 3, 1, true), func(e *engine) bool { return e.rowAxis == -1 && e.chunks == 1 }},
		{"images a page apart", square(40, 4, 64, 16, 3, 1, true), func(e *engine) bool { return e.rowAxis == -1 && e.tiles[0].aRow%4096 == 0 }},
		{"one run of positions", square(3, 10, 8, 40, 1, 1, true), func(e *engine) bool { return e.positions == 1 }},
		{"dilation", dilated(square(3, 14, 5, 20, 3, 1, true), 2), func(e *engine) bool { return e.rowAxis == 1 }},
		{"phases of a transposed kernel", inputGradient(square(3, 15, 8, 40, 4, 2, true)), func(e *engine) bool { return e.pack != nil }},
		{"channels first", channelsFirst(square(3, 12, 5, 20, 3, 1, true)), func(e *engine) bool { return e.finish != nil && e.chunks == 1 }},
		{"parts of a sum", kernelGradient(square(64, 20, 4, 8, 3, 1, true)), func(e *engine) bool { return e.chunks > 1 }},
		{"parts of a sum, read beforehand", kernelGradient(square(64, 20, 32, 64, 1, 1, true)), func(e *engine) bool { return e.fetch }},
		{"parts of a sum, few columns", kernelGradient(square(64, 20, 24, 1, 3, 1, true)), func(e *engine) bool { return e.chunks > 1 && !e.channelsAreColumns() }},
		{"a packed gradient", kernelGradient(square(24, 4, 112, 128, 3, 1, true)), func(e *engine) bool { return e.pack != nil && e.rowAxis == -1 }},
		{"a decoder's last convolution", square(3, 14, 32, 1, 3, 1, true), nil},
		{"a transposed one", inputGradient(square(3, 14, 2, 32, 4, 2, true)), nil},
		{"a long signal", last(Spec{Batch: 1, InChannels: 3, OutChannels: 5, Groups: 1, BatchGroups: 1, Axes: []Axis{{In: 20000, Kernel: 5, Stride: 1, Lo: 4, InputDilation: 1, KernelDilation: 1}}}), func(e *engine) bool { return e.rowAxis == 0 }},
		{"a long sum", kernelGradient(last(Spec{Batch: 1, InChannels: 3, OutChannels: 5, Groups: 1, BatchGroups: 1, Axes: []Axis{{In: 20000, Kernel: 5, Stride: 1, Lo: 4, InputDilation: 1, KernelDilation: 1}}})), func(e *engine) bool { return e.rowAxis == -1 }},
	}
}

// channelsAreColumns reports whether the columns of a tile come from the kernel.
func (e *engine) channelsAreColumns() bool { return e.pack != nil || e.b.arg == 2 }

// The definition in double precision is the reference: its own error is far below the
// tolerance, which is that of check.
func TestEveryPathAgreesWithTheDefinition(t *testing.T) {
	for _, c := range paths() {
		t.Run(c.name, func(t *testing.T) {
			s := c.s
			s.DType = dtypes.Float32
			e, wide := New(isa.Best(), s).(*engine)
			if isa.Best() == isa.AVX512 && (wide != (c.took != nil) || wide && !c.took(e)) {
				t.Error("the convolution is not computed in that way any more")
			}
			r := rand.New(rand.NewPCG(1, 2))
			outs, ins, kers := sizes(s)
			x, xs := buffer(ins, func(int) float32 { return float32(r.NormFloat64()) })
			w, ws := buffer(kers, func(int) float32 { return float32(r.NormFloat64()) })
			define := func(f func(float64) float64) []float64 {
				double := s
				double.DType = dtypes.Float64
				x, _ := buffer(ins, func(i int) float64 { return f(float64(xs[i])) })
				w, _ := buffer(kers, func(i int) float64 { return f(float64(ws[i])) })
				y, ys := buffer(outs, func(int) float64 { return 0 })
				kernel.Run(newPlain(double), y, x, w)
				return ys
			}
			want, size := define(func(v float64) float64 { return v }), define(math.Abs)
			terms := s.InChannels
			for _, a := range s.Axes {
				terms *= a.Kernel
			}
			for _, l := range isa.Available() {
				y, ys := buffer(outs, func(int) float32 { return float32(math.NaN()) })
				kernel.Run(New(l, s), y, x, w)
				for j, got := range ys {
					if d := math.Abs(float64(got) - want[j]); !(d <= 2*float64(terms+8)*0x1p-24*size[j]) {
						t.Fatalf("%v: element %d: got %v, want %v", l, j, got, want[j])
					}
				}
			}
		})
	}
}

// anyOrder runs each unit of a kernel alone, in a random order, with dirty memory.
func anyOrder(k kernel.Kernel, r *rand.Rand, args ...unsafe.Pointer) {
	dirty := func(n int) unsafe.Pointer {
		p := kernel.Alloc(n)
		for i := range n {
			*(*byte)(unsafe.Add(p, i)) = 0xff
		}
		return p
	}
	args = append(args, dirty(k.Shared()))
	for phase, units := range k.Phases() {
		for _, u := range r.Perm(units) {
			k.Run(&kernel.Worker{Scratch: kernel.Alloc(k.Scratch())}, phase, u, u+1, args)
		}
	}
}

func TestUnitsInAnyOrderGiveTheSameBits(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, c := range paths() {
		for _, dt := range []dtypes.DType{dtypes.Float32, dtypes.Int32} {
			s := c.s
			s.DType = dt
			if dt == dtypes.Int32 && products(s) > 1<<20 {
				continue // slow by definition
			}
			outs, ins, kers := sizes(s)
			x, _ := buffer(ins, func(int) float32 { return float32(r.NormFloat64()) })
			w, _ := buffer(kers, func(int) float32 { return float32(r.NormFloat64()) })
			for _, l := range isa.Available() {
				k := New(l, s)
				y, ys := buffer(4*outs, func(int) byte { return 0xff })
				z, zs := buffer(4*outs, func(int) byte { return 0xfe })
				kernel.Run(k, y, x, w)
				anyOrder(k, r, z, x, w)
				if !bytes.Equal(ys, zs) {
					t.Errorf("%v %s: the order of units changes the result", l, k.Name())
				}
			}
		}
	}
}

func TestNothingOutsideIsTouched(t *testing.T) {
	for _, c := range paths() {
		s := c.s
		s.DType = dtypes.Float32
		outs, ins, kers := sizes(s)
		for _, l := range isa.Available() {
			k := New(l, s)
			args := []unsafe.Pointer{guarded(t, 4*outs), guarded(t, 4*ins), guarded(t, 4*kers), guarded(t, k.Shared())}
			w := &kernel.Worker{Scratch: guarded(t, (k.Scratch()+63)&^63)}
			for phase, units := range k.Phases() {
				k.Run(w, phase, 0, units, args)
			}
		}
	}
}

// An element that is not finite reaches the outputs whose window it lies in, and no others:
// padding and inserted zeros are no terms.
func TestNotANumberStaysInItsWindow(t *testing.T) {
	for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1))} {
		for _, c := range paths() {
			s := c.s
			s.DType = dtypes.Float32
			outs, ins, kers := sizes(s)
			r := rand.New(rand.NewPCG(5, 6))
			x, xs := buffer(ins, func(int) float32 { return r.Float32() + 1 })
			w, ws := buffer(kers, func(int) float32 { return r.Float32() + 1 })
			xs[r.IntN(ins)], ws[r.IntN(kers)] = bad, bad
			y, ys := buffer(outs, func(int) float32 { return 0 })
			kernel.Run(newPlain(s), y, x, w)
			for _, l := range isa.Available() {
				z, zs := buffer(outs, func(int) float32 { return 0 })
				kernel.Run(New(l, s), z, x, w)
				for i, want := range ys {
					if math.IsNaN(float64(want)) != math.IsNaN(float64(zs[i])) || math.IsInf(float64(want), 1) != math.IsInf(float64(zs[i]), 1) {
						t.Fatalf("%s, %v: element %d: got %v, want %v", c.name, l, i, zs[i], want)
					}
				}
			}
		}
	}
}

func TestNothingIsAllocatedWhileAKernelRuns(t *testing.T) {
	for _, c := range append(paths(), path{name: "plain", s: square(2, 5, 2, 3, 3, 1, true)}) {
		for _, dt := range []dtypes.DType{dtypes.Float32, dtypes.Int8} {
			if c.name != "plain" && dt == dtypes.Int8 {
				continue
			}
			s := c.s
			s.DType = dt
			outs, ins, kers := sizes(s)
			k := New(isa.Best(), s)
			args := []unsafe.Pointer{kernel.Alloc(4 * outs), kernel.Alloc(4 * ins), kernel.Alloc(4 * kers), kernel.Alloc(k.Shared())}
			w := &kernel.Worker{Scratch: kernel.Alloc(k.Scratch())}
			phases := k.Phases()
			if n := testing.AllocsPerRun(2, func() {
				for phase, units := range phases {
					k.Run(w, phase, 0, units, args)
				}
			}); n != 0 {
				t.Errorf("%s %v: got %v allocations, want none", c.name, dt, n)
			}
		}
	}
}
