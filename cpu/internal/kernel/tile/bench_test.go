package tile

import (
	"math/rand/v2"
	"testing"
	"time"
	"unsafe"

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

func BenchmarkBiasReLU(b *testing.B)  { benchRegion(b, biasReLU(128, 400), false) }
func BenchmarkLogitsBCE(b *testing.B) { benchRegion(b, logitsBCE(128, 784), false) }
func BenchmarkAdam(b *testing.B)      { benchRegion(b, adamChain(313600), true) }
func BenchmarkSoftmax(b *testing.B)   { benchRegion(b, softmax(512, 256), false) }
func BenchmarkTranspose(b *testing.B) { benchRegion(b, transposeOf(784, 400), false) }
