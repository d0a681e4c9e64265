package conv

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/gomlx/compute/dtypes"
	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// sizes are the numbers of elements of output, input and kernel.
func sizes(s Spec) (out, in, ker int) {
	out, in, ker = s.Batch/s.BatchGroups*s.OutChannels, s.Batch*s.InChannels, s.InChannels/s.Groups*s.OutChannels
	for _, a := range s.Axes {
		out, in, ker = out*a.Out(), in*a.In, ker*a.Kernel
	}
	return out, in, ker
}

// lay gives strides to a spec: the axes of each operand are in the order of a permutation,
// outermost first, where 0 is the batch (or the kernel's input channels), 1 the channels (or its
// output channels) and 2… the spatial axes.
func lay(s Spec, in, ker, out []int) Spec {
	s.Axes = append([]Axis(nil), s.Axes...)
	place := func(order []int, first, second int, axis func(*Axis) int, set func(*Axis, int)) (int, int) {
		var strides [2]int
		n := 1
		for i := len(order) - 1; i >= 0; i-- {
			switch o := order[i]; o {
			case 0:
				strides[0], n = n, n*first
			case 1:
				strides[1], n = n, n*second
			default:
				a := &s.Axes[o-2]
				set(a, n)
				n *= axis(a)
			}
		}
		return strides[0], strides[1]
	}
	s.InBatch, s.InChannel = place(in, s.Batch, s.InChannels,
		func(a *Axis) int { return a.In }, func(a *Axis, n int) { a.InStride = n })
	s.KernelIn, s.KernelOut = place(ker, s.InChannels/s.Groups, s.OutChannels,
		func(a *Axis) int { return a.Kernel }, func(a *Axis, n int) { a.KernelStride = n })
	s.OutBatch, s.OutChannel = place(out, s.Batch/s.BatchGroups, s.OutChannels,
		func(a *Axis) int { return a.Out() }, func(a *Axis, n int) { a.OutStride = n })
	return s
}

// last puts the channels last, as GoMLX does by default: [n, spatial…, c] and [spatial…, ci, co].
func last(s Spec) Spec {
	var spatial []int
	for i := range s.Axes {
		spatial = append(spatial, i+2)
	}
	image := append(append([]int{0}, spatial...), 1)
	return lay(s, image, append(append([]int{}, spatial...), 0, 1), image)
}

// draw makes a random geometry.
func draw(t *rapid.T) Spec {
	small := rapid.IntRange(1, 3)
	s := Spec{Batch: rapid.IntRange(1, 9).Draw(t, "batch"), Groups: 1, BatchGroups: 1}
	in, out := rapid.IntRange(1, 20).Draw(t, "in"), rapid.IntRange(1, 40).Draw(t, "out")
	switch rapid.IntRange(0, 4).Draw(t, "groups") {
	case 0:
		s.Groups = small.Draw(t, "channel groups")
	case 1:
		s.BatchGroups = small.Draw(t, "batch groups")
	}
	s.Batch *= s.BatchGroups
	s.InChannels, s.OutChannels = in*s.Groups, out*s.Groups*s.BatchGroups
	for i := range rapid.IntRange(1, 3).Draw(t, "axes") {
		axis := rapid.Custom(func(t *rapid.T) Axis {
			return Axis{In: rapid.IntRange(1, 12).Draw(t, "size"), Kernel: rapid.IntRange(1, 5).Draw(t, "kernel"),
				Stride: small.Draw(t, "stride"), Lo: rapid.IntRange(-2, 4).Draw(t, "lo"), Hi: rapid.IntRange(-2, 4).Draw(t, "hi"),
				InputDilation: small.Draw(t, "input dilation"), KernelDilation: small.Draw(t, "kernel dilation")}
		}).Filter(func(a Axis) bool { return a.Out() > 0 })
		s.Axes = append(s.Axes, axis.Draw(t, fmt.Sprint("axis ", i)))
	}
	if rapid.Bool().Draw(t, "channels last") {
		return last(s)
	}
	order := func(what string) []int {
		all := make([]int, len(s.Axes)+2)
		for i := range all {
			all[i] = i
		}
		return rapid.Permutation(all).Draw(t, what)
	}
	return lay(s, order("input order"), order("kernel order"), order("output order"))
}

