package cpu_test

import (
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu"
)

// Executions at the same time: one program, several programs on one backend, and the end of
// programs and backends while others run.

// seeds of random graphs that run together.
const together = 24

// compiled is a random graph ready to run, with what it gives when it runs alone.
type compiled struct {
	seed uint64
	g    *randomGraph
	ex   compute.Executable
	want []randomResult
}

// compileSeeds builds the graphs of the first seeds.
func compileSeeds(t testing.TB, b compute.Backend) []compiled {
	t.Helper()
	var out []compiled
	for seed := range uint64(together) {
		ex, g, err := randomProgram(b, seed, false)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		want, err := g.execute(b, ex, seed, false)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		out = append(out, compiled{seed, g, ex, want})
	}
	return out
}

// TestProgramsOnOneBackendDoNotMeet runs two dozen programs from eight goroutines, each in an order
// of its own, with inputs given away or kept: every execution gives the bits that it gives alone.
func TestProgramsOnOneBackendDoNotMeet(t *testing.T) {
	for _, mode := range []string{"threads=1", "threads=2", "threads=4,isa=go", "unfused"} {
		t.Run(mode, func(t *testing.T) {
			b := open(t, mode)
			programs := compileSeeds(t, b)
			var wg sync.WaitGroup
			for k := range 8 {
				wg.Go(func() {
					for i := range 2 * together {
						p := programs[(k*7+i*(2*k+1))%together]
						got, err := p.g.execute(b, p.ex, p.seed, k%2 == 0)
						if err == nil {
							err = sameBits(got, p.want)
						}
						if err != nil {
							t.Errorf("goroutine %d, seed %d: %v", k, p.seed, err)
							return
						}
						if i%8 == k {
							runtime.GC()
						}
					}
				})
			}
			wg.Wait()
		})
	}
}

// TestOneProgramTakesDifferentInputsAtOnce: eight goroutines give one program inputs of their own.
func TestOneProgramTakesDifferentInputsAtOnce(t *testing.T) {
	b := open(t, "threads=2")
	for _, p := range compileSeeds(t, b)[:8] {
		var wants [8][]randomResult
		for k := range wants {
			var err error
			if wants[k], err = p.g.execute(b, p.ex, uint64(1000+k), false); err != nil {
				t.Fatalf("seed %d: %v", p.seed, err)
			}
		}
		var wg sync.WaitGroup
		for k := range wants {
			wg.Go(func() {
				for i := range 10 {
					got, err := p.g.execute(b, p.ex, uint64(1000+k), i%2 == 0)
					if err == nil {
						err = sameBits(got, wants[k])
					}
					if err != nil {
						t.Errorf("seed %d, goroutine %d: %v", p.seed, k, err)
						return
					}
				}
			})
		}
		wg.Wait()
	}
}

// TestProgramsEndWhileOthersRun compiles, runs and ends programs from some goroutines while others
// run theirs.
func TestProgramsEndWhileOthersRun(t *testing.T) {
	b := open(t, "threads=2")
	lasting := compileSeeds(t, b)
	var wg sync.WaitGroup
	for k := range 4 {
		wg.Go(func() {
			for i := range 60 {
				p := lasting[(i*5+k)%together]
				got, err := p.g.execute(b, p.ex, p.seed, true)
				if err == nil {
					err = sameBits(got, p.want)
				}
				if err != nil {
					t.Errorf("seed %d: %v", p.seed, err)
					return
				}
			}
		})
		wg.Go(func() {
			for i := range 30 {
				seed := uint64(100 + 30*k + i)
				if _, _, err := runRandom(b, seed, true, false); err != nil {
					t.Errorf("seed %d: %v", seed, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// TestTheEndOfAProgramLetsItsExecutionsFinish: an execution under way gives what it gives, one
// after the end an error, and none anything else.
func TestTheEndOfAProgramLetsItsExecutionsFinish(t *testing.T) {
	b := open(t, "threads=2")
	for round := range 20 {
		const n = 64
		e := program(t, b, func(f *maker) []compute.Value {
			x := f.in(f32(n, n))
			return []compute.Value{f.must(f.DotGeneral(x, []int{1}, nil, x, []int{0}, nil, compute.DotGeneralConfig{}))}
		})
		ones := make([]float32, n*n)
		for i := range ones {
			ones[i] = 1
		}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				x := buffer(t, b, ones, n, n)
				for range 20 {
					out, err := e.Execute([]compute.Buffer{x}, nil, 0)
					if err != nil {
						wantError(t, err, "is finalized")
						return
					}
					if got := flat[float32](t, out[0])[n+1]; got != n {
						t.Errorf("round %d: got %v, want %d", round, got, n)
					}
				}
			})
		}
		wg.Go(e.Finalize)
		wg.Wait()
	}
}

// TestOneBufferCannotBeGivenAwayTwice: of many executions that are given one buffer, each either
// reads it or reports that it is gone, and its memory serves at most one result.
func TestOneBufferCannotBeGivenAwayTwice(t *testing.T) {
	b := open(t, "threads=1")
	e := program(t, b, func(f *maker) []compute.Value { return []compute.Value{f.must(f.Neg(f.in(f32(100))))} })
	for range 200 {
		x := make([]float32, 100)
		for i := range x {
			x[i] = float32(i)
		}
		in := buffer(t, b, x, 100)
		var mu sync.Mutex
		var outs [][]compute.Buffer
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				out, err := e.Execute([]compute.Buffer{in}, []bool{true}, 0)
				if err != nil {
					wantError(t, err, "input 0")
					return
				}
				mu.Lock()
				defer mu.Unlock()
				outs = append(outs, out)
			})
		}
		wg.Wait()
		if len(outs) == 0 {
			t.Fatal("no execution took the buffer")
		}
		seen := map[*float32]bool{}
		for _, out := range outs {
			y := flat[float32](t, out[0])
			if seen[&y[0]] || y[99] != -99 || y[1] != -1 {
				t.Fatalf("got %v, in memory of its own: %v", y[99], !seen[&y[0]])
			}
			seen[&y[0]] = true
		}
	}
}

// TestBackendsEndInAnyOrder: programs and buffers of a finalized backend answer with errors, those
// of others go on.
func TestBackendsEndInAnyOrder(t *testing.T) {
	var wg sync.WaitGroup
	for k := range 6 {
		wg.Go(func() {
			b, err := cpu.New(fmt.Sprintf("threads=%d", 1+k%3))
			if err != nil {
				t.Error(err)
				return
			}
			for seed := range uint64(5) {
				if _, _, err := runRandom(b, seed, true, false); err != nil {
					t.Errorf("backend %d, seed %d: %v", k, seed, err)
				}
			}
			ex, g, err := randomProgram(b, 5, false)
			if err != nil {
				t.Error(err)
				return
			}
			in := newRandomInputs(g, b, 5, false)
			b.Finalize()
			_, err = ex.Execute(in.buffers, nil, 0)
			wantError(t, err, "the backend is finalized")
			for _, x := range in.buffers {
				_, err := x.Shape()
				wantError(t, err, "backend is finalized")
			}
			b.Finalize()
		})
	}
	wg.Wait()
}
