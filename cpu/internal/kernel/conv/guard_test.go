//go:build linux

package conv

import (
	"os"
	"syscall"
	"testing"
	"unsafe"
)

// guarded returns n bytes that end where a page begins that may not be touched.
func guarded(t testing.TB, n int) unsafe.Pointer {
	t.Helper()
	page := os.Getpagesize()
	size := (n + page - 1) / page * page
	mem, err := syscall.Mmap(-1, 0, size+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mprotect(mem[size:], syscall.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Munmap(mem); err != nil {
			t.Error(err)
		}
	})
	return unsafe.Pointer(&mem[size-n])
}
