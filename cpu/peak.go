package cpu

import (
	"sync"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel/gemm"
)

// Peak measures how many floating-point operations of a dtype (Float32 or Float64) a second so
// many cores do at best, at the same time, with the machine's widest instructions: a fused
// multiply-add counts as two.
func Peak(threads int, dt dtypes.DType) float64 {
	each := make([]float64, threads)
	var ready, done sync.WaitGroup
	ready.Add(threads)
	for i := range each {
		done.Go(func() {
			ready.Done()
			ready.Wait()
			each[i] = gemm.Peak(isa.Best(), dt)
		})
	}
	done.Wait()
	total := 0.
	for _, v := range each {
		total += v
	}
	return total
}
