//go:build !linux

package vec_test

import (
	"testing"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// guarded gives plain memory where pages cannot be protected.
func guarded(*testing.T) func(size int, atEnd bool) unsafe.Pointer {
	return func(size int, _ bool) unsafe.Pointer { return kernel.Alloc(size) }
}
