package run

import (
	"runtime/debug"
	"sync/atomic"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// state is the memory of one execution.
type state struct {
	code    *code
	arena   unsafe.Pointer
	walkers []*walker // one for each worker
	size    int       // workers that take part
	profile bool

	// choices are the decisions of conditions, which worker 0 reads. They alternate: a worker
	// may still look at one while worker 0, a barrier later, makes the next.
	choices [2]atomic.Bool
	failure atomic.Pointer[StepError]
}

// walker is one worker's way through a program.
type walker struct {
	kernel.Worker
	state *state
	frame *frame
	crew  *crew
	at    *step

	size    int    // workers that share the work: those of the state, or 1 in a part of it
	epoch   uint32 // barriers passed
	choices int    // decisions taken
	since   int    // what was done since the last barrier
}

// What was done since the last barrier.
const (
	nothing = iota
	solo    // by worker 0 alone
	shared  // by all
)

// newState makes the memory of executions with up to the given number of workers.
func newState(c *code, crew *crew, threads int) *state {
	s := &state{code: c, arena: kernel.Alloc(c.program.Arena), walkers: make([]*walker, threads)}
	s.grow(crew, 1)
	return s
}

// grow makes the walkers of the first workers.
func (s *state) grow(crew *crew, size int) {
	s.size = size
	for id := range size {
		if s.walkers[id] != nil {
			continue
		}
		w := &walker{state: s, crew: crew, frame: newFrame(s.code)}
		w.ID = id
		w.Scratch = kernel.Alloc(s.code.scratch)
		w.frame.settle(s.arena)
		s.walkers[id] = w
	}
}

// work is one worker's part of an execution.
func (s *state) work(id int) {
	w := s.walkers[id]
	w.size, w.choices, w.since, w.at = s.size, 0, nothing, nil
	if s.size > 1 {
		w.epoch = w.crew.epoch
	}
	done := false
	defer func() {
		if !done {
			w.fail(nil, recover())
		}
		w.frame.free()
	}()
	w.frame.bind()
	w.walk(w.frame)
	done = true
}

// fail stops the execution with an error, or with a value recovered from a panic. The first
// failure counts.
func (w *walker) fail(err error, panicked any) bool {
	e := &StepError{Program: w.state.code.program.Name, Err: err}
	if w.at != nil {
		e.Step = w.at.name
	}
	if err == nil {
		e.Panic, e.Stack = panicked, debug.Stack()
	}
	w.state.failure.CompareAndSwap(nil, e)
	if w.state.size > 1 {
		w.crew.abort()
	}
	return false
}

// walk does a program's steps; false means that the execution is stopped.
func (w *walker) walk(f *frame) bool {
	for i := range f.code.steps {
		s := &f.code.steps[i]
		w.at = s
		began := w.now()
		if !w.step(f, i, s) {
			return false
		}
		if w.state.profile && !w.meet() {
			return false
		}
		w.lap(s, began)
	}
	return true
}

// step does one step. What has no more than one unit is worker 0's alone.
func (w *walker) step(f *frame, i int, s *step) bool {
	if s.kernel != nil {
		return w.kernel(s, f.args[s.first:s.limit:s.limit])
	}
	if s.wide {
		return w.control(f, i, s)
	}
	if !w.enter(false) {
		return false
	}
	if w.ID != 0 {
		return true
	}
	size := w.size
	w.size = 1
	ok := w.control(f, i, s)
	w.size = size
	w.since = solo
	return ok
}

// control does a step other than a kernel's.
func (w *walker) control(f *frame, i int, s *step) bool {
	args := f.args[s.first:s.limit:s.limit]
	switch {
	case s.loop != nil:
		return w.loop(s.loop, f.kids[i], args)
	case s.branch != nil:
		return w.branch(s.branch, f.kids[i], args)
	}
	if err := s.host.Run(args); err != nil {
		return w.fail(err, nil)
	}
	return true
}

// kernel does this worker's share of a kernel's phases.
func (w *walker) kernel(s *step, args []unsafe.Pointer) bool {
	for phase, units := range s.phases {
		if units == 0 {
			continue
		}
		if !w.enter(units > 1) {
			return false
		}
		lo, hi := w.share(units)
		if lo < hi {
			s.kernel.Run(&w.Worker, phase, lo, hi, args)
		}
	}
	return true
}

// share is this worker's part of n units; a single one is worker 0's.
func (w *walker) share(n int) (lo, hi int) {
	if n == 1 {
		return 0, max(0, 1-w.ID)
	}
	return n * w.ID / w.size, n * (w.ID + 1) / w.size
}

// enter begins a phase, shared by all or worker 0's alone, after what it may depend on is done.
func (w *walker) enter(wide bool) bool {
	if w.since == shared || w.since == solo && wide {
		if !w.meet() {
			return false
		}
	}
	w.since = solo
	if wide {
		w.since = shared
	}
	return true
}

// meet waits for all workers.
func (w *walker) meet() bool {
	w.since = nothing
	if w.size == 1 {
		return true
	}
	w.epoch++
	return w.crew.barrier(w.ID, w.size, w.epoch)
}
