package cpu

import (
	"maps"
	"sync"
	"time"

	"github.com/elbo-go/elbo/cpu/internal/run"
)

// Stats counts what the backend compiled since it was made.
type Stats struct {
	Programs int            // compiled graphs, each specialisation for itself
	Steps    int            // kernels and control flow in them
	Fallback map[string]int // nodes that run on GoMLX's engine, by operation
	Arena    int            // bytes of memory that one execution of each program needs
	Compile  time.Duration  // time spent compiling
	Kernels  map[string]int // steps by kind, the first word of a kernel's name
}

// counts gathers the statistics.
type counts struct {
	mu       sync.Mutex
	programs int
	steps    int
	arena    int
	compile  time.Duration
	fallback map[string]int
	kernels  map[string]int
	timed    []*run.Executor
	dumps    int
}

// Stats gives the figures so far.
func (b *Backend) Stats() Stats {
	c := &b.counts
	c.mu.Lock()
	defer c.mu.Unlock()
	return Stats{
		Programs: c.programs, Steps: c.steps, Arena: c.arena, Compile: c.compile,
		Fallback: maps.Clone(c.fallback), Kernels: maps.Clone(c.kernels),
	}
}
