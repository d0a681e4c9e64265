// Package run executes compiled programs.
//
// A program is executed by several workers that walk the same list of steps together. A phase
// of a kernel is shared: each worker begins with its own part of the units, always the same one
// so that it finds in its cache what it left there, then helps the others with theirs. A phase
// of one unit is done by the worker that comes first. The next phase begins when all units of
// the one before are done, whether or not every worker has taken part.
//
// Workers live as long as their [Pool]. Between two phases they spin, so that a phase of a few
// microseconds is worth sharing; when nothing has come for some milliseconds they sleep.
package run

import "runtime"

// Pool is a set of workers for any number of executors. It runs one program at a time; what
// is asked of it meanwhile runs on its caller's goroutine alone, with the same result.
type Pool struct {
	crew *crew
}

// NewPool returns a pool for the given number of threads, or for as many as Go uses when it
// is 0. The calling goroutine of a run is one of them; the others are started by the first run
// that needs them, and no more take part in a run than there are processors, or than
// runtime.GOMAXPROCS allows.
//
// A pool that is not closed ends its workers when it is no longer referenced.
func NewPool(threads int) *Pool {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	p := &Pool{newCrew(threads)}
	runtime.AddCleanup(p, (*crew).close, p.crew)
	return p
}

// Threads is the largest number of workers that run a program.
func (p *Pool) Threads() int { return len(p.crew.slots) }

// Close ends the workers, after the run in progress if there is one. Later runs use only
// their caller's goroutine.
func (p *Pool) Close() { p.crew.close() }
