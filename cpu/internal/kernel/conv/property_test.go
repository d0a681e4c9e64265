package conv

import (
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/gomlx/compute/dtypes"
	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// apply runs a convolution of float64 at the best level.
func apply(s Spec, x, w []float64) []float64 {
	s.DType = dtypes.Float64
	outs, _, _ := sizes(s)
	in, _ := buffer(len(x), func(i int) float64 { return x[i] })
	ker, _ := buffer(len(w), func(i int) float64 { return w[i] })
	y, ys := buffer(outs, func(int) float64 { return math.NaN() })
	kernel.Run(New(isa.Best(), s), y, in, ker)
	return ys
}

func normals(r *rand.Rand, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = r.NormFloat64()
	}
	return out
}

func dot(x, y []float64) (sum float64) {
	for i := range x {
		sum += x[i] * y[i]
	}
	return sum
}

// flip turns the kernel's elements round along the spatial axes of a convolution with channels
// last.
func flip(s Spec, w []float64) []float64 {
	n := s.InChannels * s.OutChannels
	out := make([]float64, len(w))
	for k := 0; k < len(w); k += n {
		copy(out[len(w)-n-k:], w[k:k+n])
	}
	return out
}

// A convolution is linear in the input and in the kernel, so its gradients are its adjoints:
// ⟨conv(x, w), g⟩ = ⟨x, ∂x⟩ = ⟨w, ∂w⟩. The sums are of at most some thousand products of order
// one; 1e-10 is far above their rounding and far below a missing term.
func TestGradientsAreAdjoint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := draw(t)
		for i := range s.Axes {
			a := &s.Axes[i]
			a.InputDilation = 1
			a.Lo, a.Hi = max(0, a.Lo), max(0, a.Hi)
			if a.Out() < 1 {
				a.Hi += (a.Kernel - 1) * a.KernelDilation
			}
		}
		s.OutChannels /= s.Groups * s.BatchGroups
		s.InChannels /= s.Groups
		s.Groups, s.BatchGroups = 1, 1
		s = last(s)
		outs, ins, kers := sizes(s)
		r := rand.New(rand.NewPCG(1, 2))
		x, w, g := normals(r, ins), normals(r, kers), normals(r, outs)
		want := dot(apply(s, x, w), g)
		if got := dot(apply(inputGradient(s), g, flip(s, w)), x); math.Abs(got-want) > 1e-10*float64(outs+ins) {
			t.Fatalf("input: got %v, want %v; %+v", got, want, s)
		}
		if got := dot(apply(kernelGradient(s), x, g), w); math.Abs(got-want) > 1e-10*float64(outs+ins) {
			t.Fatalf("kernel: got %v, want %v; %+v", got, want, s)
		}
	})
}

// Negative strides read the kernel backwards, so that a Reverse need not be carried out.
func TestNegativeStridesReverseTheKernel(t *testing.T) {
	for _, s := range []Spec{square(2, 9, 3, 5, 3, 1, true), square(2, 9, 5, 40, 4, 2, true), square(20, 3, 5, 40, 3, 1, true), square(2, 9, 16, 1, 3, 1, true)} {
		outs, ins, kers := sizes(s)
		r := rand.New(rand.NewPCG(3, 4))
		x, w := normals(r, ins), normals(r, kers)
		want := apply(s, x, flip(s, w))
		backwards := s
		backwards.DType = dtypes.Float64
		backwards.Axes = append([]Axis(nil), s.Axes...)
		start := 0
		for i := range backwards.Axes {
			a := &backwards.Axes[i]
			start += (a.Kernel - 1) * a.KernelStride
			a.KernelStride = -a.KernelStride
		}
		in, _ := buffer(ins, func(i int) float64 { return x[i] })
		ker, _ := buffer(kers, func(i int) float64 { return w[i] })
		for _, l := range isa.Available() {
			y, ys := buffer(outs, func(int) float64 { return math.NaN() })
			kernel.Run(New(l, backwards), y, in, unsafe.Add(ker, 8*start))
			for i, got := range ys {
				if math.Abs(got-want[i]) > 1e-12 {
					t.Fatalf("%v %s: element %d: got %v, want %v", l, s.name(), i, got, want[i])
				}
			}
		}
	}
}

func TestKernelOfOneElementCopiesChannels(t *testing.T) {
	s := square(3, 7, 4, 4, 1, 1, false)
	_, ins, kers := sizes(s)
	x, w := normals(rand.New(rand.NewPCG(5, 6)), ins), make([]float64, kers)
	for c := range 4 {
		w[c*4+(c+1)%4] = 1
	}
	for i, got := range apply(s, x, w) {
		if want := x[i-i%4+(i+3)%4]; got != want {
			t.Fatalf("element %d: got %v, want %v", i, got, want)
		}
	}
}

