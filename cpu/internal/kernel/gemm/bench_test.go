package gemm

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// BenchmarkMicro runs each micro-kernel on operands in the L1 cache, for every other number
// of rows; "peak" is the fraction of the peak measured in the same run.
func BenchmarkMicro(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, l := range isa.Available() {
		for _, m := range Kernels(l, dtypes.Float32) {
			for rows := m.Rows; rows > 0; rows-- {
				b.Run(fmt.Sprintf("%v/%dx%d", l, rows, m.Cols), func(b *testing.B) {
					const k = 128
					x, y := newMatrix[float32](b, r, rows, k, 3), newMatrix[float32](b, r, k, m.Cols, 16)
					z := newMatrix[float32](b, r, rows, m.Cols, 0)
					t := &Tile{A: x.p, B: y.p, C: z.p, ARow: x.stride(), ACol: unsafe.Sizeof(float32(0)),
						BRow: y.stride(), CRow: z.stride(), K: k, Segs: 1, Rows: rows, Cols: m.Cols}
					reportPeak(b, l, 2*rows*m.Cols*k, func() { m.Do(t) })
				})
			}
		}
	}
}

// shapes are the products of a variational autoencoder with 784 pixels, 400 hidden units and
// 20 latent ones on batches of 128, forward and backward; and square ones.
var shapes = []struct {
	name string
	spec Spec
}{
	{"AB", plainSpec(128, 784, 400)},
	{"AB", plainSpec(128, 400, 784)},
	{"AtB", transposed(plainSpec(784, 128, 400), true, false)},
	{"AtB", transposed(plainSpec(400, 128, 784), true, false)},
	{"ABt", transposed(plainSpec(128, 784, 400), false, true)},
	{"ABt", transposed(plainSpec(128, 400, 784), false, true)},
	{"AB", plainSpec(1024, 1024, 1024)},
	{"AB", plainSpec(2048, 2048, 2048)},
	{"AB", plainSpec(128, 400, 40)},
	{"AB", plainSpec(128, 400, 20)},
	{"AB", plainSpec(128, 20, 400)},
	{"AtB", transposed(plainSpec(400, 128, 40), true, false)},
	{"ABt", transposed(plainSpec(128, 40, 400), false, true)},
	{"ABt", transposed(plainSpec(128, 400, 20), false, true)},
	{"ABt", transposed(plainSpec(128, 20, 400), false, true)},
	{"AB", plainSpec(512, 512, 512)},
	{"AB", plainSpec(256, 256, 256)},
	{"AB", plainSpec(64, 64, 64)},
	{"AB", plainSpec(1000, 1000, 1000)},
	{"AtB", transposed(plainSpec(288, 50000, 64), true, false)},
	{"AB", plainSpec(1, 1024, 1024)},
	{"ABt", transposed(plainSpec(1, 1024, 1024), false, true)},
	{"AB", plainSpec(1024, 1024, 1)},
	{"ABt", transposed(plainSpec(1024, 1024, 1024), false, true)},
	{"AtB", transposed(plainSpec(1024, 1024, 1024), true, false)},
}

// transposed changes the layout of operands to column-major.
func transposed(s Spec, a, b bool) Spec {
	if a {
		s.A = Stride{1, s.M}
	}
	if b {
		s.B = Stride{1, s.K}
	}
	return s
}

func BenchmarkProduct(b *testing.B) {
	for _, l := range isa.Available()[1:] {
		for _, threads := range []int{1, 2} {
			for _, x := range shapes {
				s := x.spec
				s.DType = dtypes.Float32
				b.Run(fmt.Sprintf("%v/%d/%s_%dx%dx%d", l, threads, x.name, s.M, s.K, s.N), func(b *testing.B) {
					benchmark(b, l, threads, s)
				})
			}
		}
	}
}

