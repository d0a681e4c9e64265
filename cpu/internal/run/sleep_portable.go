//go:build !linux || noasm

package run

import "sync/atomic"

// sleeper lets a worker's goroutine sleep.
type sleeper struct {
	asleep atomic.Uint32 // 1 while the worker sleeps or is about to
	bell   chan struct{} // rung once for every change of asleep from 1 to 0 by wake
}

func (s *sleeper) init() { s.bell = make(chan struct{}, 1) }

// sleep returns when it is ready; whoever makes it so calls wake afterwards.
func (s *sleeper) sleep(ready func() bool) {
	for {
		s.asleep.Store(1)
		if ready() && s.asleep.CompareAndSwap(1, 0) {
			return
		}
		<-s.bell
	}
}

// wake makes a sleeper look again.
func (s *sleeper) wake() {
	if s.asleep.CompareAndSwap(1, 0) {
		s.bell <- struct{}{}
	}
}
