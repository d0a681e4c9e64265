package cpu_test

import (
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/support/backendtest"

	"github.com/elbo-go/elbo/cpu"
)

// TestCompliance runs the suite that package compute has for all backends, in every mode.
// No graph of it may be left to another engine as a whole.
func TestCompliance(t *testing.T) {
	for _, config := range []string{"", "threads=1,isa=avx2", "threads=3,isa=go", "unfused", "stock"} {
		t.Run("elbo:"+config, func(t *testing.T) {
			b, err := cpu.New(config)
			if err != nil {
				if !strings.Contains(err.Error(), "which this machine or build lacks") {
					t.Fatal(err)
				}
				t.Skip(err)
			}
			backendtest.RunAll(t, b, nil)
			if config != "stock" {
				compiledAll(t, b)
			}
			t.Logf("%+v", b.(*cpu.Backend).Stats())
			b.Finalize()
		})
	}
}

// compiledAll fails where the compiler gave a whole graph up: it then ran on GoMLX's engine, and
// a comparison of results would say nothing of this one.
func compiledAll(t *testing.T, b compute.Backend) {
	t.Helper()
	for what, n := range b.(*cpu.Backend).Stats().Fallback {
		if strings.HasPrefix(what, "graph (") {
			t.Errorf("%s: %d times: %s", b.Description(), n, what)
		}
	}
}
