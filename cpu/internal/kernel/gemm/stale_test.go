package gemm

import (
	"testing"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/kernel/kerneltest"
)

// Products large enough to be packed, and of few elements by long sums, whose parts are added up.
func TestTheCollectorSeesNoPointerToNothing(t *testing.T) {
	for _, m := range [][3]int{{64, 64, 64}, {7, 300, 40}, {4, 8, 9000}} {
		rows, cols, terms := m[0], m[1], m[2]
		s := Spec{DType: dtypes.Float32, M: rows, N: cols, K: terms, A: Stride{terms, 1}, B: Stride{cols, 1}, C: Stride{cols, 1}, ArgA: 1, ArgB: 2}
		kerneltest.Stale(New(isa.Best(), s), 1000, kernel.Alloc(4*rows*cols), kernel.Alloc(4*rows*terms), kernel.Alloc(4*terms*cols))
	}
}
