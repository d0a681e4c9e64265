package run

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/cpu/internal/plan"
)

// program makes a random program from a seed.
func program(seed uint64, steps, depth int) *builder {
	b := newBuilder(rand.New(rand.NewPCG(seed, 0)), 1, 3, 40)
	b.slow = seed%2 == 0
	return b.random(steps, depth).finish(1, 7, 20)
}

// wanted is what a program gives by definition.
func wanted(t testing.TB, p *plan.Program) string {
	t.Helper()
	params, results := memories(p)
	if err := follow(p, params, results); err != nil {
		t.Fatal(err)
	}
	return contents(p, results)
}

// check runs a program several times and compares.
func check(t rapid.TB, e *Executor, p *plan.Program, want string, times int) {
	t.Helper()
	params, results := memories(p)
	for range times {
		if err := e.Run(params, results); err != nil {
			t.Fatal(err)
		}
		if got := contents(p, results); got != want {
			t.Fatalf("got %x, want %x", got, want)
		}
		for _, r := range results {
			*word(r, 0) = 0
		}
	}
}

func TestEveryNumberOfThreadsGivesTheDefinedResult(t *testing.T) {
	for processors := 1; processors <= 4; processors++ {
		for _, threads := range []int{1, 2, 3, 4, 8} {
			withPool(t, threads, processors, func(pool *Pool) {
				for seed := range uint64(12) {
					b := program(seed, 10, 2)
					check(t, New(b.Program, pool), b.Program, wanted(t, b.Program), 3)
				}
			})
		}
	}
}

func TestRandomProgramsGiveTheDefinedResult(t *testing.T) {
	withPool(t, 3, 3, func(pool *Pool) {
		rapid.Check(t, func(t *rapid.T) {
			b := program(rapid.Uint64().Draw(t, "seed"), rapid.IntRange(0, 12).Draw(t, "steps"), rapid.IntRange(0, 3).Draw(t, "depth"))
			params, results := memories(b.Program)
			if err := follow(b.Program, params, results); err != nil {
				t.Fatal(err)
			}
			check(t, New(b.Program, pool), b.Program, contents(b.Program, results), 2)
		})
	})
}

func TestEveryUnitIsRunOnce(t *testing.T) {
	for threads := 1; threads <= 8; threads++ {
		withPool(t, threads, 8, func(pool *Pool) {
			b := program(3, 30, 0)
			params, results := memories(b.Program)
			e := New(b.Program, pool)
			for times := int32(1); times < 4; times++ {
				if err := e.Run(params, results); err != nil {
					t.Fatal(err)
				}
				for _, k := range b.kernels {
					for u := range k.ran {
						if got := k.ran[u].Load(); got != times {
							t.Fatalf("%d threads: %s: unit %d: got %d times, want %d", threads, k.Name(), u, got, times)
						}
					}
				}
			}
		})
	}
}

func TestManyCallersShareOnePool(t *testing.T) {
	withPool(t, 2, 4, func(pool *Pool) {
		var callers sync.WaitGroup
		for seed := range uint64(3) {
			b := program(seed, 8, 1)
			e, want := New(b.Program, pool), wanted(t, b.Program)
			for range 3 {
				callers.Go(func() { check(t, e, b.Program, want, 200) })
			}
		}
		callers.Wait()
	})
}

func TestCollectionsGoOnDuringRuns(t *testing.T) {
	withPool(t, 2, 2, func(pool *Pool) {
		quit := make(chan bool)
		var collector sync.WaitGroup
		collector.Go(func() {
			for {
				select {
				case <-quit:
					return
				default:
					runtime.GC()
				}
			}
		})
		b := program(5, 20, 1)
		e, want := New(b.Program, pool), wanted(t, b.Program)
		for deadline := time.Now().Add(300 * time.Millisecond); time.Now().Before(deadline); {
			check(t, e, b.Program, want, 1)
		}
		close(quit)
		collector.Wait()
	})
}

func TestRunsAllocateNothing(t *testing.T) {
	for _, threads := range []int{1, 2, 4} {
		withPool(t, threads, 4, func(pool *Pool) {
			b := newBuilder(rand.New(rand.NewPCG(7, 7)), 4, 9)
			b.bare = true
			b.random(20, 2)
			if !strings.Contains(fmt.Sprint(New(b.Program, pool).Profile()), "while") {
				t.Fatal("the program has no loop")
			}
			e := New(b.Program, pool)
			params, results := memories(b.Program)
			run := func() {
				if err := e.Run(params, results); err != nil {
					t.Fatal(err)
				}
			}
			run()
			if got := testing.AllocsPerRun(100, run); got != 0 {
				t.Errorf("%d threads: got %v allocations a run, want 0", threads, got)
			}
		})
	}
}

