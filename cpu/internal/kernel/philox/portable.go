//go:build !amd64 || noasm

package philox

import (
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
)

// fast writes as many whole blocks as an assembly version can, and returns their number.
func fast(isa.Level, form, unsafe.Pointer, Stream, int) int { return 0 }
