package run

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/plan"
)

// busy is a kernel of units that compute for a number of rounds and touch no shared memory.
type busy struct{ units, rounds int }

func (busy) Name() string    { return "busy" }
func (k busy) Phases() []int { return []int{k.units} }
func (busy) Scratch() int    { return 8 }
func (busy) Shared() int     { return 0 }

func (k busy) Run(w *kernel.Worker, _, lo, hi int, _ []unsafe.Pointer) {
	x := *(*uint64)(w.Scratch)
	for range (hi - lo) * k.rounds {
		x = x*6364136223846793005 + 1442695040888963407
	}
	*(*uint64)(w.Scratch) = x
}

// repeat is a program of n equal steps.
func repeat(n int, k kernel.Kernel) *plan.Program {
	return &plan.Program{Name: "repeat", Steps: func() (s []plan.Step) {
		for range n {
			s = append(s, plan.Step{Kernel: k})
		}
		return s
	}()}
}

func mustRun(b *testing.B, e *Executor) {
	if err := e.Run(nil, nil); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkRegion is the cost of one shared phase without work.
func BenchmarkRegion(b *testing.B) {
	for _, threads := range []int{2, 4} {
		b.Run(fmt.Sprintf("threads=%d", threads), func(b *testing.B) {
			withPool(b, threads, max(threads, runtime.GOMAXPROCS(0)), func(pool *Pool) {
				const steps = 1000
				e := New(repeat(steps, busy{threads, 0}), pool)
				mustRun(b, e)
				best := time.Hour
				for b.Loop() {
					begin := time.Now()
					mustRun(b, e)
					best = min(best, time.Since(begin))
				}
				b.ReportMetric(float64(best.Nanoseconds())/steps, "best-ns/region")
			})
		})
	}
}

// BenchmarkShared is the time beyond its half share that a phase of a microsecond for each of two
// workers takes.
func BenchmarkShared(b *testing.B) {
	const steps, rounds = 10, 1000
	best := map[int]time.Duration{}
	for _, threads := range []int{1, 2} {
		withPool(b, threads, 2, func(pool *Pool) {
			e := New(repeat(steps, busy{2, rounds}), pool)
			best[threads] = time.Hour
			for range max(b.N, 20000) {
				begin := time.Now()
				mustRun(b, e)
				best[threads] = min(best[threads], time.Since(begin))
			}
		})
	}
	b.ReportMetric(float64(best[1].Nanoseconds())/steps/2, "half-ns")
	b.ReportMetric(float64((best[2]-best[1]/2).Nanoseconds())/steps, "over-ns/region")
}

// BenchmarkRun is the cost of a run of one shared phase without work, with workers awake and
// asleep.
func BenchmarkRun(b *testing.B) {
	for _, rest := range []time.Duration{0, 10 * time.Millisecond} {
		b.Run(fmt.Sprintf("rest=%v", rest), func(b *testing.B) {
			withPool(b, 2, 2, func(pool *Pool) {
				e := New(repeat(1, busy{2, 0}), pool)
				mustRun(b, e)
				best, sum := time.Hour, time.Duration(0)
				n := 0
				for b.Loop() {
					time.Sleep(rest)
					begin := time.Now()
					mustRun(b, e)
					took := time.Since(begin)
					best, sum, n = min(best, took), sum+took, n+1
				}
				b.ReportMetric(float64(best.Nanoseconds()), "best-ns")
				b.ReportMetric(float64(sum.Nanoseconds())/float64(n), "mean-ns")
			})
		})
	}
}

// BenchmarkSteps runs 60 steps of 20 µs of work on one worker and on two, alone and beside two
// processes that compute all the time.
func BenchmarkSteps(b *testing.B) {
	for _, others := range []int{0, 2} {
		for _, threads := range []int{1, 2, 8} {
			b.Run(fmt.Sprintf("others=%d/threads=%d", others, threads), func(b *testing.B) {
				for range others {
					defer compete(b)()
				}
				withPool(b, threads, max(threads, 2), func(pool *Pool) {
					const steps = 60
					e := New(repeat(steps, busy{32, 500}), pool)
					mustRun(b, e)
					best := time.Hour
					for b.Loop() {
						begin := time.Now()
						mustRun(b, e)
						best = min(best, time.Since(begin))
					}
					b.ReportMetric(float64(best.Microseconds())/steps, "best-µs/step")
				})
			})
		}
	}
}

// compete starts a process that computes until the function it returns is called.
func compete(b *testing.B) (end func()) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestMain$")
	cmd.Env = append(os.Environ(), competitor+"=1")
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	return func() {
		cmd.Process.Kill()
		cmd.Wait()
	}
}

const competitor = "ELBO_RUN_COMPETITOR"

func TestMain(m *testing.M) {
	if os.Getenv(competitor) != "" {
		runtime.GOMAXPROCS(1)
		for begin := time.Now(); time.Since(begin) < 5*time.Minute; {
			busy{}.Run(&kernel.Worker{Scratch: kernel.Alloc(8)}, 0, 0, 1, nil)
		}
		return
	}
	os.Exit(m.Run())
}
