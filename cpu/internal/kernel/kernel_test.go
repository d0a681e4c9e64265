package kernel_test

import (
	"testing"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

func TestAllocIsAlignedAndZero(t *testing.T) {
	for n := range 300 {
		p := kernel.Alloc(n)
		if uintptr(p)%kernel.Align != 0 {
			t.Fatalf("%d bytes: got address %x, want a multiple of %d", n, uintptr(p), kernel.Align)
		}
		for i := range n {
			if *(*byte)(unsafe.Add(p, i)) != 0 {
				t.Fatalf("%d bytes: byte %d is not zero", n, i)
			}
		}
	}
}
