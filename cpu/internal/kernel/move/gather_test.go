package move

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"github.com/gomlx/compute/dtypes"
	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

var indexTypes = []dtypes.DType{dtypes.Int8, dtypes.Int16, dtypes.Int32, dtypes.Int64, dtypes.Uint8, dtypes.Uint16, dtypes.Uint32, dtypes.Uint64}

// writeIndex stores an index, as it is in the type.
func writeIndex(dt dtypes.DType, p unsafe.Pointer, i, v int) { writer(dt)(p, i, v) }

// geometry is what gathers and scatters have in common: an operand, windows in it, and index
// vectors that point to them.
type geometry struct {
	operand, sizes []int // sizes of a window in every axis of the operand
	dropped        []int // axes of the operand that windows leave out
	pointed        []int // axes of the operand that coordinates point into
	batch          []int
	vectorAxis     int   // in the indices
	indices        []int // dimensions
	windowAxes     []int // axes of the result or updates that belong to the window
	result         []int
	index          dtypes.DType
}

func drawGeometry(t *rapid.T, rng *rand.Rand) geometry {
	g := geometry{operand: drawDims(t, rng, 0, 4, 400), batch: drawDims(t, rng, 0, 3, 60), index: indexTypes[rng.IntN(8)]}
	var window []int
	for axis, n := range g.operand {
		size := n
		if rng.IntN(2) == 0 {
			size = 1 + rng.IntN(n)
		}
		if rng.IntN(3) == 0 {
			size = 1
			g.dropped = append(g.dropped, axis)
		} else {
			window = append(window, size)
		}
		g.sizes = append(g.sizes, size)
	}
	g.pointed = rng.Perm(len(g.operand))[:rng.IntN(len(g.operand)+1)]
	g.vectorAxis = rng.IntN(len(g.batch) + 1)
	g.indices = slices.Insert(slices.Clone(g.batch), g.vectorAxis, len(g.pointed))
	if len(g.pointed) == 1 && g.vectorAxis == len(g.batch) && rng.IntN(2) == 0 {
		g.indices = g.batch
	}
	rank := len(g.batch) + len(window)
	g.windowAxes = rng.Perm(rank)[:len(window)]
	slices.Sort(g.windowAxes)
	b, w := g.batch, window
	for axis := range rank {
		if slices.Contains(g.windowAxes, axis) {
			g.result, w = append(g.result, w[0]), w[1:]
		} else {
			g.result, b = append(g.result, b[0]), b[1:]
		}
	}
	return g
}

// fill writes random indices, some of them outside the operand.
func (g *geometry) fill(rng *rand.Rand, p unsafe.Pointer) {
	for i := range volume(g.indices) {
		writeIndex(g.index, p, i, rng.IntN(24)-4)
		if rng.IntN(20) == 0 {
			writeIndex(g.index, p, i, 1<<62)
		}
	}
}

// coordinates reads the index vector of a batch index.
func (g *geometry) coordinates(p unsafe.Pointer, batch []int) (c []int) {
	for i := range g.pointed {
		at := slices.Insert(slices.Clone(batch), g.vectorAxis, i)
		dims := g.indices
		if len(dims) == len(g.batch) {
			dims = append(slices.Clone(dims), 1)
		}
		c = append(c, reader(g.index)(p, dot(at, rowMajor(dims))))
	}
	return c
}

// each visits the elements of the result or updates: their number, the start of their window as
// the indices have it, and their place in the window.
func (g *geometry) each(indices unsafe.Pointer, visit func(i int, start, within []int)) {
	i := 0
	eachIndex(g.result, func(index []int) {
		var batch, window []int
		for axis, k := range index {
			if slices.Contains(g.windowAxes, axis) {
				window = append(window, k)
			} else {
				batch = append(batch, k)
			}
		}
		start, within := make([]int, len(g.operand)), make([]int, len(g.operand))
		for c, v := range g.coordinates(indices, batch) {
			start[g.pointed[c]] = v
		}
		for axis := range within {
			if !slices.Contains(g.dropped, axis) {
				within[axis], window = window[0], window[1:]
			}
		}
		visit(i, start, within)
		i++
	})
}

