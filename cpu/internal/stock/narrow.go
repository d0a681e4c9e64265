//go:build !(amd64 || arm64 || loong64 || mips64 || mips64le || ppc64 || ppc64le || riscv64 || s390x || wasm)

package stock

import (
	"github.com/gomlx/compute"
	"github.com/pkg/errors"
)

// newEngine reports that GoMLX's engine does not compile where an int has 32 bits.
func newEngine() (compute.Backend, error) {
	return nil, errors.New("stock: GoMLX's Go engine needs a 64-bit machine")
}