// benchmark reports the speed of a product as a part of the threads' peak. One thread is timed
// unit by unit, and the fastest time of each unit counts: other programs on the machine then
// spoil little. Several threads are timed as a whole, by the fastest call.
func benchmark(b *testing.B, l isa.Level, threads int, s Spec) {
	k := New(l, s)
	o := newOperands[float32](b, rand.New(rand.NewPCG(1, 1)), &s)
	a, y, c := kernel.Alloc(o.a.n*4), kernel.Alloc(o.b.n*4), kernel.Alloc(o.c.n*4)
	copyBytes(a, o.a.base, o.a.n*4)
	copyBytes(y, o.b.base, o.b.n*4)
	copyBytes(c, o.c.base, o.c.n*4)
	team := newTeam(k, threads, c, a, y)
	defer team.close()
	best, peak := time.Duration(1<<62), 0.0
	units := newClock(k)
	for b.Loop() {
		if threads == 1 {
			best = units.run(team)
		} else {
			start := time.Now()
			team.run()
			best = min(best, time.Since(start))
		}
		peak = max(peak, Peak(l, dtypes.Float32))
	}
	speed := float64(2*s.M*s.N*s.K) / best.Seconds()
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(best.Seconds()*1e6, "µs")
	b.ReportMetric(speed/1e9, "GFLOP/s")
	b.ReportMetric(100*speed/peak/float64(threads), "%peak")
}

// clock holds the fastest time of each unit of each phase.
type clock [][]time.Duration

func newClock(k kernel.Kernel) (c clock) {
	for _, units := range k.Phases() {
		c = append(c, slices.Repeat([]time.Duration{1 << 62}, units))
	}
	return c
}

// run times all units once and returns the sum of the fastest times.
func (c clock) run(t *team) (sum time.Duration) {
	for phase := range c {
		for u := range c[phase] {
			start := time.Now()
			t.k.Run(t.workers[0], phase, u, u+1, t.args)
			c[phase][u] = min(c[phase][u], time.Since(start))
			sum += c[phase][u]
		}
	}
	return sum
}

// team is a number of goroutines, each on its own thread, that run a kernel with a barrier
// after every phase and a fixed share of the units for each.
type team struct {
	k       kernel.Kernel
	args    []unsafe.Pointer
	threads int
	arrived atomic.Int64
	round   atomic.Int64
	stop    atomic.Bool
	workers []*kernel.Worker
}

func newTeam(k kernel.Kernel, threads int, args ...unsafe.Pointer) *team {
	t := &team{k: k, args: append(args, kernel.Alloc(k.Shared())), threads: threads}
	for i := range threads {
		t.workers = append(t.workers, &kernel.Worker{ID: i, Scratch: kernel.Alloc(k.Scratch())})
	}
	for i := 1; i < threads; i++ {
		go func() {
			runtime.LockOSThread()
			for !t.stop.Load() {
				t.share(i)
			}
		}()
	}
	return t
}

// share is one thread's part of a run.
func (t *team) share(i int) {
	t.barrier()
	for phase, units := range t.k.Phases() {
		if t.stop.Load() {
			return
		}
		t.k.Run(t.workers[i], phase, i*units/t.threads, (i+1)*units/t.threads, t.args)
		t.barrier()
	}
}

func (t *team) run() { t.share(0) }

func (t *team) barrier() {
	if t.threads == 1 || t.stop.Load() {
		return
	}
	round := t.round.Load()
	if t.arrived.Add(1) == int64(t.threads) {
		t.arrived.Store(0)
		t.round.Add(1)
		return
	}
	for spins := 0; t.round.Load() == round && !t.stop.Load(); spins++ {
		if spins > 10000 {
			runtime.Gosched() // more threads than cores
		}
	}
}

func (t *team) close() { t.stop.Store(true) }

// reportPeak measures f by the fastest of short runs.
func reportPeak(b *testing.B, l isa.Level, flop int, f func()) {
	best := time.Duration(1 << 62)
	calls := max(1, 4000000/flop)
	for b.Loop() {
		start := time.Now()
		for range calls {
			f()
		}
		best = min(best, time.Since(start))
	}
	speed := float64(flop*calls) / best.Seconds()
	b.ReportMetric(speed/1e9, "GFLOP/s")
	b.ReportMetric(100*speed/Peak(l, dtypes.Float32), "%peak")
}