func TestGatherTakesClampedWindows(t *testing.T) {
	eachLevel(t, func(t *testing.T, l isa.Level) {
		rapid.Check(t, func(t *rapid.T) {
			rng := newRand(t)
			g := drawGeometry(t, rng)
			s := GatherSpec{Size: sizes[rng.IntN(5)], Operand: g.operand, Indices: g.indices, Index: g.index, IndexVectorAxis: g.vectorAxis,
				OffsetOutputAxes: g.windowAxes, CollapsedAxes: g.dropped, StartIndexMap: g.pointed, Sizes: g.sizes}
			n, total := volume(g.operand), volume(g.result)
			src, dst, want := buffer(t, n*s.Size, true), buffer(t, total*s.Size, true), kernel.Alloc(total*s.Size)
			indices := buffer(t, volume(g.indices)*g.index.Size(), true)
			random(rng, src, n*s.Size)
			g.fill(rng, indices)
			g.each(indices, func(i int, start, within []int) {
				from := 0
				for axis, n := range g.operand {
					from = from*n + max(0, min(start[axis], n-g.sizes[axis])) + within[axis]
				}
				copy(elem(want, s.Size, i), elem(src, s.Size, from))
			})
			k := NewGather(l, s)
			runShuffled(rng, k, dst, src, indices)
			same(t, name(s), dst, want, s.Size, total)
		})
	})
}

// rowsOf is the gather of whole rows of a table.
func rowsOf(table, width, rows int) GatherSpec {
	return GatherSpec{Size: 4, Operand: []int{table, width}, Indices: []int{rows, 1}, Index: dtypes.Int32, IndexVectorAxis: 1,
		OffsetOutputAxes: []int{1}, CollapsedAxes: []int{0}, StartIndexMap: []int{0}, Sizes: []int{1, width}}
}

func TestRowsOfATableAreGathered(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	eachLevel(t, func(t *testing.T, l isa.Level) {
		for _, width := range []int{1, 3, 15, 16, 17, 100, 784} {
			s := rowsOf(50, width, 33)
			src, indices, dst := buffer(t, 50*width*4, true), buffer(t, 33*4, true), buffer(t, 33*width*4, true)
			random(rng, src, 50*width*4)
			for i := range 33 {
				*at[int32](indices, i) = int32(rng.IntN(60) - 5)
			}
			k := NewGather(l, s)
			runShuffled(rng, k, dst, src, indices)
			for i := range 33 {
				row := max(0, min(int(*at[int32](indices, i)), 49))
				if got, want := text(unsafe.Add(dst, i*width*4), width*4), text(unsafe.Add(src, row*width*4), width*4); got != want {
					t.Fatalf("%s: row %d: got %x, want %x", k.Name(), i, got, want)
				}
			}
		}
	})
}

// BenchmarkGatherRows gathers minibatches, each at other rows of a table larger than the cache.
func BenchmarkGatherRows(b *testing.B) {
	const table, width, rows, batches = 60000, 784, 128, 256
	src, dst := kernel.Alloc(table*width*4), kernel.Alloc(rows*width*4)
	random(rand.New(rand.NewPCG(1, 1)), src, 1<<20)
	for i := 0; i < table*width*4; i += 4096 {
		*(*byte)(unsafe.Add(src, i)) = 1
	}
	rng := rand.New(rand.NewPCG(5, 6))
	indices := kernel.Alloc(batches * rows * 4)
	for i := range batches * rows {
		*at[int32](indices, i) = int32(rng.IntN(table))
	}
	for _, l := range isa.Available() {
		b.Run(fmt.Sprint(l), func(b *testing.B) {
			k := NewGather(l, rowsOf(table, width, rows))
			b.SetBytes(2 * rows * width * 4)
			i := 0
			for b.Loop() {
				args := []unsafe.Pointer{dst, src, unsafe.Add(indices, i%batches*rows*4)}
				k.Run(nil, 0, 0, k.Phases()[0], args)
				i++
			}
		})
	}
}
