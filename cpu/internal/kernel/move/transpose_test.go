package move

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"unsafe"

	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// TestTransposersMoveEveryElement compares with a copy element by element, for distances in both
// directions, and finds everything beside the matrix as it was.
func TestTransposersMoveEveryElement(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom([]int{1, 2, 4, 8, 16}).Draw(t, "size")
		rows, cols := rapid.IntRange(0, 70).Draw(t, "rows"), rapid.IntRange(0, 70).Draw(t, "cols")
		dstRow, srcCol := (cols+rapid.IntRange(0, 3).Draw(t, "gap"))*size, (rows+rapid.IntRange(0, 3).Draw(t, "gap of the source"))*size
		room := 80 * 80 * size
		src, dst, want := kernel.Alloc(room), kernel.Alloc(room), make([]byte, room)
		rng := rand.New(rand.NewPCG(5, 6))
		for i := range room {
			*at[byte](src, i), *at[byte](dst, i) = byte(rng.Uint32()), byte(rng.Uint32())
		}
		first, begin := 0, 0
		if rapid.Bool().Draw(t, "upwards") {
			first, dstRow = max(0, rows-1)*dstRow, -dstRow
		}
		if rapid.Bool().Draw(t, "backwards") {
			begin, srcCol = max(0, cols-1)*srcCol, -srcCol
		}
		copy(want, span[byte](dst, room))
		for r := range rows {
			for c := range cols {
				copy(want[first+r*dstRow+c*size:][:size], span[byte](unsafe.Add(src, begin+r*size+c*srcCol), size))
			}
		}
		l := rapid.SampledFrom(isa.Available()).Draw(t, "level")
		Transposer(l, size)(unsafe.Add(dst, first), unsafe.Add(src, begin), dstRow, srcCol, rows, cols)
		if !bytes.Equal(span[byte](dst, room), want) {
			t.Fatalf("%v: %d×%d elements of %d bytes: got others than one by one", l, rows, cols, size)
		}
	})
}
