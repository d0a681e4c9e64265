package cpu_test

import (
	"testing"

	"github.com/gomlx/compute/support/backendtest"

	"github.com/elbo-go/elbo/cpu"
)

// TestCompliance runs the suite that package compute has for all backends, in every mode.
// The suite needs a module that this one does not; compliance.sh names it.
func TestCompliance(t *testing.T) {
	for _, config := range []string{"", "threads=1,isa=avx2", "threads=3,isa=go", "unfused", "stock"} {
		t.Run("elbo:"+config, func(t *testing.T) {
			b, err := cpu.New(config)
			if err != nil {
				t.Skip(err) // an instruction set that the machine lacks
			}
			backendtest.RunAll(t, b, nil)
			t.Logf("%+v", b.(*cpu.Backend).Stats())
			b.Finalize()
		})
	}
}
