package run

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// task is work that the workers of a crew do together.
type task interface{ work(id int) }

// crew is the workers of a pool. They refer to it and not to the pool, so that a forgotten
// pool can be collected.
//
// Work comes in phases, and a phase in units. Every worker has its share of a phase's units but
// may claim those of the others when its own are done, so that nobody waits for a worker that
// the operating system has put aside, unless in the middle of a unit. Phases and finished
// units are counted over all tasks; the counters only grow, with wrap-around.
type crew struct {
	busy    sync.Mutex // held by the goroutine that is worker 0
	slots   []slot
	started int // workers that have a goroutine, from 1
	closed  bool
	ended   sync.WaitGroup

	task   task
	ticket uint32 // of the latest task
	phase  uint64 // before the first of the task
	base   uint32 // units done before the task
	stop   atomic.Bool
	quit   atomic.Bool

	processors int // at most this many workers take part
	_          [128]byte
	done       atomic.Uint32 // units
	_          [124]byte
}

// slot is what a worker shares with the others.
type slot struct {
	state atomic.Uint32 // four times the ticket of a task, plus the worker's part in it
	_     [124]byte
	claim atomic.Uint64 // phase, and in the low bits how many units of the worker's share are claimed in it
	_     [120]byte
	sleeper
	_ [128 - unsafe.Sizeof(sleeper{})]byte
}

// A worker's part in a task. One that is away waits, and touches nothing of the task before it
// is active again; so the task may end without it.
const (
	offered = iota
	active
	away
	left
)

// Limits of a wait.
const (
	pauses  = 64 // in one spin: about a microsecond
	spins   = 32 // before other goroutines may run
	within  = 100 * time.Microsecond
	lounge  = 100 * time.Microsecond // and if there is no task
	between = 8                      // spins for one yield to goroutines
)

func newCrew(threads int) *crew {
	c := &crew{slots: make([]slot, threads), started: 1, processors: runtime.NumCPU()}
	for i := range c.slots {
		c.slots[i].init()
	}
	return c
}

// acquire makes the caller worker 0 and says how many workers there are, or 1 if the crew is
// busy or closed; release follows only if there are more.
func (c *crew) acquire() int {
	size := min(len(c.slots), runtime.GOMAXPROCS(0), c.processors)
	if size < 2 || !c.busy.TryLock() {
		return 1
	}
	if c.closed {
		c.busy.Unlock()
		return 1
	}
	for ; c.started < size; c.started++ {
		c.ended.Add(1)
		go c.serve(c.started, c.slots[c.started].state.Load())
	}
	return size
}

func (c *crew) release() { c.busy.Unlock() }

// run does a task with the given number of workers; the caller has acquired them.
func (c *crew) run(t task, size int) {
	c.task = t
	c.ticket++
	c.base = c.done.Load()
	for v := 1; v < size; v++ {
		c.slots[v].state.Store(4*c.ticket + offered)
		c.wake(v)
	}
	defer c.finish(size)
	t.work(0)
}

// finish ends the task when no worker is active.
func (c *crew) finish(size int) {
	for v := 1; v < size; v++ {
		for s := &c.slots[v].state; ; {
			now := s.Load()
			if now&3 == left || now&3 != active && s.CompareAndSwap(now, now|left) {
				break
			}
			c.await(0, s, now+1, nil)
		}
	}
	c.task = nil
	for v := range size {
		c.phase = max(c.phase, c.slots[v].claim.Load()>>claimBits)
	}
	c.stop.Store(false)
}

// serve is the life of a worker; seen is its state when it began.
func (c *crew) serve(id int, seen uint32) {
	ended := false
	defer func() {
		if !ended { // a step has ended the goroutine
			c.leave(id)
			go c.serve(id, c.slots[id].state.Load())
			return
		}
		c.ended.Done()
	}()
	s := &c.slots[id].state
	for {
		c.await(id, s, seen&^3+4, nil)
		if c.quit.Load() {
			ended = true
			return
		}
		seen = s.Load()
		if seen&3 == offered && s.CompareAndSwap(seen, seen+active) {
			c.task.work(id)
			c.leave(id)
		}
	}
}