func TestAPanicInAnyUnitIsAnErrorAndThePoolGoesOn(t *testing.T) {
	for _, threads := range []int{1, 2, 4} {
		withPool(t, threads, 4, func(pool *Pool) {
			good := program(1, 5, 1)
			e, want := New(good.Program, pool), wanted(t, good.Program)
			b := program(2, 6, 0)
			bad := New(b.Program, pool)
			params, results := memories(b.Program)
			for _, k := range b.kernels {
				for u := range k.words() {
					k.hurt = u + 1
					err := bad.Run(params, results)
					k.hurt = 0
					var at *StepError
					if !errors.As(err, &at) || at.Step != k.Name() || at.Panic != "hurt" || len(at.Stack) == 0 {
						t.Fatalf("unit %d of %s: got %v", u, k.Name(), err)
					}
					if !strings.Contains(err.Error(), "panic: hurt") {
						t.Fatalf("got %q, want the panic's value", err)
					}
				}
			}
			check(t, e, good.Program, want, 3)
			check(t, bad, b.Program, wanted(t, b.Program), 3)
		})
	}
}

func TestAnErrorOfAHostStepStopsTheRun(t *testing.T) {
	cause := errors.New("no more")
	for _, threads := range []int{1, 3} {
		withPool(t, threads, 4, func(pool *Pool) {
			b := program(4, 10, 0)
			last := b.arena(9)
			h := &host{mix: mix{units: []int{1}}, err: cause}
			b.Steps = append(b.Steps, plan.Step{Host: h, Args: []plan.Arg{{Buffer: last}}})
			b.mixInto(last, 9)
			k := b.kernels[len(b.kernels)-1]
			e := New(b.Program, pool)
			params, results := memories(b.Program)
			for range 3 {
				err := e.Run(params, results)
				if !errors.Is(err, cause) || !strings.Contains(err.Error(), "run: random: host: no more") {
					t.Fatalf("got %v, want the step's error", err)
				}
			}
			for u := range k.ran {
				if k.ran[u].Load() != 0 {
					t.Fatalf("unit %d after the error: got run, want not", u)
				}
			}
			h.err = nil
			if err := e.Run(params, results); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestAPanicWithAnErrorCanBeUnwrapped(t *testing.T) {
	cause := errors.New("cause")
	if err := error(&StepError{Panic: cause}); !errors.Is(err, cause) {
		t.Errorf("got %v, want it to hold the cause", err)
	}
}

func TestAGoroutineThatExitsInAStepLeavesThePoolUsable(t *testing.T) {
	withPool(t, 2, 2, func(pool *Pool) {
		b := program(6, 5, 0)
		b.Steps = append(b.Steps, plan.Step{Host: exiting{}})
		e := New(b.Program, pool)
		var gone sync.WaitGroup
		gone.Go(func() {
			params, results := memories(b.Program)
			// The caller's goroutine has ended by now, unless another worker did the step.
			if err := e.Run(params, results); !errors.Is(err, errGone) {
				t.Errorf("got %v, want %v", err, errGone)
			}
		})
		gone.Wait()
		good := program(1, 5, 1)
		check(t, New(good.Program, pool), good.Program, wanted(t, good.Program), 3)
	})
}

type exiting struct{}

func (exiting) Name() string               { return "exit" }
func (exiting) Run([]unsafe.Pointer) error { runtime.Goexit(); return nil }

func TestAWrongNumberOfArgumentsIsAnError(t *testing.T) {
	withPool(t, 1, 1, func(pool *Pool) {
		b := program(0, 1, 0)
		if err := New(b.Program, pool).Run(nil, nil); err == nil || !strings.Contains(err.Error(), "got 0 parameters and 0 results, want 3 and 3") {
			t.Errorf("got %v, want what is missing", err)
		}
	})
}

func TestAStepWithNothingToDoIsRefused(t *testing.T) {
	defer func() {
		if got := fmt.Sprint(recover()); !strings.Contains(got, "p: step 0: got nothing to do") {
			t.Errorf("got %v, want a refusal", got)
		}
	}()
	New(&plan.Program{Name: "p", Steps: []plan.Step{{}}}, NewPool(1))
}
