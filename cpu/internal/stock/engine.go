// Package stock runs graphs, or single nodes, on GoMLX's own Go engine. It is the engine's
// fallback for operations that it does not compile, and the reference in tests.
//
// What that engine lacks or does wrongly (negative and interior padding, slices at run-time
// positions, attention with its gradient) is spelled out in operations that it has.
package stock

import (
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
	"github.com/pkg/errors"
)

// engine is the one instance of GoMLX's engine. It runs the operations of a graph one after
// another: side by side, products that wait for each other's workers hang.
var engine = sync.OnceValues(func() (compute.Backend, error) { return gobackend.New("ops_sequential") })

// guard turns a panic of the other engine into an error.
func guard(what string, err *error) {
	if r := recover(); r != nil {
		*err = errors.Errorf("stock: %s: %v", what, r)
	}
}
