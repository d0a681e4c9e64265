package run

import (
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/plan"
)

// counting is a program with one loop: it adds 1 to a counter and to every word of a tensor of
// n words, as often as the limit says. In place, the final state has the initial state's memory.
func counting(limit, n int, inPlace bool) *plan.Program {
	var cond, body plan.Program
	state := []shapes.Shape{words(1), words(n)}
	cond.Params, body.Params = state, state
	cond.Results = []plan.Result{{Shape: shapes.Make(dtypes.Bool), InPlace: -1}}
	cond.Buffers = []plan.Buffer{{Kind: plan.Param, Size: 8}, {Kind: plan.Out, Size: 1}}
	cond.Steps = []plan.Step{{Kernel: below(limit), Args: []plan.Arg{{Buffer: 1}, {Buffer: 0}}}}
	for i, s := range state {
		body.Results = append(body.Results, plan.Result{Shape: s, InPlace: -1})
		body.Buffers = append(body.Buffers, plan.Buffer{Kind: plan.Param, Index: i, Size: bytes(s)},
			plan.Buffer{Kind: plan.Out, Index: i, Size: bytes(s)})
		body.Steps = append(body.Steps, plan.Step{Kernel: increment(bytes(s) / 8), Args: []plan.Arg{{Buffer: 2*i + 1}, {Buffer: 2 * i}}})
	}
	l := &plan.Loop{State: 2, Cond: &cond, Body: &body}
	l.Memory = l.Bytes()
	p := &plan.Program{Name: "counting", Params: state, Arena: l.Memory}
	for i, s := range state {
		p.Buffers = append(p.Buffers, plan.Buffer{Kind: plan.Param, Index: i, Size: bytes(s)}, plan.Buffer{Kind: plan.Out, Index: i, Size: bytes(s)})
		p.Results = append(p.Results, plan.Result{Shape: s, InPlace: i})
	}
	p.Buffers = append(p.Buffers, plan.Buffer{Kind: plan.Arena, Size: l.Memory})
	in := []plan.Arg{{Buffer: 0}, {Buffer: 2}}
	if inPlace {
		for i := range state {
			p.Steps = append(p.Steps, plan.Step{Kernel: same(bytes(state[i])), Args: []plan.Arg{{Buffer: 2*i + 1}, {Buffer: 2 * i}}})
		}
		in = []plan.Arg{{Buffer: 1}, {Buffer: 3}}
	}
	p.Steps = append(p.Steps, plan.Step{Loop: l, Args: []plan.Arg{{Buffer: 1}, {Buffer: 3}, in[0], in[1], {Buffer: 4}}})
	return p
}

type (
	increment int // out = in + 1, of so many words, in units of 1000
	same      int // out = in, of so many bytes
)

func (increment) Name() string    { return "increment" }
func (k increment) Phases() []int { return []int{(int(k) + 999) / 1000} }
func (increment) Scratch() int    { return 0 }
func (increment) Shared() int     { return 0 }
func (k increment) Run(_ *kernel.Worker, _, lo, hi int, args []unsafe.Pointer) {
	for i := lo * 1000; i < min(hi*1000, int(k)); i++ {
		*word(args[0], i) = *word(args[1], i) + 1
	}
}

func (same) Name() string  { return "same" }
func (same) Phases() []int { return []int{1} }
func (same) Scratch() int  { return 0 }
func (same) Shared() int   { return 0 }
func (k same) Run(_ *kernel.Worker, _, _, _ int, args []unsafe.Pointer) {
	copier(k).Run(nil, 0, 0, copier(k).Phases()[0], args)
}

func TestLoopsOfEveryLengthLeaveTheFinalState(t *testing.T) {
	for _, threads := range []int{1, 2, 4} {
		withPool(t, threads, 4, func(pool *Pool) {
			for limit := range 6 {
				for _, n := range []int{1, 999, 50000} {
					for _, inPlace := range []bool{false, true} {
						p := counting(limit, n, inPlace)
						e := New(p, pool)
						for range 3 {
							params, results := memories(p)
							*word(params[0], 0) = 0
							if err := e.Run(params, results); err != nil {
								t.Fatal(err)
							}
							if got := *word(results[0], 0); got != uint64(limit) {
								t.Fatalf("%d threads, %d iterations: counter: got %d", threads, limit, got)
							}
							for i := range n {
								if got, want := *word(results[1], i), *word(params[1], i)+uint64(limit); got != want {
									t.Fatalf("%d threads, %d iterations, in place %v: word %d: got %x, want %x", threads, limit, inPlace, i, got, want)
								}
							}
						}
					}
				}
			}
		})
	}
}