// leave ends a worker's part in a task.
func (c *crew) leave(id int) {
	s := &c.slots[id].state
	if now := s.Load(); now&3 == active {
		s.Store(now&^3 + left)
		c.wake(0)
	}
}

// close ends the workers.
func (c *crew) close() {
	c.busy.Lock()
	defer c.busy.Unlock()
	c.closed = true
	c.quit.Store(true)
	for v := 1; v < c.started; v++ {
		s := &c.slots[v].state
		s.Store(s.Load()&^3 + 4)
		c.wake(v)
	}
	c.ended.Wait()
	c.started = 1
}

// claimBits bound the units of a phase.
const claimBits = 20

// claim takes units of a worker's share of n units in a phase, most of what is left so that there
// are few claims: count units from first on, or none.
func (c *crew) claim(v int, phase uint64, n int) (first, count int) {
	word := &c.slots[v].claim
	for {
		now := word.Load()
		first = 0
		if at := now >> claimBits; at > phase {
			return 0, 0
		} else if at == phase {
			first = int(now & (1<<claimBits - 1))
		}
		if first >= n {
			return 0, 0
		}
		count = (3*(n-first) + 3) / 4
		if word.CompareAndSwap(now, phase<<claimBits|uint64(first+count)) {
			return first, count
		}
	}
}

// complete counts finished units and wakes those who may wait for them.
func (c *crew) complete(id, size, units int) {
	c.done.Add(uint32(units))
	for v := range size {
		if v != id {
			c.wake(v)
		}
	}
}

// pass waits until the count of finished units is reached. False means that the worker is no
// longer part of the task.
func (c *crew) pass(id int, target uint32) bool {
	for range c.patience() {
		if spin(&c.done, target, pauses) {
			c.done.Load() // orders what follows after the others' units, also for the race detector
			return true
		}
	}
	if id == 0 {
		return c.await(id, &c.done, target, c.stop.Load)
	}
	s := &c.slots[id].state
	now := s.Load()
	s.Store(now&^3 + away)
	c.wake(0)
	ended := func() bool { return s.Load() != now&^3+away || c.stop.Load() }
	return c.await(id, &c.done, target, ended) && s.CompareAndSwap(now&^3+away, now)
}

// patience is the number of spins of a wait before other goroutines may run.
func (c *crew) patience() int {
	if c.processors > runtime.NumCPU() {
		return 1
	}
	return spins
}

// abort makes every worker leave the task at the next wait.
func (c *crew) abort() {
	c.stop.Store(true)
	for v := range c.slots {
		c.wake(v)
	}
}

// wake ends the sleep of a worker. What it waits for, or stop, has been written before.
func (c *crew) wake(v int) {
	if s := &c.slots[v].sleeper; s.asleep.Load() != 0 {
		s.wake()
	}
}

// await waits until the word has reached a number; false means that it was ended instead.
//
// It spins for so long, then sleeps. It never yields its thread: on a busy machine a worker that
// yields gives its next time slices away, while one that sleeps keeps its claim to the processor
// and is back as soon as the other, put aside in the middle of a unit, has been.
func (c *crew) await(id int, word *atomic.Uint32, want uint32, ended func() bool) bool {
	for range c.patience() {
		if spin(word, want, pauses) {
			word.Load()
			return true
		}
	}
	begin := time.Now()
	for n := 1; !reached(word, want); n++ {
		if ended != nil && ended() {
			return false
		}
		if time.Since(begin) > lounge {
			c.slots[id].sleep(func() bool { return reached(word, want) || ended != nil && ended() })
			continue
		}
		if n%between == 0 {
			runtime.Gosched()
		}
		spin(word, want, pauses)
	}
	return true
}

// reached reports whether the word is at the number or past it.
func reached(word *atomic.Uint32, want uint32) bool { return int32(word.Load()-want) >= 0 }
