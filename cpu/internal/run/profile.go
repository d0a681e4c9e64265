package run

import (
	"sync/atomic"
	"time"
)

// clock adds up the time of a step over all executions.
type clock struct{ calls, ns atomic.Int64 }

// StepTime is the time spent in a step, waiting for the slowest worker included.
type StepTime struct {
	Name  string        // of the step
	Depth int           // of nesting in control flow, whose own time includes what is nested in it
	Calls int64         // how often it was done
	Total time.Duration // of all calls
}

// SetProfile switches timing on or off for later runs. A timed step costs two barriers and
// two looks at the clock more.
func (e *Executor) SetProfile(on bool) { e.profile.Store(on) }

// Name is the program's name.
func (e *Executor) Name() string { return e.code.program.Name }

// Profile lists the steps in the program's order, nested ones after the step that holds them.
func (e *Executor) Profile() []StepTime { return e.code.times(nil, 0) }

func (c *code) times(out []StepTime, depth int) []StepTime {
	for i := range c.steps {
		s := &c.steps[i]
		out = append(out, StepTime{s.name, depth, s.clock.calls.Load(), time.Duration(s.clock.ns.Load())})
		if s.loop != nil {
			out = s.loop.body.times(s.loop.cond.times(out, depth+1), depth+1)
		}
		if s.branch != nil {
			out = s.branch.arms[1].times(s.branch.arms[0].times(out, depth+1), depth+1)
		}
	}
	return out
}

// now is the time where it is wanted.
func (w *walker) now() (t time.Time) {
	if w.state.profile && (w.ID == 0 || w.size == 1) {
		t = time.Now()
	}
	return t
}

// lap charges the time since to a step.
func (w *walker) lap(s *step, since time.Time) {
	if w.state.profile && (w.ID == 0 || w.size == 1) {
		s.clock.calls.Add(1)
		s.clock.ns.Add(int64(time.Since(since)))
	}
}
