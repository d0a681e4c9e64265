package conv

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/kernel/gemm"
)

// square is a convolution of n square images with channels last, "same" padding if pad is set.
func square(n, size, in, out, k, stride int, pad bool) Spec {
	a := Axis{In: size, Kernel: k, Stride: stride, InputDilation: 1, KernelDilation: 1}
	if pad {
		a.Lo, a.Hi = (k-1)/2, k/2
	}
	return last(Spec{DType: dtypes.Float32, Batch: n, InChannels: in, OutChannels: out, Groups: 1, BatchGroups: 1, Axes: []Axis{a, a}})
}

// inputGradient is the convolution that GoMLX emits for the gradient of the input, its kernel
// not yet reversed.
func inputGradient(s Spec) Spec {
	g := s
	g.InChannels, g.OutChannels = s.OutChannels, s.InChannels
	g.InBatch, g.InChannel, g.OutBatch, g.OutChannel = s.OutBatch, s.OutChannel, s.InBatch, s.InChannel
	g.KernelIn, g.KernelOut = s.KernelOut, s.KernelIn
	g.Axes = nil
	for _, a := range s.Axes {
		k := (a.Kernel-1)*a.KernelDilation + 1
		lo := k - 1 - a.Lo
		hi := a.In + a.Lo - 1 - (a.Out()-1)*a.Stride
		g.Axes = append(g.Axes, Axis{In: a.Out(), Kernel: a.Kernel, Stride: 1, Lo: lo, Hi: hi, InputDilation: a.Stride,
			KernelDilation: a.KernelDilation, InStride: a.OutStride, KernelStride: a.KernelStride, OutStride: a.InStride})
	}
	return g
}

// kernelGradient is the convolution that GoMLX emits for the gradient of the kernel.
func kernelGradient(s Spec) Spec {
	g := s
	g.Batch, g.InChannels = s.InChannels, s.Batch
	g.InBatch, g.InChannel, g.OutBatch, g.OutChannel = s.InChannel, s.InBatch, s.KernelIn, s.KernelOut
	g.KernelIn, g.KernelOut = s.OutBatch, s.OutChannel
	g.Axes = nil
	for _, a := range s.Axes {
		hi := (a.Out()-1)*a.Stride + (a.Kernel-1)*a.KernelDilation + 1 - a.In - a.Lo
		g.Axes = append(g.Axes, Axis{In: a.In, Kernel: a.Out(), Stride: a.KernelDilation, Lo: a.Lo, Hi: hi, InputDilation: 1,
			KernelDilation: a.Stride, InStride: a.InStride, KernelStride: a.OutStride, OutStride: a.KernelStride})
	}
	return g
}

// products counts the multiplications of a convolution, those with padding or inserted zeros
// left out.
func products(s Spec) int {
	n := s.Batch / s.BatchGroups * s.OutChannels * (s.InChannels / s.Groups)
	for _, a := range s.Axes {
		sum := 0
		for o := range a.Out() {
			sum += a.Taps(o).Count
		}
		n *= sum
	}
	return n
}

// dense counts them with padding, as is usual where speeds are quoted.
func denseProducts(s Spec) int {
	n := s.Batch / s.BatchGroups * s.OutChannels * (s.InChannels / s.Groups)
	for _, a := range s.Axes {
		n *= a.Out() * a.Kernel / a.InputDilation
	}
	return n
}

// team runs kernels on long-lived threads that wait by spinning.
type team struct {
	workers []*kernel.Worker
	job     atomic.Pointer[job]
	done    atomic.Int64
	stop    atomic.Bool
}

// job is a phase of a kernel, whose units are taken as they come.
type job struct {
	k     kernel.Kernel
	phase int
	units int64
	next  atomic.Int64
	args  []unsafe.Pointer
}

func newTeam(b *testing.B, n, scratch int) *team {
	t := &team{}
	for i := range n {
		w := &kernel.Worker{ID: i, Scratch: kernel.Alloc(scratch)}
		t.workers = append(t.workers, w)
		if i > 0 {
			go func() {
				var last *job
				for !t.stop.Load() {
					if j := t.job.Load(); j != last {
						j.work(w)
						t.done.Add(1)
						last = j
					}
				}
			}()
		}
	}
	b.Cleanup(func() { t.stop.Store(true) })
	return t
}