func TestUnitImpulseShiftsTheImage(t *testing.T) {
	const size = 6
	s := square(1, size, 1, 1, 3, 1, true)
	x := normals(rand.New(rand.NewPCG(7, 8)), size*size)
	for k := range 9 {
		w := make([]float64, 9)
		w[k] = 1
		dy, dx := k/3-1, k%3-1
		for i, got := range apply(s, x, w) {
			want, row, col := 0.0, i/size+dy, i%size+dx
			if row >= 0 && row < size && col >= 0 && col < size {
				want = x[row*size+col]
			}
			if got != want {
				t.Fatalf("impulse %d, element %d: got %v, want %v", k, i, got, want)
			}
		}
	}
}

// Ones convolved with ones count the terms of each output: 4 at a corner, 6 at an edge, 9 inside.
func TestOnesCountTerms(t *testing.T) {
	s := square(1, 4, 1, 1, 3, 1, true)
	ones := func(n int) []float64 {
		out := make([]float64, n)
		for i := range out {
			out[i] = 1
		}
		return out
	}
	want := []float64{4, 6, 6, 4, 6, 9, 9, 6, 6, 9, 9, 6, 4, 6, 6, 4}
	for i, got := range apply(s, ones(16), ones(9)) {
		if got != want[i] {
			t.Errorf("element %d: got %v, want %v", i, got, want[i])
		}
	}
}

// A depthwise convolution is one convolution for each channel.
func TestDepthwiseConvolvesEachChannelAlone(t *testing.T) {
	const channels = 5
	whole := square(2, 8, channels, channels, 3, 2, true)
	whole.Groups = channels
	whole = last(whole)
	r := rand.New(rand.NewPCG(9, 10))
	_, ins, kers := sizes(whole)
	x, w := normals(r, ins), normals(r, kers)
	y := apply(whole, x, w)
	single := square(2, 8, 1, 1, 3, 2, true)
	pick := func(all []float64, c int) (out []float64) {
		for i := c; i < len(all); i += channels {
			out = append(out, all[i])
		}
		return out
	}
	for c := range channels {
		for i, want := range apply(single, pick(x, c), pick(w, c)) {
			if got := pick(y, c)[i]; math.Abs(got-want) > 1e-12 {
				t.Fatalf("channel %d, element %d: got %v, want %v", c, i, got, want)
			}
		}
	}
}

// What is empty has no element to write; a sum without terms is zero.
func TestEmptyConvolutions(t *testing.T) {
	for _, l := range isa.Available() {
		s := square(2, 5, 3, 4, 3, 1, true)
		s.Batch = 0
		kernel.Run(New(l, last(s)), kernel.Alloc(0), kernel.Alloc(0), kernel.Alloc(4*3*4*9))
		s = square(2, 5, 3, 4, 3, 1, true)
		s.InChannels = 0
		s = last(s)
		outs, _, _ := sizes(s)
		y, ys := buffer(outs, func(int) float32 { return 7 })
		kernel.Run(New(l, s), y, kernel.Alloc(0), kernel.Alloc(0))
		for i, got := range ys {
			if got != 0 {
				t.Fatalf("%v: element %d: got %v, want 0", l, i, got)
			}
		}
		s = square(1, 2, 3, 4, 5, 1, false)
		kernel.Run(New(l, s), kernel.Alloc(0), kernel.Alloc(4*2*2*3), kernel.Alloc(4*25*12))
	}
}

func TestTypesThatAreNotNumericHaveNoKernel(t *testing.T) {
	for _, dt := range []dtypes.DType{dtypes.Bool, dtypes.Complex64} {
		s := square(1, 4, 1, 1, 3, 1, true)
		s.DType = dt
		if k := New(isa.Best(), s); k != nil {
			t.Errorf("%v: got the kernel %s, want none", dt, k.Name())
		}
	}
}

func TestNamesTellTheShapes(t *testing.T) {
	s := square(64, 28, 32, 64, 3, 1, true)
	if got, want := New(isa.Best(), s).Name(), "conv 64×28×28×32→64 3×3"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	s.Groups = 2
	s.Axes[0].Stride, s.Axes[1].KernelDilation = 2, 3
	if got, want := s.name(), "conv 64×28×28×32→64 3×3 /2 dilated 1,3 in 2 groups"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
