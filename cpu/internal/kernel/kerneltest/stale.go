// Package kerneltest has what the tests of several packages of kernels share.
package kerneltest

import (
	"runtime"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// Stale runs a kernel so many times while garbage collections follow each other, with scratch and shared
// memory full of what looks like pointers to memory that is gone. The collector ends the process if a
// kernel shows it one, as the write barrier of an assignment over it does.
func Stale(k kernel.Kernel, times int, args ...unsafe.Pointer) {
	var haunted [][]uintptr
	memory := func(n int) unsafe.Pointer {
		p := kernel.Alloc(n)
		haunted = append(haunted, unsafe.Slice((*uintptr)(p), n/int(unsafe.Sizeof(uintptr(0)))))
		return p
	}
	w := &kernel.Worker{Scratch: memory(k.Scratch())}
	if n := k.Shared(); n > 0 {
		args = append(args, memory(n))
	}
	gone := uintptr(unsafe.Pointer(unsafe.SliceData(make([]byte, 64<<20))))
	runtime.GC()
	runtime.GC()
	defer collecting()()
	for range times {
		for _, words := range haunted {
			for i := range words {
				words[i] = gone + 4096
			}
		}
		for phase, units := range k.Phases() {
			k.Run(w, phase, 0, units, args)
		}
	}
}

// collecting collects garbage again and again until what it returns is called.
func collecting() (end func()) {
	stop, ended := make(chan bool), make(chan bool)
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
			}
		}
	}()
	return func() {
		close(stop)
		<-ended
	}
}