func (j *job) work(w *kernel.Worker) {
	for u := j.next.Add(1) - 1; u < j.units; u = j.next.Add(1) - 1 {
		j.k.Run(w, j.phase, int(u), int(u)+1, j.args)
	}
}

// run runs a kernel once.
func (t *team) run(k kernel.Kernel, args []unsafe.Pointer) {
	for phase, units := range k.Phases() {
		j := &job{k: k, phase: phase, units: int64(units), args: args}
		t.done.Store(0)
		t.job.Store(j)
		j.work(t.workers[0])
		for t.done.Load() < int64(len(t.workers)-1) {
		}
	}
}

func BenchmarkConv(b *testing.B) {
	for _, c := range []struct {
		name string
		s    Spec
	}{
		{"3x3 64x28x28x32-64", square(64, 28, 32, 64, 3, 1, true)},
		{"5x5 64x28x28x32-64", square(64, 28, 32, 64, 5, 1, true)},
		{"1x1 64x28x28x64-64", square(64, 28, 64, 64, 1, 1, true)},
		{"4x4s2 64x28x28x32-64", func() Spec { s := square(64, 28, 32, 64, 4, 2, false); pad(&s, 1, 1); return last(s) }()},
		{"3x3 64x28x28x1-32", square(64, 28, 1, 32, 3, 1, true)},
		{"3x3 64x32x32x3-32", square(64, 32, 3, 32, 3, 1, true)},
		{"3x3 64x28x28x32-1", square(64, 28, 32, 1, 3, 1, true)},
		{"3x3 64x28x28x32-3", square(64, 28, 32, 3, 3, 1, true)},
		{"3x3 64x7x7x128-128", square(64, 7, 128, 128, 3, 1, true)},
		{"3x3 64x7x7x512-512", square(64, 7, 512, 512, 3, 1, true)},
		{"3x3 64x4x4x512-512", square(64, 4, 512, 512, 3, 1, true)},
		{"3x3 64x14x14x256-256", square(64, 14, 256, 256, 3, 1, true)},
		{"3x3 1x28x28x32-64", square(1, 28, 32, 64, 3, 1, true)},
	} {
		for _, pass := range []struct {
			name string
			s    Spec
		}{{"y", c.s}, {"dx", inputGradient(c.s)}, {"dw", kernelGradient(c.s)}} {
			for workers := 1; workers <= 2; workers++ {
				b.Run(fmt.Sprintf("%s/%s/%d", c.name, pass.name, workers), func(b *testing.B) { measure(b, isa.Best(), pass.s, workers) })
			}
		}
	}
}

// pad sets the padding of every axis.
func pad(s *Spec, lo, hi int) {
	for i := range s.Axes {
		s.Axes[i].Lo, s.Axes[i].Hi = lo, hi
	}
}

// measure reports the fastest of the runs.
func measure(b *testing.B, l isa.Level, s Spec, workers int) {
	outs, ins, kers := sizes(s)
	k := New(l, s)
	r := rand.New(rand.NewPCG(1, 2))
	y, _ := buffer(outs, func(int) float32 { return 0 })
	x, _ := buffer(ins, func(int) float32 { return r.Float32() })
	w, _ := buffer(kers, func(int) float32 { return r.Float32() })
	args := []unsafe.Pointer{y, x, w, kernel.Alloc(k.Shared())}
	t := newTeam(b, workers, k.Scratch())
	best := time.Duration(1 << 62)
	for b.Loop() {
		start := time.Now()
		t.run(k, args)
		best = min(best, time.Since(start))
	}
	flops := 2 * float64(denseProducts(s)) / best.Seconds()
	b.ReportMetric(flops/1e9, "GFLOP/s")
	b.ReportMetric(best.Seconds()*1e3, "ms")
	b.ReportMetric(100*flops/gemm.Peak(l, s.DType)/float64(workers), "%peak")
	b.ReportMetric(100*float64(products(s))/float64(denseProducts(s)), "%used")
}
