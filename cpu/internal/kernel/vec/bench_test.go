package vec_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/kernel/vec"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
)

// tile is the length of the benchmarks' runs.
const tile = 1024

// perElement reports the time for each element of a tile.
func perElement(b *testing.B, f func()) {
	for b.Loop() {
		f()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/tile, "ns/element")
	b.ReportMetric(0, "ns/op")
}

// uniform allocates a tile of float32 between low and high.
func uniform(low, high float32, n int) unsafe.Pointer {
	p := kernel.Alloc(4 * n)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		*(*float32)(unsafe.Add(p, 4*i)) = low + (high-low)*rng.Float32()
	}
	return p
}

func BenchmarkElementwise(b *testing.B) {
	x, y, z, dst := uniform(0.1, 4, tile), uniform(0.1, 4, tile), uniform(0.1, 4, tile), kernel.Alloc(4*tile)
	for _, op := range []compute.OpType{
		compute.OpTypeAdd, compute.OpTypeDiv, compute.OpTypeMax, compute.OpTypeSqrt, compute.OpTypeLessThan, compute.OpTypeWhere,
		compute.OpTypeExp, compute.OpTypeExpm1, compute.OpTypeLog, compute.OpTypeLog1p, compute.OpTypeTanh, compute.OpTypeLogistic,
		compute.OpTypeErf, compute.OpTypeSin, compute.OpTypePow,
	} {
		for _, l := range isa.Available() {
			fn := vec.Lookup(l, op, dtypes.Float32)
			b.Run(fmt.Sprintf("%v/%v", op, l), func(b *testing.B) { perElement(b, func() { fn(dst, x, y, z, tile) }) })
		}
	}
}
