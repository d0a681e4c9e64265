package conv

import (
	"testing"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/kernel/kerneltest"
)

func TestTheCollectorSeesNoPointerToNothing(t *testing.T) {
	for _, s := range []Spec{square(1, 12, 4, 20, 5, 1, true), square(1, 12, 4, 2, 5, 2, false), inputGradient(square(1, 12, 4, 2, 4, 2, true))} {
		outs, ins, kers := sizes(s)
		kerneltest.Stale(New(isa.Best(), s), 3000, kernel.Alloc(4*outs), kernel.Alloc(4*ins), kernel.Alloc(4*kers))
	}
}
