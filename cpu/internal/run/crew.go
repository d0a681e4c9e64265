package run

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// task is work that every worker of a crew takes part in.
type task interface{ work(id int) }

// crew is the workers of a pool. They refer to it and not to the pool, so that a forgotten
// pool can be collected.
//
// A worker waits for numbers that others write to their slots; a number only grows, with
// wrap-around. Each slot's words are written by one worker, or by worker 0 while the slot's
// worker waits for it.
type crew struct {
	busy    sync.Mutex // held by the goroutine that is worker 0
	slots   []slot
	started int // workers that have a goroutine, from 1
	closed  bool
	ended   sync.WaitGroup

	task   task
	ticket uint32 // of the latest task
	epoch  uint32 // of the latest barrier
	stop   atomic.Bool
	quit   atomic.Bool

	patience atomic.Int32 // spins before a wait yields the processor
}

// slot is what a worker shows the others. What it writes and what worker 0 writes lie on
// separate pairs of cache lines, since processors fetch lines in pairs.
type slot struct {
	start  atomic.Uint32 // ticket of the latest task that the worker shall do
	_      [124]byte
	arrive atomic.Uint32 // barriers that the worker has come to
	done   atomic.Uint32 // ticket of the latest task that it has done
	sleeper
	_ [128 - 8 - unsafe.Sizeof(sleeper{})]byte
}

// Limits of a wait.
const (
	pauses  = 64                   // in one spin: about a microsecond
	spins   = 32                   // before the processor is offered to others
	lounge  = 3 * time.Millisecond // before the worker sleeps
	between = 8                    // yields to threads for one yield to goroutines
)

func newCrew(threads int) *crew {
	c := &crew{slots: make([]slot, threads), started: 1}
	for i := range c.slots {
		c.slots[i].init()
	}
	return c
}

// acquire makes the caller worker 0 and says how many workers there are, or 1 if the crew is
// busy or closed; release follows only if there are more.
func (c *crew) acquire() int {
	size := min(len(c.slots), runtime.GOMAXPROCS(0))
	if size < 2 || !c.busy.TryLock() {
		return 1
	}
	if c.closed {
		c.busy.Unlock()
		return 1
	}
	for ; c.started < size; c.started++ {
		c.ended.Add(1)
		go c.serve(c.started, c.slots[c.started].start.Load())
	}
	patience := int32(spins)
	if size > runtime.NumCPU() {
		patience = 1
	}
	c.patience.Store(patience)
	return size
}

// run does a task with the given number of workers; the caller has acquired them.
func (c *crew) run(t task, size int) {
	c.task = t
	c.ticket++
	for v := 1; v < size; v++ {
		c.slots[v].start.Store(c.ticket)
		c.wake(v)
	}
	defer c.finish(size)
	t.work(0)
}

// finish waits until all workers have done the task.
func (c *crew) finish(size int) {
	for v := 1; v < size; v++ {
		c.await(0, &c.slots[v].done, c.ticket, nil)
	}
	c.task = nil
	c.epoch = c.slots[0].arrive.Load()
	if !c.stop.Load() {
		return
	}
	// Workers stopped at different barriers.
	for v := range c.slots {
		c.slots[v].arrive.Store(0)
	}
	c.epoch = 0
	c.stop.Store(false)
}

func (c *crew) release() { c.busy.Unlock() }

// serve is the life of a worker; seen is the ticket that was the latest when it began.
func (c *crew) serve(id int, seen uint32) {
	defer c.ended.Done()
	s := &c.slots[id]
	for {
		c.await(id, &s.start, seen+1, nil)
		if c.quit.Load() {
			return
		}
		seen = s.start.Load()
		c.task.work(id)
		s.done.Store(seen)
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
		c.slots[v].start.Add(1)
		c.wake(v)
	}
	c.ended.Wait()
	c.started = 1
}

// barrier waits until all workers have come to it; false means that the task is stopped.
func (c *crew) barrier(id, size int, epoch uint32) bool {
	c.slots[id].arrive.Store(epoch)
	for v := range size {
		if v != id {
			c.wake(v)
		}
	}
	for v := range size {
		if v != id && !c.await(id, &c.slots[v].arrive, epoch, &c.stop) {
			return false
		}
	}
	return true
}

// abort makes every worker leave the task at the next barrier.
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

// await waits until the word has reached a number; false means that it was stopped instead.
func (c *crew) await(id int, word *atomic.Uint32, want uint32, stop *atomic.Bool) bool {
	for range c.patience.Load() {
		if spin(word, want, pauses) {
			word.Load() // orders what follows after the write, also for the race detector
			return true
		}
	}
	begin := time.Now()
	for n := 1; !reached(word, want); n++ {
		if stop != nil && stop.Load() {
			return false
		}
		if time.Since(begin) > lounge {
			c.slots[id].sleep(func() bool { return reached(word, want) || stop != nil && stop.Load() })
			begin = time.Now()
		}
		yield()
		if n%between == 0 {
			runtime.Gosched()
		}
		spin(word, want, pauses)
	}
	return true
}

// reached reports whether the word is at the number or past it.
func reached(word *atomic.Uint32, want uint32) bool { return int32(word.Load()-want) >= 0 }