func TestProfilesCountStepsAndTheirTime(t *testing.T) {
	for _, threads := range []int{1, 2} {
		withPool(t, threads, 2, func(pool *Pool) {
			p := counting(3, 5000, false)
			p.Steps = append(p.Steps, plan.Step{Kernel: busy{4, 20000}})
			e := New(p, pool)
			params, results := memories(p)
			*word(params[0], 0) = 0
			run := func() {
				if err := e.Run(params, results); err != nil {
					t.Fatal(err)
				}
			}
			run()
			e.SetProfile(true)
			run()
			run()
			e.SetProfile(false)
			run()
			want := []struct {
				name         string
				depth, calls int
			}{{"while", 0, 2}, {"below", 1, 8}, {"increment", 1, 6}, {"increment", 1, 6}, {"busy", 0, 2}}
			got := e.Profile()
			if len(got) != len(want) {
				t.Fatalf("got %v, want %v", got, want)
			}
			for i, w := range want {
				if g := got[i]; g.Name != w.name || g.Depth != w.depth || g.Calls != int64(w.calls) || g.Total <= 0 || g.Total > time.Minute {
					t.Errorf("%d threads: step %d: got %v, want %v", threads, i, g, w)
				}
			}
			if nested := got[1].Total + got[2].Total + got[3].Total; nested > got[0].Total {
				t.Errorf("%d threads: nested steps: got %v, more than the loop's %v", threads, nested, got[0].Total)
			}
			if got := testing.AllocsPerRun(20, run); got != 0 {
				t.Errorf("%d threads: got %v allocations, want none", threads, got)
			}
		})
	}
}

func TestExecutorsForgetParametersAndResults(t *testing.T) {
	withPool(t, 2, 2, func(pool *Pool) {
		p := counting(2, 5000, false)
		e := New(p, pool)
		freed := make(chan bool, 1)
		func() {
			params, results := memories(p)
			big := new([5000]uint64)
			runtime.AddCleanup(big, func(c chan bool) { c <- true }, freed)
			params[1] = unsafe.Pointer(big)
			*word(params[0], 0) = 0
			if err := e.Run(params, results); err != nil {
				t.Fatal(err)
			}
		}()
		for deadline := time.Now().Add(10 * time.Second); ; {
			runtime.GC()
			select {
			case <-freed:
				runtime.KeepAlive(e)
				return
			case <-time.After(time.Millisecond):
			}
			if time.Now().After(deadline) {
				t.Fatal("the executor keeps a parameter of a run that is over")
			}
		}
	})
}

func TestConstantsAndOffsetsReachKernels(t *testing.T) {
	withPool(t, 1, 1, func(pool *Pool) {
		data := kernel.Alloc(24)
		*word(data, 2) = 41
		p := &plan.Program{Results: []plan.Result{{Shape: words(3), InPlace: -1}}, Buffers: []plan.Buffer{
			{Kind: plan.Const, Size: 24, Data: data}, {Kind: plan.Out, Size: 24}, {Kind: plan.Arena, Offset: 64, Size: 24}}, Arena: 128,
			Steps: []plan.Step{
				{Kernel: next{}, Args: []plan.Arg{{Buffer: 2, Offset: 8}, {Buffer: 0, Offset: 16}}},
				{Kernel: next{}, Args: []plan.Arg{{Buffer: 1, Offset: 16}, {Buffer: 2, Offset: 8}}},
			}}
		_, results := memories(p)
		if err := New(p, pool).Run(nil, results); err != nil {
			t.Fatal(err)
		}
		if got := *word(results[0], 2); got != 43 {
			t.Errorf("got %d, want 43", got)
		}
	})
}

func TestNestedStepsAreNamedInErrors(t *testing.T) {
	withPool(t, 2, 2, func(pool *Pool) {
		p := counting(2, 3000, false)
		body := p.Steps[0].Loop.Body
		body.Steps = append(body.Steps, plan.Step{Kernel: &mix{units: []int{4}, salt: 9, hurt: 3}, Args: []plan.Arg{{Buffer: 3}}})
		params, results := memories(p)
		*word(params[0], 0) = 0
		for range 3 {
			if err := New(p, pool).Run(params, results); err == nil || !strings.Contains(err.Error(), "run: counting: mix 9: panic: hurt") {
				t.Fatalf("got %v, want the nested step's panic", err)
			}
		}
	})
}

func TestDeepNestsGiveTheDefinedResult(t *testing.T) {
	withPool(t, 3, 3, func(pool *Pool) {
		for seed := range uint64(20) {
			b := newBuilder(rand.New(rand.NewPCG(seed, 77)), 2, 5)
			b.while(3)
			b.choice(3)
			b.while(4)
			b.finish(3)
			check(t, New(b.Program, pool), b.Program, wanted(t, b.Program), 4)
		}
	})
}
