package conv

import (
	"runtime"
	"testing"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// Scratch memory may hold what looks like a pointer to memory that is gone, and a window that begins
// outside of an image may begin outside of all memory. The garbage collector, which ends the program where
// it finds such a pointer, is shown neither.
func TestTheCollectorSeesNoPointerToNothing(t *testing.T) {
	for _, s := range []Spec{square(1, 12, 4, 20, 5, 1, true), square(1, 12, 4, 2, 5, 2, false), inputGradient(square(1, 12, 4, 2, 4, 2, true))} {
		k := New(isa.Best(), s)
		outs, ins, kers := sizes(s)
		args := []unsafe.Pointer{kernel.Alloc(4 * outs), kernel.Alloc(4 * ins), kernel.Alloc(4 * kers)}
		if n := k.Shared(); n > 0 {
			args = append(args, kernel.Alloc(n))
		}
		w := &kernel.Worker{Scratch: kernel.Alloc(k.Scratch())}
		words := unsafe.Slice((*uintptr)(w.Scratch), k.Scratch()/8)
		gone := uintptr(unsafe.Pointer(unsafe.SliceData(make([]byte, 64<<20))))
		runtime.GC()
		runtime.GC()
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
		for range 3000 {
			for i := range words {
				words[i] = gone + 4096
			}
			for phase, units := range k.Phases() {
				k.Run(w, phase, 0, units, args)
			}
		}
		close(stop)
		<-ended
	}
}
