// Package stock runs graphs, or single nodes, on GoMLX's own Go engine. It is the engine's
// fallback for operations that it does not compile, and the reference in tests.
//
// What that engine lacks or does wrongly (negative and interior padding, slices at run-time
// positions, attention with its gradient) is spelled out in operations that it has.
package stock

import (
	"sync"

	"github.com/pkg/errors"
)

// engine is the one instance of GoMLX's engine.
var engine = sync.OnceValues(newEngine)

// guard turns a panic of the other engine into an error.
func guard(what string, err *error) {
	if r := recover(); r != nil {
		*err = errors.Errorf("stock: %s: %v", what, r)
	}
}
