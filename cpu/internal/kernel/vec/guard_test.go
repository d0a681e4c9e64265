//go:build linux

package vec_test

import (
	"syscall"
	"testing"
	"unsafe"
)

// guarded gives size bytes at the end or the beginning of a page between two that may not be
// touched.
func guarded(t *testing.T) func(size int, atEnd bool) unsafe.Pointer {
	t.Helper()
	page := syscall.Getpagesize()
	m, err := syscall.Mmap(-1, 0, 3*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Munmap(m) })
	for _, guard := range [][]byte{m[:page], m[2*page:]} {
		if err := syscall.Mprotect(guard, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	return func(size int, atEnd bool) unsafe.Pointer {
		if atEnd {
			return unsafe.Pointer(&m[2*page-size])
		}
		return unsafe.Pointer(&m[page])
	}
}
