//go:build amd64 && !noasm

package pool

import (
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
)

//go:generate go run -C ../../avo ./pool -pkg pool -out ../kernel/pool/zz_select_amd64.s -stubs ../kernel/pool/zz_select_amd64.go

// maxRun is the number of windows that go to one call, which is not preempted.
const maxRun = 1024

// native returns the picker of float32 in assembly; nil where there is none.
func native(l isa.Level, smallest bool) picker {
	switch {
	case l == isa.AVX512 && smallest:
		return inRuns(leastAVX512, 1, least[float32])
	case l == isa.AVX512:
		return inRuns(largestAVX512, 1, largest[float32])
	case l == isa.AVX2 && smallest:
		return inRuns(leastAVX2, 8, least[float32])
	case l == isa.AVX2:
		return inRuns(largestAVX2, 8, largest[float32])
	}
	return nil
}

// inRuns calls an assembly routine on runs that are multiples of a number of lanes, and leaves
// the rest to the plain loop.
func inRuns(f func(x, source, out *float32, offsets *int, taps, n int), lanes int, plain picker) picker {
	return func(x, source, out unsafe.Pointer, offsets []int, n int) {
		list := unsafe.SliceData(offsets)
		whole := n - n%lanes
		for i := 0; i < whole; i += maxRun {
			f(elem[float32](x, i), elem[float32](source, i), elem[float32](out, i), list, len(offsets), min(maxRun, whole-i))
		}
		if whole < n {
			plain(unsafe.Add(x, 4*whole), unsafe.Add(source, 4*whole), unsafe.Add(out, 4*whole), offsets, n-whole)
		}
	}
}
