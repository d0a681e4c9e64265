//go:build !amd64 || noasm

package philox

import (
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
)

// fast writes whole blocks, if the level has routines.
func fast(isa.Level, form, unsafe.Pointer, Stream, int) bool { return false }