// buffer is memory for n values of type T, filled by f.
func buffer[T any](n int, f func(i int) T) (unsafe.Pointer, []T) {
	p := kernel.Alloc(n * int(unsafe.Sizeof(*new(T))))
	out := unsafe.Slice((*T)(p), n)
	for i := range out {
		out[i] = f(i)
	}
	return p, out
}

// brute is the definition written once more, from the formula alone: out[n, o, co] by a search
// for the kernel element and input element that meet. It also gives the sum of magnitudes.
func brute[T float32 | float64](s Spec, x, w []T) (y, size []float64) {
	out, _, _ := sizes(s)
	y, size = make([]float64, out), make([]float64, out)
	batch, per, deep := s.Batch/s.BatchGroups, s.OutChannels/s.Groups, s.InChannels/s.Groups
	var walk func(axis, co, ci, in, ker, at int)
	walk = func(axis, co, ci, in, ker, at int) {
		if axis == len(s.Axes) {
			v := float64(x[in]) * float64(w[ker])
			y[at] += v
			size[at] += math.Abs(v)
			return
		}
		a := s.Axes[axis]
		for o := range a.Out() {
			for k := range a.Kernel {
				for i := range a.In {
					if i*a.InputDilation == o*a.Stride+k*a.KernelDilation-a.Lo {
						walk(axis+1, co, ci, in+i*a.InStride, ker+k*a.KernelStride, at+o*a.OutStride)
					}
				}
			}
		}
	}
	for n := range batch {
		for co := range s.OutChannels {
			image := n + co/(s.OutChannels/s.BatchGroups)*batch
			for ci := range deep {
				walk(0, co, ci, image*s.InBatch+(co/per*deep+ci)*s.InChannel, ci*s.KernelIn+co*s.KernelOut,
					n*s.OutBatch+co*s.OutChannel)
			}
		}
	}
	return y, size
}

// check compares a kernel of every level with brute force. A sum of n products rounds by at most
// n units in the last place of its magnitudes; the tolerance allows for twice that.
func check[T float32 | float64](t rapid.TB, s Spec, dt dtypes.DType) {
	t.Helper()
	s.DType = dt
	r := rand.New(rand.NewPCG(1, 2))
	outs, ins, kers := sizes(s)
	x, xs := buffer(ins, func(int) T { return T(r.NormFloat64()) })
	w, ws := buffer(kers, func(int) T { return T(r.NormFloat64()) })
	want, size := brute(s, xs, ws)
	terms := s.InChannels / s.Groups
	for _, a := range s.Axes {
		terms *= a.Kernel
	}
	eps := math.Pow(2, -24)
	if dt == dtypes.Float64 {
		eps = math.Pow(2, -53)
	}
	kernels := []kernel.Kernel{newPlain(s)}
	for _, l := range isa.Available() {
		kernels = append(kernels, New(l, s))
	}
	for i, k := range kernels {
		y, ys := buffer(outs, func(int) T { return T(math.NaN()) })
		kernel.Run(k, y, x, w)
		for j, got := range ys {
			if d := math.Abs(float64(got) - want[j]); !(d <= 2*float64(terms+8)*eps*size[j]) {
				t.Fatalf("%s, kernel %d: element %d: got %v, want %v; %+v", k.Name(), i, j, got, want[j], s)
			}
		}
	}
}

func TestEveryGeometryAgreesWithBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := draw(t)
		if rapid.Bool().Draw(t, "double") {
			check[float64](t, s, dtypes.Float64)
		} else {
			check[float32](t, s, dtypes.Float32)
		}
	})
}
