package run

import (
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/plan"
)

// settle waits until the number of goroutines has come down to n.
func settle(t *testing.T, n int, what string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		got := runtime.NumGoroutine()
		if got <= n {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: got %d goroutines, want %d", what, got, n)
		}
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
}

// workers counts the goroutines of pools.
func workers() int {
	all := make([]byte, 1<<20)
	return strings.Count(string(all[:runtime.Stack(all, true)]), "created by github.com/elbo-go/elbo/cpu/internal/run.(*crew).acquire")
}

func TestWorkersStartWithTheFirstSharedRun(t *testing.T) {
	withPool(t, 3, 3, func(pool *Pool) {
		before := workers()
		small := &plan.Program{Steps: []plan.Step{{Kernel: busy{1, 1}}}}
		if err := New(small, pool).Run(nil, nil); err != nil {
			t.Fatal(err)
		}
		if got := workers() - before; got != 0 {
			t.Errorf("after a run of single units: got %d workers, want none", got)
		}
		if err := New(repeat(2, busy{3, 1}), pool).Run(nil, nil); err != nil {
			t.Fatal(err)
		}
		if got := workers() - before; got != 2 {
			t.Errorf("after a shared run: got %d workers, want 2", got)
		}
		if got := pool.Threads(); got != 3 {
			t.Errorf("got %d threads, want 3", got)
		}
	})
}

func TestCloseEndsTheWorkersAndRunsGoOnAlone(t *testing.T) {
	before := runtime.NumGoroutine()
	pool := NewPool(4)
	pool.crew.processors = 4
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	b := program(8, 10, 1)
	e, want := New(b.Program, pool), wanted(t, b.Program)
	check(t, e, b.Program, want, 3)
	pool.Close()
	pool.Close()
	settle(t, before, "after closing")
	check(t, e, b.Program, want, 3)
	if got := runtime.NumGoroutine(); got > before {
		t.Errorf("run after closing: got %d goroutines, want %d", got, before)
	}
}

func TestAForgottenPoolEndsItsWorkers(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	before := runtime.NumGoroutine()
	for range 5 {
		b := program(8, 10, 1)
		pool := NewPool(2)
		check(t, New(b.Program, pool), b.Program, wanted(t, b.Program), 2)
	}
	settle(t, before+1, "after forgetting") // the runtime may have started its goroutine for clean-ups
}

func TestAPoolOfNoThreadsHasAsManyAsGo(t *testing.T) {
	pool := NewPool(0)
	defer pool.Close()
	if got, want := pool.Threads(), runtime.GOMAXPROCS(0); got != want {
		t.Errorf("got %d threads, want %d", got, want)
	}
}

func TestSleepersWakeForTheNextRun(t *testing.T) {
	withPool(t, 3, 3, func(pool *Pool) {
		b := program(9, 10, 1)
		e, want := New(b.Program, pool), wanted(t, b.Program)
		for range 5 {
			check(t, e, b.Program, want, 2)
			asleep := func() (n int) {
				for i := range pool.crew.slots {
					n += int(pool.crew.slots[i].asleep.Load())
				}
				return n
			}
			for deadline := time.Now().Add(10 * time.Second); asleep() < 2; time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("got %d workers asleep, want 2", asleep())
				}
			}
		}
	})
}

// stall is a mix whose workers other than the first sometimes sleep in the middle of a unit, or
// before they claim any.
type stall struct {
	mix
	turn *atomic.Uint32
}

func (k *stall) Run(w *kernel.Worker, phase, lo, hi int, args []unsafe.Pointer) {
	switch n := k.turn.Add(1); {
	case w.ID > 0 && n%7 == 0:
		time.Sleep(200 * time.Microsecond)
	case w.ID > 0 && n%63 == 0:
		time.Sleep(2 * lounge)
	}
	k.mix.Run(w, phase, lo, hi, args)
}

// stalling replaces kernels of a program by ones that stall.
func stalling(p *plan.Program, turn *atomic.Uint32) {
	for i := range p.Steps {
		s := &p.Steps[i]
		if k, ok := s.Kernel.(*mix); ok {
			s.Kernel = &stall{mix{units: k.units, inputs: k.inputs, salt: k.salt}, turn}
		}
		if s.Loop != nil {
			stalling(s.Loop.Cond, turn)
			stalling(s.Loop.Body, turn)
		}
		if s.Branch != nil {
			stalling(s.Branch.True, turn)
			stalling(s.Branch.False, turn)
		}
	}
}

