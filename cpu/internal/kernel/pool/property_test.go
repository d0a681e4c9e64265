package pool

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// guardedCopy copies values to memory that ends where a page begins that may not be touched.
func guardedCopy(t testing.TB, values []float32) unsafe.Pointer {
	p := guarded(t, 4*len(values))
	copy(unsafe.Slice((*float32)(p), len(values)), values)
	return p
}

func normal(n int) []float32 {
	r := rand.New(rand.NewPCG(5, 6))
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(r.NormFloat64())
	}
	return out
}

// nhwc is pooling of n square images with channels last.
func nhwc(n, size, channels, window, stride, pad int) Spec {
	return General(dtypes.Float32, []int{n, size, size, channels}, []int{1, window, window, 1}, []int{1, stride, stride, 1},
		nil, nil, [][2]int{{}, {pad, pad}, {pad, pad}, {}})
}

var shapesOfNote = []Spec{
	nhwc(3, 8, 20, 2, 2, 0), nhwc(2, 9, 7, 3, 2, 1), nhwc(2, 9, 1, 3, 1, 1), nhwc(1, 11, 33, 3, 3, 1),
	General(dtypes.Float32, []int{2, 5, 9, 9}, []int{1, 1, 2, 2}, nil, nil, nil, nil),
	General(dtypes.Float32, []int{67}, []int{5}, []int{1}, nil, nil, [][2]int{{4, 0}}),
}

func TestNothingOutsideIsTouched(t *testing.T) {
	for _, s := range shapesOfNote {
		_, outs := outDims(s)
		ins := 1
		for _, a := range s.Axes {
			ins *= a.In
		}
		for _, l := range isa.Available() {
			x, y := guardedCopy(t, normal(ins)), guarded(t, 4*outs)
			kernel.Run(New(l, s, compute.ReduceOpMax), y, x)
			kernel.Run(NewSelect(l, s, false), guarded(t, 4*ins), x, y)
		}
	}
}

// anyOrder runs each unit of a kernel alone, in a random order.
func anyOrder(k kernel.Kernel, r *rand.Rand, args ...unsafe.Pointer) {
	for phase, units := range k.Phases() {
		for _, u := range r.Perm(units) {
			k.Run(&kernel.Worker{Scratch: kernel.Alloc(k.Scratch())}, phase, u, u+1, args)
		}
	}
}

func TestUnitsInAnyOrderGiveTheSameBits(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, s := range shapesOfNote {
		_, outs := outDims(s)
		ins := 1
		for _, a := range s.Axes {
			ins *= a.In
		}
		x := pack(normal(ins))
		for _, l := range isa.Available() {
			sum, choice := New(l, s, compute.ReduceOpSum), NewSelect(l, s, true)
			y, z := [2]unsafe.Pointer{}, [2]unsafe.Pointer{}
			for i := range y {
				y[i], z[i] = pack(normal(outs)), pack(normal(ins))
			}
			kernel.Run(sum, y[0], x)
			anyOrder(sum, r, y[1], x)
			kernel.Run(choice, z[0], x, y[0])
			anyOrder(choice, r, z[1], x, y[0])
			if !bytes.Equal(unsafe.Slice((*byte)(y[0]), 4*outs), unsafe.Slice((*byte)(y[1]), 4*outs)) {
				t.Errorf("%v %s: the order of units changes the result", l, sum.Name())
			}
			if !bytes.Equal(unsafe.Slice((*byte)(z[0]), 4*ins), unsafe.Slice((*byte)(z[1]), 4*ins)) {
				t.Errorf("%v %s: the order of units changes the result", l, choice.Name())
			}
		}
	}
}

// The gradient of a sum over windows gives every input the gradients of the windows that it is
// in: small integers, so that sums are exact.
func TestSumGradientGivesEveryInputItsWindows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := draw(t, true)
		s := c.spec(dtypes.Float64)
		g := s.SumGradient()
		_, outs := outDims(s)
		dims, ins := outDims(g)
		for i, n := range c.dims {
			if dims[i] != n {
				t.Fatalf("axis %d: got a gradient of %d elements, want %d; %+v", i, dims[i], n, c)
			}
		}
		dy := make([]float64, outs)
		for i := range dy {
			dy[i] = float64(i%7 - 3)
		}
		want := make([]float64, ins)
		var visit func(axis, in, out int)
		visit = func(axis, in, out int) {
			if axis == len(s.Axes) {
				want[in] += dy[out]
				return
			}
			a := s.Axes[axis]
			for o := range a.Out() {
				for k := range a.Kernel {
					if i := o*a.Stride + k - a.Lo; i >= 0 && i < a.In {
						visit(axis+1, in+i*a.InStride, out+o*a.OutStride)
					}
				}
			}
		}
		visit(0, 0, 0)
		y := pack(make([]float64, ins))
		kernel.Run(New(isa.Best(), g, compute.ReduceOpSum), y, pack(dy))
		for i, got := range unsafe.Slice((*float64)(y), ins) {
			if got != want[i] {
				t.Fatalf("element %d: got %v, want %v; %+v", i, got, want[i], c)
			}
		}
	})
}

