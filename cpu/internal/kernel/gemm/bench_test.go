package gemm

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
	"unsafe"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/isa"
)

// BenchmarkMicro runs each micro-kernel on operands in the L1 cache, for every other number
// of rows; "peak" is the fraction of the peak measured in the same run.
func BenchmarkMicro(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, l := range isa.Available() {
		for _, m := range Kernels(l, dtypes.Float32) {
			for rows := m.Rows; rows > 0; rows-- {
				b.Run(fmt.Sprintf("%v/%dx%d", l, rows, m.Cols), func(b *testing.B) {
					const k = 128
					x, y := newMatrix[float32](b, r, rows, k, 3), newMatrix[float32](b, r, k, m.Cols, 16)
					z := newMatrix[float32](b, r, rows, m.Cols, 0)
					t := &Tile{A: x.p, B: y.p, C: z.p, ARow: x.stride(), ACol: unsafe.Sizeof(float32(0)),
						BRow: y.stride(), CRow: z.stride(), K: k, Segs: 1, Rows: rows, Cols: m.Cols}
					reportPeak(b, l, 2*rows*m.Cols*k, func() { m.Do(t) })
				})
			}
		}
	}
}

// reportPeak measures f by the fastest of short runs.
func reportPeak(b *testing.B, l isa.Level, flop int, f func()) {
	best := time.Duration(1 << 62)
	calls := max(1, 4000000/flop)
	for b.Loop() {
		start := time.Now()
		for range calls {
			f()
		}
		best = min(best, time.Since(start))
	}
	speed := float64(flop*calls) / best.Seconds()
	b.ReportMetric(speed/1e9, "GFLOP/s")
	b.ReportMetric(100*speed/Peak(l, dtypes.Float32), "%peak")
}
