//go:build !linux

package conv

import (
	"testing"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// guarded returns n bytes; without the means to guard them.
func guarded(_ testing.TB, n int) unsafe.Pointer { return kernel.Alloc(n) }