func TestNegativePaddingCrops(t *testing.T) {
	s := General(dtypes.Float32, []int{6}, []int{2}, []int{1}, nil, nil, [][2]int{{-1, -2}})
	y := pack(make([]float32, 2))
	kernel.Run(New(isa.Best(), s, compute.ReduceOpSum), y, pack([]float32{1, 2, 4, 8, 16, 32}))
	if got := *(*[2]float32)(y); got != [2]float32{6, 12} {
		t.Errorf("got %v, want [6 12]", got)
	}
}

func TestWindowsInPaddingAreNeutral(t *testing.T) {
	s := General(dtypes.Float32, []int{1}, []int{1}, []int{1}, nil, nil, [][2]int{{1, 1}})
	y := pack(make([]float32, 3))
	kernel.Run(New(isa.Best(), s, compute.ReduceOpMax), y, pack([]float32{5}))
	low := float32(math.Inf(-1))
	if got := *(*[3]float32)(y); got != [3]float32{low, 5, low} {
		t.Errorf("got %v, want [-Inf 5 -Inf]", got)
	}
}

func TestTypesWithoutTheOperationHaveNoKernel(t *testing.T) {
	for _, dt := range []dtypes.DType{dtypes.Complex64, dtypes.Bool} {
		s := General(dt, []int{4}, []int{2}, nil, nil, nil, nil)
		if k := New(isa.Best(), s, compute.ReduceOpSum); k != nil {
			t.Errorf("%v: got the kernel %s, want none", dt, k.Name())
		}
		if k := NewSelect(isa.Best(), s, true); k != nil {
			t.Errorf("%v: got the kernel %s, want none", dt, k.Name())
		}
	}
}

func BenchmarkPool(b *testing.B) {
	for _, s := range []Spec{nhwc(64, 28, 32, 2, 2, 0), nhwc(64, 28, 32, 3, 1, 1), nhwc(64, 28, 1, 2, 2, 0)} {
		_, outs := outDims(s)
		ins := 1
		for _, a := range s.Axes {
			ins *= a.In
		}
		x, y, z := pack(normal(ins)), pack(normal(outs)), pack(normal(ins))
		for _, l := range isa.Available() {
			largest, choice, spread := New(l, s, compute.ReduceOpMax), NewSelect(l, s, false), New(l, s.SumGradient(), compute.ReduceOpSum)
			b.Run(l.String()+"/"+largest.Name(), func(b *testing.B) {
				for b.Loop() {
					kernel.Run(largest, y, x)
				}
			})
			b.Run(l.String()+"/"+choice.Name(), func(b *testing.B) {
				for b.Loop() {
					kernel.Run(choice, z, x, y)
				}
			})
			b.Run(l.String()+"/gradient of sum "+largest.Name(), func(b *testing.B) {
				for b.Loop() {
					kernel.Run(spread, z, y)
				}
			})
		}
	}
}

// A view is reached through its strides, and what lies between those of the output is left alone.
func TestViewsAreReadAndWrittenThroughTheirStrides(t *testing.T) {
	s := nhwc(2, 6, 3, 2, 2, 1)
	dims, _ := outDims(s)
	wide := Spec{DType: s.DType, Axes: append(s.Axes[:0:0], s.Axes...)}
	ins, outs := 1, 1
	for i := range wide.Axes {
		a := &wide.Axes[i]
		a.InStride, a.OutStride = 2*a.InStride, 3*a.OutStride
		ins, outs = ins+(a.In-1)*a.InStride, outs+(dims[i]-1)*a.OutStride
	}
	x := normal(ins)
	var dense []float32
	for i := 0; i < ins; i += 2 {
		dense = append(dense, x[i])
	}
	want, got := pack(make([]float32, outs)), pack(make([]float32, outs))
	kernel.Run(New(isa.Best(), s, compute.ReduceOpMax), want, pack(dense))
	kernel.Run(New(isa.Best(), wide, compute.ReduceOpMax), got, pack(x))
	for i, v := range unsafe.Slice((*float32)(got), outs) {
		if i%3 != 0 && v != 0 || i%3 == 0 && v != *elem[float32](want, i/3) {
			t.Fatalf("word %d: got %v", i, v)
		}
	}
}
