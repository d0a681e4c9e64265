// Package backend is the one place where a compute backend is chosen.
//
// A name is `elbo[:config]` (the engine of package cpu, the default), `go` (GoMLX's own engine
// in pure Go) or `xla[:plugin]` (build tag xla; the plug-in is a PJRT library given by absolute
// path, never downloaded).
package backend

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/gomlx/compute"
)

// Default is the backend that is used where none is named.
const Default = "elbo"

// openers holds, by name, what this build can open; build-tagged files add to it.
var openers = map[string]func(config string) (compute.Backend, error){}

var (
	mu     sync.Mutex
	opened = map[string]compute.Backend{}
)

// Names lists the backends of this build.
func Names() []string {
	names := make([]string, 0, len(openers))
	for n := range openers {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// Open returns the backend of a name such as "go" or "xla:/path/to/plugin.so"; "" means
// [Default]. One process holds at most one instance of each name.
func Open(name string) (b compute.Backend, err error) {
	if name == "" {
		name = Default
	}
	mu.Lock()
	defer mu.Unlock()
	if b, ok := opened[name]; ok {
		return b, nil
	}
	kind, config, _ := strings.Cut(name, ":")
	open, ok := openers[kind]
	if !ok {
		return nil, fmt.Errorf("backend: got %q, want one of %s%s", name, strings.Join(Names(), ", "), hint(kind))
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("backend: %s: %v", name, r)
		}
	}()
	if b, err = open(config); err != nil {
		return nil, fmt.Errorf("backend: %s: %w", name, err)
	}
	opened[name] = b
	return b, nil
}

// hint tells how to get a backend that exists but is not in this build.
func hint(kind string) string {
	if kind == "xla" {
		return " (xla needs a build with -tags xla and cgo)"
	}
	return ""
}

// WriteStats writes what the backends that were opened say of themselves: what they compiled,
// what fell back to another engine, where the time went.
func WriteStats(w io.Writer) error {
	mu.Lock()
	defer mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(opened)) {
		b, ok := opened[name].(interface{ WriteStats(io.Writer) error })
		if !ok {
			fmt.Fprintf(w, "backend %s keeps no statistics\n", name)
			continue
		}
		fmt.Fprintf(w, "backend %s: ", name)
		if err := b.WriteStats(w); err != nil {
			return err
		}
	}
	return nil
}
