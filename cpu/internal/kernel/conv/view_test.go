package conv

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// spreadOut multiplies the strides of an operand that do not belong to its innermost axis, so
// that it becomes a view into a larger array, and gives that array's size.
func spreadOut(strides []*int, dims []int, by int) (size int) {
	size = 1
	for i, s := range strides {
		if *s > 1 {
			*s *= by
		}
		size += (dims[i] - 1) * *s
	}
	return size
}

// view spreads out all operands of a convolution.
func view(s *Spec, by int) (out, in, ker int) {
	s.Axes = slices.Clone(s.Axes)
	ins, kers, outs := []*int{&s.InBatch, &s.InChannel}, []*int{&s.KernelIn, &s.KernelOut}, []*int{&s.OutBatch, &s.OutChannel}
	inDims, kerDims, outDims := []int{s.Batch, s.InChannels}, []int{s.InChannels / s.Groups, s.OutChannels}, []int{s.Batch / s.BatchGroups, s.OutChannels}
	for i := range s.Axes {
		a := &s.Axes[i]
		ins, kers, outs = append(ins, &a.InStride), append(kers, &a.KernelStride), append(outs, &a.OutStride)
		inDims, kerDims, outDims = append(inDims, a.In), append(kerDims, a.Kernel), append(outDims, a.Out())
	}
	return spreadOut(outs, outDims, by), spreadOut(ins, inDims, by), spreadOut(kers, kerDims, by)
}

// A view's elements are reached through its strides, and what lies between those of the output
// is left alone. The sums are of small integers, and exact.
func TestViewsAreReadAndWrittenThroughTheirStrides(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dense := draw(t)
		dense.DType = dtypes.Float32
		if rapid.Bool().Draw(t, "gradient") && dense.Groups == 1 && dense.BatchGroups == 1 {
			dense = kernelGradient(dense)
			for i := range dense.Axes {
				dense.Axes[i].InputDilation = 1
				if dense.Axes[i].Out() < 1 {
					t.Skip("no output")
				}
			}
		}
		s := dense
		outs, ins, kers := view(&s, rapid.IntRange(2, 3).Draw(t, "spread"))
		r := rand.New(rand.NewPCG(1, 2))
		x, _ := buffer(ins, func(int) float32 { return float32(r.IntN(9) - 4) })
		w, _ := buffer(kers, func(int) float32 { return float32(r.IntN(9) - 4) })
		const between = 1e9
		y, want := buffer(outs, func(int) float32 { return between })
		kernel.Run(newPlain(s), y, x, w)
		for _, l := range isa.Available() {
			z, got := buffer(outs, func(int) float32 { return between })
			kernel.Run(New(l, s), z, x, w)
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("%v: word %d: got %v, want %v; %+v", l, i, got[i], want[i], s)
				}
			}
		}
	})
}

func TestEveryPathAgreesWithTheDefinitionInDoublePrecision(t *testing.T) {
	for _, c := range paths() {
		s := c.s
		s.DType = dtypes.Float64
		if products(s) > 3<<20 {
			continue // slow by definition
		}
		outs, ins, kers := sizes(s)
		r := rand.New(rand.NewPCG(1, 2))
		x, _ := buffer(ins, func(int) float64 { return float64(r.IntN(9) - 4) })
		w, _ := buffer(kers, func(int) float64 { return float64(r.IntN(9) - 4) })
		y, want := buffer(outs, func(int) float64 { return math.NaN() })
		kernel.Run(newPlain(s), y, x, w)
		for _, l := range isa.Available() {
			z, got := buffer(outs, func(int) float64 { return math.NaN() })
			kernel.Run(New(l, s), z, x, w)
			if !slices.Equal(got, want) {
				t.Errorf("%s, %v: differs from the definition, which is exact here", c.name, l)
			}
		}
	}
}

func TestPointwiseAxesBecomeOneRun(t *testing.T) {
	for _, c := range []struct {
		name         string
		s            Spec
		axes, images int
	}{
		{"one element", square(3, 5, 2, 4, 1, 1, false), 1, 1},
		{"strides", square(3, 5, 2, 4, 1, 2, false), 2, 3},
		{"a window", square(3, 5, 2, 4, 3, 1, true), 2, 3},
		{"channels first", channelsFirst(square(3, 5, 2, 4, 1, 1, false)), 1, 3},
	} {
		p := newProblem(c.s)
		if len(p.Axes) != c.axes || p.Batch != c.images {
			t.Errorf("%s: got %d axes and %d images, want %d and %d", c.name, len(p.Axes), p.Batch, c.axes, c.images)
		}
	}
}

// The packed kernel holds every element where its offset says.
func TestPackedKernelHoldsEveryElement(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := draw(t)
		s.DType, s.ArgInput, s.ArgKernel = dtypes.Float32, 1, 2
		p := newProblem(s)
		e := newEngine(isa.Best(), s)
		if !e.channelsAreColumns() {
			t.Skip("the kernel gives rows")
		}
		k := newPacker(&p, e)
		_, _, kers := sizes(s)
		w, ws := buffer(kers, func(i int) float32 { return float32(i + 1) })
		packed, got := buffer(k.bytes()/4, func(int) float32 { return 0 })
		for u := range k.units() {
			k.run(u, w, packed)
		}
		var at [maxAxes]int
		for {
			from, to := 0, 0
			for i, a := range p.Axes {
				from += at[i] * a.KernelStride
				to += k.at(i, at[i])
			}
			for g := range p.groups {
				for ci := range p.InChannels {
					for co := range p.OutChannels {
						strip := (g*k.strips+co/k.cols)*k.strip + co%k.cols*4
						want := ws[from+g*p.kerGroup+ci*p.KernelIn+co*p.KernelOut]
						if v := got[(to+strip+ci*k.channel)/4]; v != want {
							t.Fatalf("element %v, channels %d and %d of group %d: got %v, want %v; %+v", at, ci, co, g, v, want, s)
						}
					}
				}
			}
			if !next(&at, len(p.Axes), func(i int) int { return p.Axes[i].Kernel }) {
				return
			}
		}
	})
}
