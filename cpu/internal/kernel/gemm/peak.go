package gemm

import (
	"time"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/isa"
)

// Peak measures the floating-point operations per second that the calling core can do at
// best, a fused multiply-add counted as two: the fastest of several short runs of a loop that
// touches no memory. It takes about a millisecond. For the portable level, whose arithmetic
// is scalar, the loop is eight independent sums of products in Go.
func Peak(l isa.Level, dt dtypes.DType) float64 {
	loop, flop := peakLoop(l, dt)
	if loop == nil {
		var sink float64
		loop, flop = func(n int) { sink += goPeak[float64](n) }, 2*8
		if dt == dtypes.Float32 {
			loop = func(n int) { sink += float64(goPeak[float32](n)) }
		}
	}
	const turns = 2000
	best := time.Duration(1 << 62)
	for range 64 {
		start := time.Now()
		loop(turns)
		best = min(best, time.Since(start))
	}
	return float64(turns*flop) / best.Seconds()
}

//go:noinline
func goPeak[T float32 | float64](n int) T {
	var a, b, c, d, e, f, g, h T
	x, y := T(0.5), T(1)
	for range n {
		a, b, c, d = a*x+y, b*x+y, c*x+y, d*x+y
		e, f, g, h = e*x+y, f*x+y, g*x+y, h*x+y
	}
	return a + b + c + d + e + f + g + h
}
