//go:build !amd64 || noasm

package move

import (
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
)

func fastTransposer(isa.Level, int) Transpose { return nil }

// CopyAhead gives the function that copies n bytes while it fetches the n bytes at next, which
// may be nil, into the cache.
func CopyAhead(isa.Level) func(dst, src, next unsafe.Pointer, n int) {
	return func(dst, src, _ unsafe.Pointer, n int) { copyBytes(dst, src, n) }
}
