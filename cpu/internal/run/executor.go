package run

import (
	"fmt"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/plan"
)

// Executor runs one program. It may be used by several goroutines at once.
type Executor struct {
	code    *code
	pool    *Pool
	profile atomic.Bool

	mu   sync.Mutex
	idle []*state // one for every execution that there was at the same time
}

// New prepares a program for running on a pool.
func New(program *plan.Program, pool *Pool) *Executor {
	return &Executor{code: newCode(program), pool: pool}
}

// StepError says which step stopped an execution, by an error or by a panic.
type StepError struct {
	Program, Step string // names
	Err           error  // nil after a panic
	Panic         any    // the value of the panic
	Stack         []byte // where it was raised
}

// Error names the step and the reason.
func (e *StepError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("run: %s: %s: %v", e.Program, e.Step, e.Err)
	}
	return fmt.Sprintf("run: %s: %s: panic: %v", e.Program, e.Step, e.Panic)
}

// Unwrap gives the error of the step, or the panic's if it was an error.
func (e *StepError) Unwrap() error {
	if err, ok := e.Panic.(error); ok && e.Err == nil {
		return err
	}
	return e.Err
}

// Run executes the program. The pointers lead to the memory of the parameters, which is only
// read, and of the results; a result may have the memory of the parameter that its InPlace
// names. After an error, a *StepError, the results hold anything. Once there were as many
// executions at the same time as now, Run allocates nothing.
func (e *Executor) Run(params, results []unsafe.Pointer) error {
	p := e.code.program
	if len(params) != len(p.Params) || len(results) != len(p.Results) {
		return fmt.Errorf("run: %s: got %d parameters and %d results, want %d and %d",
			p.Name, len(params), len(results), len(p.Params), len(p.Results))
	}
	s := e.take()
	defer e.give(s)
	size := 1
	if e.code.wide {
		if size = e.pool.crew.acquire(); size > 1 {
			defer e.pool.crew.release()
		}
	}
	s.grow(e.pool.crew, size)
	copy(s.params, params)
	copy(s.results, results)
	s.failure.Store(nil)
	s.profile = e.profile.Load()
	if size == 1 {
		s.work(0)
	} else {
		e.pool.crew.run(s, size)
	}
	if f := s.failure.Load(); f != nil {
		return f
	}
	return nil
}

// take gives memory that no other execution uses.
func (e *Executor) take() *state {
	e.mu.Lock()
	defer e.mu.Unlock()
	if n := len(e.idle); n > 0 {
		s := e.idle[n-1]
		e.idle = e.idle[:n-1]
		return s
	}
	return newState(e.code, e.pool.crew, e.pool.Threads())
}

func (e *Executor) give(s *state) {
	clear(s.params)
	clear(s.results)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.idle = append(e.idle, s)
}
