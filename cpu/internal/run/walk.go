package run

import (
	"errors"
	"runtime/debug"
	"sync/atomic"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// state is the memory of one execution.
type state struct {
	code            *code
	arena           unsafe.Pointer
	params, results []unsafe.Pointer
	walkers         []*walker // one for each worker
	size            int       // workers that take part
	profile         bool

	// choices are the decisions of conditions: their number, and 1 in the lowest bit for true.
	// They alternate: a worker may still look at one while another makes the next.
	choices [2]atomic.Uint64
	failure atomic.Pointer[StepError]
}

// walker is one worker's way through a program. All workers count phases and units alike,
// whether they do them or not.
type walker struct {
	kernel.Worker
	state *state
	frame *frame
	crew  *crew
	at    *step
	copy  [2]unsafe.Pointer // arguments of a copy

	size    int    // workers that share the work: those of the state, or 1 in a part of it
	phase   uint64 // the latest
	target  uint32 // units of all phases up to the latest
	since   int    // what was begun since all units were known to be done
	leader  bool   // this worker does the phase of one unit that is open
	choices uint64 // decisions taken
}

// What was begun since all units were known to be done.
const (
	nothing = iota
	solo    // by one worker, which leads
	shared  // by all
)

// newState makes the memory of executions with up to the given number of workers.
func newState(c *code, crew *crew, threads int) *state {
	s := &state{
		code: c, arena: kernel.Alloc(c.program.Arena), walkers: make([]*walker, threads),
		params: make([]unsafe.Pointer, len(c.program.Params)), results: make([]unsafe.Pointer, len(c.program.Results)),
	}
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
	w.size, w.choices, w.since, w.leader, w.at = s.size, 0, nothing, false, nil
	if s.size > 1 {
		w.phase, w.target = w.crew.phase, w.crew.base
	}
	done := false
	defer func() {
		if !done {
			w.fail(errGone, recover())
		}
		w.frame.free()
	}()
	copy(w.frame.params, s.params)
	copy(w.frame.results, s.results)
	w.frame.bind()
	if w.walk(w.frame) {
		w.finish()
	}
	done = true
}

// finish ends a worker's walk; worker 0 waits until all units are done.
func (w *walker) finish() {
	if w.ID == 0 {
		w.meet()
	} else {
		w.conclude()
	}
}

// errGone is the failure of a step that ended its goroutine with runtime.Goexit.
var errGone = errors.New("the step ended its goroutine")

// fail stops the execution with an error, or with a value recovered from a panic. The first
// failure counts.
func (w *walker) fail(err error, panicked any) bool {
	e := &StepError{Program: w.state.code.program.Name, Err: err}
	if w.at != nil {
		e.Step = w.at.name
	}
	if panicked != nil {
		e.Err, e.Panic, e.Stack = nil, panicked, debug.Stack()
	}
	w.state.failure.CompareAndSwap(nil, e)
	if w.state.size > 1 {
		w.crew.abort()
	}
	return false
}

// walk does a program's steps; false means that this worker's part is over.
func (w *walker) walk(f *frame) bool {
	for i := range f.code.steps {
		s := &f.code.steps[i]
		w.at = s
		if w.state.profile && !w.gather() {
			return false
		}
		began := w.now()
		if !w.step(f, i, s) {
			return false
		}
		if w.state.profile {
			if !w.meet() {
				return false
			}
			w.lap(s, began)
		}
	}
	return true
}

// step does one step. What has no phase of more than one unit is for one worker alone.
func (w *walker) step(f *frame, i int, s *step) bool {
	if s.kernel != nil {
		return w.kernel(s.kernel, s.phases, f.args[s.first:s.limit:s.limit])
	}
	if s.wide {
		return w.control(f, i, s)
	}
	if !w.lead() {
		return false
	}
	if !w.leader {
		return true
	}
	size := w.size
	w.size = 1
	ok := w.control(f, i, s)
	w.size, w.since = size, solo
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

// kernel does what this worker gets of a kernel's phases.
func (w *walker) kernel(k kernel.Kernel, phases []int, args []unsafe.Pointer) bool {
	for phase, units := range phases {
		switch {
		case units == 0:
		case w.size == 1:
			k.Run(&w.Worker, phase, 0, units, args)
		case units == 1:
			if !w.lead() {
				return false
			}
			if w.leader {
				k.Run(&w.Worker, phase, 0, 1, args)
			}
		default:
			if !w.meet() {
				return false
			}
			w.claim(k, phase, units, args)
		}
	}
	return true
}

// claim does units of a phase until all are taken, beginning with this worker's share.
func (w *walker) claim(k kernel.Kernel, phase, units int, args []unsafe.Pointer) {
	lots := min(units, 1<<claimBits-1) // in which units are claimed
	w.since = shared
	w.phase++
	w.target += uint32(lots)
	mine := 0
	for i := range w.size {
		v := w.ID + i
		if v >= w.size {
			v -= w.size
		}
		begin, end := lots*v/w.size, lots*(v+1)/w.size
		for {
			first, n := w.crew.claim(v, w.phase, end-begin)
			if n == 0 {
				break
			}
			k.Run(&w.Worker, phase, (begin+first)*units/lots, (begin+first+n)*units/lots, args)
			mine += n
		}
	}
	if mine > 0 {
		w.crew.complete(w.ID, w.size, mine)
	}
}

// lead makes sure that a phase of one unit is open, of which one worker is the leader: the one
// that comes first.
func (w *walker) lead() bool {
	if w.size == 1 {
		w.leader = true
		return true
	}
	if w.since == solo {
		return true
	}
	if !w.meet() {
		return false
	}
	w.phase++
	w.target++
	w.since = solo
	_, n := w.crew.claim(0, w.phase, 1)
	w.leader = n == 1
	return true
}

// gather waits until all workers are here, so that none can be late enough to leave.
func (w *walker) gather() bool {
	if w.size == 1 {
		return true
	}
	w.conclude()
	w.since = nothing
	w.target += uint32(w.size)
	w.crew.complete(w.ID, w.size, 1)
	return w.crew.pass(w.ID, w.target)
}

// conclude ends the phase that this worker leads.
func (w *walker) conclude() {
	if w.leader && w.size > 1 {
		w.crew.complete(w.ID, w.size, 1)
	}
	w.leader = false
}

// meet waits until all units begun so far are done.
func (w *walker) meet() bool {
	if w.size == 1 {
		return true
	}
	w.conclude()
	if w.since == nothing {
		return true
	}
	w.since = nothing
	return w.crew.pass(w.ID, w.target)
}
