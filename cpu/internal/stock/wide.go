//go:build amd64 || arm64 || loong64 || mips64 || mips64le || ppc64 || ppc64le || riscv64 || s390x || wasm

package stock

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
)

// newEngine makes GoMLX's engine. It runs the operations of a graph one after another: side by
// side, products that wait for each other's workers hang.
func newEngine() (compute.Backend, error) { return gobackend.New("ops_sequential") }