func TestWorkersThatStallAreLeftBehindAndComeBack(t *testing.T) {
	for _, threads := range []int{2, 3, 5} {
		withPool(t, threads, threads, func(pool *Pool) {
			var turn atomic.Uint32
			for seed := range uint64(8) {
				b := program(seed, 12, 2)
				want := wanted(t, b.Program)
				stalling(b.Program, &turn)
				check(t, New(b.Program, pool), b.Program, want, 5)
			}
		})
	}
}

func TestUnitsAreClaimedOnce(t *testing.T) {
	c := newCrew(1)
	for phase := uint64(1); phase < 200; phase++ {
		n := int(phase % 23)
		counts := make([]atomic.Int32, n)
		var claimers sync.WaitGroup
		for range 3 {
			claimers.Go(func() {
				for {
					first, count := c.claim(0, phase, n)
					if count == 0 {
						return
					}
					for i := range count {
						counts[first+i].Add(1)
					}
				}
			})
		}
		claimers.Wait()
		for i := range counts {
			if got := counts[i].Load(); got != 1 {
				t.Fatalf("phase %d: unit %d: claimed %d times", phase, i, got)
			}
		}
		if _, count := c.claim(0, phase-1, 5); count != 0 && n > 0 {
			t.Fatalf("phase %d is over: got %d units of it", phase-1, count)
		}
	}
}

func TestMoreUnitsThanCanBeClaimedAreClaimedInLots(t *testing.T) {
	withPool(t, 2, 2, func(pool *Pool) {
		k := &spread{units: 3<<claimBits + 5}
		if err := New(repeat(2, k), pool).Run(nil, nil); err != nil {
			t.Fatal(err)
		}
		if got := k.ran.Load(); got != 2*int64(k.units) {
			t.Errorf("got %d units, want %d", got, 2*k.units)
		}
	})
}

// spread counts its units.
type spread struct {
	busy
	units int
	ran   atomic.Int64
}

func (k *spread) Phases() []int { return []int{k.units} }
func (k *spread) Run(_ *kernel.Worker, _, lo, hi int, _ []unsafe.Pointer) {
	k.ran.Add(int64(hi - lo))
}

func TestCountersWrapAround(t *testing.T) {
	withPool(t, 2, 2, func(pool *Pool) {
		pool.crew.done.Store(1<<32 - 100)
		pool.crew.ticket = 1<<30 - 3
		pool.crew.slots[1].state.Store(4*pool.crew.ticket + left)
		b := program(10, 20, 1)
		check(t, New(b.Program, pool), b.Program, wanted(t, b.Program), 20)
	})
}

func TestWaitingWorkersDoNotHoldUpACollection(t *testing.T) {
	withPool(t, 2, 2, func(pool *Pool) {
		e := New(repeat(200, busy{2, 200}), pool)
		worst := time.Duration(0)
		for range 50 {
			if err := e.Run(nil, nil); err != nil {
				t.Fatal(err)
			}
			begin := time.Now()
			runtime.GC()
			worst = max(worst, time.Since(begin))
		}
		if worst > 2*time.Second {
			t.Errorf("the slowest collection took %v", worst)
		}
	})
}

// TestSoak runs random programs from several goroutines for seconds, or for as long as the
// environment says, and watches goroutines and memory.
func TestSoak(t *testing.T) {
	length := time.Second
	if text := os.Getenv("ELBO_RUN_SOAK"); text != "" {
		var err error
		if length, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	before := runtime.NumGoroutine()
	var first, last runtime.MemStats
	runs := 0
	withPool(t, 3, 3, func(pool *Pool) {
		type job struct {
			e    *Executor
			p    *plan.Program
			want string
		}
		var jobs []job
		for seed := range uint64(6) {
			b := program(seed, 15, 2)
			jobs = append(jobs, job{New(b.Program, pool), b.Program, wanted(t, b.Program)})
			check(t, jobs[seed].e, b.Program, jobs[seed].want, 3)
		}
		runtime.GC()
		runtime.ReadMemStats(&first)
		rng := rand.New(rand.NewPCG(1, 2))
		for deadline := time.Now().Add(length); time.Now().Before(deadline); {
			var callers sync.WaitGroup
			for range 1 + rng.IntN(2) {
				j := jobs[rng.IntN(len(jobs))]
				n := 1 + rng.IntN(10)
				callers.Go(func() { check(t, j.e, j.p, j.want, n) })
				runs += n
			}
			callers.Wait()
			if rng.IntN(50) == 0 {
				time.Sleep(2 * lounge)
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&last)
	})
	settle(t, before, "after the soak")
	if grown := int64(last.HeapAlloc) - int64(first.HeapAlloc); grown > 4<<20 {
		t.Errorf("got %d bytes more in use after %d runs", grown, runs)
	}
	t.Logf("runs %d, bytes in use %d, before %d", runs, last.HeapAlloc, first.HeapAlloc)
}
