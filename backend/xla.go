//go:build xla && cgo

package backend

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/go-xla/compute/xla"
)

// XLA loads a PJRT plug-in that is already on the machine. The automatic installer of the
// XLA binding is not linked, so nothing is downloaded.
func init() {
	openers["xla"] = func(config string) (compute.Backend, error) { return xla.New(config) }
}
