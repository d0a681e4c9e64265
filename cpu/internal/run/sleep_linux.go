//go:build linux && !noasm

package run

import (
	"sync/atomic"
	"syscall"
	"unsafe"
)

// sleeper lets a worker's thread sleep inside the kernel without holding one of Go's processors.
// A goroutine that is woken over a channel starts on the processor of its waker, which spins; a
// thread that is woken has one of its own.
type sleeper struct {
	asleep atomic.Uint32 // 1 while the worker sleeps or is about to
}

// Operations of the futex call, private to the process.
const (
	futexWait = 128
	futexWake = 129
)

func (s *sleeper) init() {}

// sleep returns when it is ready; whoever makes it so calls wake afterwards.
func (s *sleeper) sleep(ready func() bool) {
	for {
		s.asleep.Store(1)
		if ready() {
			s.asleep.Store(0)
			return
		}
		for s.asleep.Load() == 1 {
			syscall.Syscall6(syscall.SYS_FUTEX, uintptr(unsafe.Pointer(&s.asleep)), futexWait, 1, 0, 0, 0)
		}
	}
}

// wake makes a sleeper look again.
func (s *sleeper) wake() {
	s.asleep.Store(0)
	syscall.RawSyscall6(syscall.SYS_FUTEX, uintptr(unsafe.Pointer(&s.asleep)), futexWake, 1, 0, 0, 0)
}
