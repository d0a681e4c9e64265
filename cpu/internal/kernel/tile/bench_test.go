package tile

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
	"unsafe"

	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// runner runs a kernel again and again on the same memory.
func runner(k kernel.Kernel, args []unsafe.Pointer) func() {
	w := &kernel.Worker{Scratch: kernel.Alloc(k.Scratch())}
	if n := k.Shared(); n > 0 {
		args = append(args, kernel.Alloc(n))
	}
	phases := k.Phases()
	return func() {
		for phase, units := range phases {
			k.Run(w, phase, 0, units, args)
		}
	}
}

// benchRegion reports the nanoseconds an element of the fastest run, at every level: the mean
// says little on a machine with other work.
func benchRegion(b *testing.B, s Spec, inPlace bool) {
	size := 1
	for _, d := range s.Dims {
		size *= d
	}
	for _, l := range isa.Available() {
		b.Run(l.String(), func(b *testing.B) {
			k, err := New(l, s)
			if err != nil {
				b.Fatal(err)
			}
			tr := newTrial(s, rand.New(rand.NewPCG(1, 2)), false, inPlace)
			for _, x := range tr.loads {
				for i := range len(x.mem) / 4 {
					f := (*float32)(unsafe.Pointer(&x.mem[4*i]))
					*f = max(*f, -*f)/16 + 0x1p-10 // in place, nothing may grow or become subnormal
				}
			}
			run := runner(k, tr.args)
			best := time.Hour
			for b.Loop() {
				start := time.Now()
				run()
				best = min(best, time.Since(start))
			}
			b.ReportMetric(float64(best.Nanoseconds())/float64(size), "best-ns/element")
		})
	}
}

func BenchmarkBiasReLU(b *testing.B)   { benchRegion(b, biasReLU(128, 400), false) }
func BenchmarkLogitsBCE(b *testing.B)  { benchRegion(b, logitsBCE(128, 784), false) }
func BenchmarkLogitsPair(b *testing.B) { benchRegion(b, logitsPair(128, 784), false) }
func BenchmarkAdam(b *testing.B)       { benchRegion(b, adamChain(313600), true) }
func BenchmarkSoftmax(b *testing.B)    { benchRegion(b, softmax(512, 256), false) }
func BenchmarkTranspose(b *testing.B)  { benchRegion(b, transposeOf(784, 400), false) }

// BenchmarkNarrow sums a function of 128×20 elements over the short axis.
func BenchmarkNarrow(b *testing.B) {
	w := over(128, 20)
	mean, log := w.matrix(), w.matrix()
	square := w.op(compute.OpTypeMul, mean, mean)
	w.sum(w.op(compute.OpTypeSub, w.op(compute.OpTypeAdd, square, w.op(compute.OpTypeExp, log)), log), 1)
	benchRegion(b, w.Spec, false)
}

// BenchmarkChannels sums 128 images of 28×28 pixels and 32 channels over all but the channels,
// of which it takes the ReLU gradient.
func BenchmarkChannels(b *testing.B) {
	w := over(128*28*28, 32)
	grad, x, zero := w.matrix(), w.matrix(), w.number()
	g := w.op(compute.OpTypeMul, grad, w.op(compute.OpTypeSign, w.op(compute.OpTypeMax, x, zero)))
	benchRegion(b, w.store(g).sum(g, 0).Spec, false)
}

// BenchmarkSum sums a million elements.
func BenchmarkSum(b *testing.B) {
	w := over(1 << 20)
	benchRegion(b, w.sum(w.matrix(), 0).Spec, false)
}

// BenchmarkEpilogue applies bias and ReLU to parts of 13×96 elements, as of a dense layer of 400
// outputs, and to parts of 56×512.
func BenchmarkEpilogue(b *testing.B) {
	for _, l := range isa.Available() {
		for _, part := range [][2]int{{13, 96}, {56, 512}} {
			rows, cols := part[0], part[1]
			b.Run(fmt.Sprintf("%v %d×%d", l, rows, cols), func(b *testing.B) {
				e, err := NewEpilogue(l, biasReLU(rows, 4*cols))
				if err != nil {
					b.Fatal(err)
				}
				_, out := floats(rows * 4 * cols)
				_, bias := floats(4 * cols)
				_, zero := floats(1)
				args, scratch := []unsafe.Pointer{out, bias, zero}, kernel.Alloc(e.Scratch())
				best := time.Hour
				for b.Loop() {
					start := time.Now()
					for j := range 4 {
						e.Apply(nil, 0, rows, j*cols, cols, 0, args, scratch)
					}
					best = min(best, time.Since(start))
				}
				b.ReportMetric(float64(best.Nanoseconds())/4, "best-ns/part")
			})
		}
	}
}
