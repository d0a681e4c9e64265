package cpu_test

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu"
)

// soakTime is ELBO_SOAK, or two seconds.
func soakTime(t *testing.T) time.Duration {
	s := os.Getenv("ELBO_SOAK")
	if s == "" {
		return 2 * time.Second
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// usage is what a process holds.
type usage struct {
	goroutines    int
	heap, objects uint64
	resident      uint64 // bytes; 0 where the system does not tell
}

func used() usage {
	runtime.GC()
	runtime.GC() // frees what the first one ran finalizers for
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	u := usage{goroutines: runtime.NumGoroutine(), heap: m.HeapAlloc, objects: m.HeapObjects}
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmRSS:" {
			kib, _ := strconv.ParseUint(f[1], 10, 64)
			u.resident = kib << 10
		}
	}
	return u
}

// TestNothingGrowsOverManyExecutions compiles random graphs, runs each several times and ends them,
// and looks at what the process holds after each round over the same seeds: from the fourth round
// on it holds no more than after the third, but for some slack. Backends come and go.
//
// The slack covers what the runtime and the pools of buffers keep: 4 MiB of heap, 20,000
// objects, 64 MiB of pages. A leak of one object an execution shows within a minute.
func TestNothingGrowsOverManyExecutions(t *testing.T) {
	end := time.Now().Add(soakTime(t))
	lasting := open(t, "threads=2")
	var base usage
	executions := 0
	for round := 0; round < 4 || time.Now().Before(end); round++ {
		brief, err := cpu.New("threads=3")
		if err != nil {
			t.Fatal(err)
		}
		for seed := range uint64(40) {
			for _, b := range []compute.Backend{lasting, brief} {
				if err := repeat(b, seed); err != nil {
					t.Fatalf("round %d, seed %d: %v", round, seed, err)
				}
				executions += 6
			}
		}
		brief.Finalize()
		now := settled()
		if round < 3 {
			base = now
			continue
		}
		if now.goroutines > base.goroutines || now.heap > base.heap+4<<20 || now.objects > base.objects+20000 || now.resident > base.resident+64<<20 {
			t.Fatalf("round %d: got %+v, want no more than %+v", round, now, base)
		}
	}
	t.Logf("%d executions; at first %+v, at last %+v", executions, base, used())
}

// settled gives what is used once ended workers are gone.
func settled() usage {
	u := used()
	for range 20 {
		time.Sleep(5 * time.Millisecond)
		next := used()
		if next.goroutines >= u.goroutines {
			return next
		}
		u = next
	}
	return u
}

// repeat compiles the graph of a seed and runs it a few times with inputs given away or kept.
func repeat(b compute.Backend, seed uint64) error {
	ex, g, err := randomProgram(b, seed, false)
	if err != nil {
		return err
	}
	defer ex.Finalize()
	for i := range 6 {
		if _, err := g.execute(b, ex, seed, i%2 == 0); err != nil {
			return err
		}
	}
	return nil
}

// TestStepsThatTrainHoldTheirMemory: thousands of steps with donated state use the memory of the
// first ones.
func TestStepsThatTrainHoldTheirMemory(t *testing.T) {
	b := open(t, "threads=2")
	e := descent(t, b, 5000)
	inputs := []compute.Buffer{buffer(t, b, make([]float32, 5000), 5000), buffer(t, b, make([]float32, 5000), 5000)}
	var base usage
	for i := range 4000 {
		out, err := e.Execute(inputs, []bool{true, false}, 0)
		if err != nil {
			t.Fatal(err)
		}
		inputs[0] = out[0]
		if err := out[1].Finalize(); err != nil {
			t.Fatal(err)
		}
		if i == 100 {
			base = used()
		}
	}
	if now := used(); now.objects > base.objects+2000 || now.heap > base.heap+1<<20 {
		t.Errorf("got %+v, want no more than %+v", now, base)
	}
}
