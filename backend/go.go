//go:build amd64 || arm64 || loong64 || mips64 || mips64le || ppc64 || ppc64le || riscv64 || s390x || wasm

package backend

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
)

// oneByOne makes the stock backend run the operations of a graph in sequence, each on all
// threads. Run side by side, matrix products that wait for each other's workers hang.
const oneByOne = "ops_sequential,"

func init() {
	openers["go"] = func(config string) (compute.Backend, error) { return gobackend.New(oneByOne + config) }
}
