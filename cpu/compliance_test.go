//go:build compliance

package cpu_test

import (
	"testing"

	"github.com/gomlx/compute/support/backendtest"

	"github.com/elbo-go/elbo/cpu"
)

// TestCompliance runs the suite that package compute has for all backends.
func TestCompliance(t *testing.T) {
	b, err := cpu.New("")
	if err != nil {
		t.Fatal(err)
	}
	backendtest.RunAll(t, b, nil)
}
