package tile

import (
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel/vec"
)

// flushEvery is the mean number of tiles that a level of accumulators takes in before it is
// added to the next level, so that long sums lose little.
const flushEvery = 64

// reduction is a store of a reduction, with its accumulators.
//
// The accumulators, one for every result that the loops from dimension open on can reach, are
// the window. It is cleared when the loop over dimension open begins and written out when
// it ends. Sums of floats have three levels of windows: tiles go to the first, after flushEvery
// rounds it goes to the second, and so on.
type reduction struct {
	reduce
	ops    accOps
	open   int   // the outermost dimension whose loop the window outlives, at least p
	ext    []int // of the window, for the dimensions from open on: 0 where they are reduced
	last   int   // the last dimension of the window that is not reduced
	step   []int // accumulators from one index to the next; 0 where reduced
	window int   // accumulators
	lanes  int   // windows of the first level: one for every row of a tile, if tiles are as wide, so that a tile is taken in at once
	period int   // tiles between two flushes
	levels int
	offset int // bytes to the first level's window in scratch memory

	partial   bool // units have partial results, merged in a second phase
	cellCount int  // results
	cellStep  []int
	base      int // bytes from the shared memory's begin to the partial results
}

// accOps are the operations on accumulators of one reduction.
type accOps struct {
	size    int
	across  vec.Reducer // accumulator and elements
	merge   vec.Fn      // accumulators, one by one
	fill    vec.Fn
	copy    vec.Fn
	narrow  vec.Fn // to the type that is stored, if that is another
	far     vec.Strided
	neutral [8]byte
}

func newAccOps(l isa.Level, op compute.OpType, acc, stored dtypes.DType) accOps {
	o := accOps{
		size:   acc.Size(),
		across: vec.Reduce(l, op, acc),
		merge:  vec.Lookup(l, merger(op, acc), acc),
		fill:   vec.Fill(l, acc.Size()),
		copy:   vec.Copy(l, acc.Size()),
		far:    vec.StridedStore(l, stored.Size()),
	}
	if acc != stored {
		o.narrow = vec.Convert(l, acc, stored)
	}
	vec.Neutral(op, acc, unsafe.Pointer(&o.neutral))
	return o
}

// newReduction decides where accumulators live.
func (r *region) newReduction(l isa.Level, x reduce) reduction {
	p, q := len(r.dims)-2, len(r.dims)-1
	red := reduction{reduce: x, ops: newAccOps(l, x.op, x.acc, x.dt), levels: 1, lanes: 1}
	for red.open < p && !x.over[red.open] {
		red.open++
	}
	if red.open == p && !x.over[p] {
		red.open = q
	}
	red.partial = x.over[r.unitDim]
	if (x.acc == dtypes.Float32 || x.acc == dtypes.Float64) && x.op == compute.OpTypeReduceSum {
		red.levels = 3
	}
	red.extents(r)
	if x.over[p] && !x.over[q] && red.window == r.cols {
		red.lanes = r.rows
	}
	red.cellCount = x.cells(r.dims, 0)
	red.cellStep = contiguous(r.dims, x.over)
	return red
}

// extents sets the window's size and the time between flushes.
func (red *reduction) extents(r *region) {
	p, q := len(r.dims)-2, len(r.dims)-1
	red.ext = make([]int, len(r.dims))
	rounds := 1
	for d := min(red.open, p); d < len(r.dims); d++ {
		length, tile := r.dims[d], 1
		switch {
		case d == q:
			tile = r.cols
		case d == p && red.open == q:
			length, tile = r.rows, r.rows
		case d == p:
			tile = r.rows
		}
		if d == r.unitDim && !(d == p && red.open == q) {
			length = min(length, (r.pieces+r.units-1)/r.units*r.grain)
		}
		red.ext[d] = length
		if red.over[d] {
			red.ext[d] = 0
		} else {
			rounds *= (length + tile - 1) / tile
		}
	}
	red.step = make([]int, len(r.dims))
	red.window = 1
	for d := len(r.dims) - 1; d >= 0; d-- {
		if red.ext[d] > 0 {
			red.step[d] = red.window
			red.window *= red.ext[d]
			red.last = max(red.last, d)
		}
	}
	red.period = flushEvery * rounds
}

// contiguous gives the steps of results that lie side by side; 0 where reduced.
func contiguous(dims []int, over []bool) []int {
	step, size := make([]int, len(dims)), 1
	for d := len(dims) - 1; d >= 0; d-- {
		if !over[d] {
			step[d] = size
			size *= dims[d]
		}
	}
	return step
}

// place reserves scratch and shared memory.
func (r *region) place(red *reduction) {
	red.offset = r.scratch
	r.scratch += align(red.window * red.lanes * red.ops.size)
	r.scratch += (red.levels - 1) * align(red.window*red.ops.size)
	if red.partial {
		red.base = r.shared
		r.shared += align(r.units * red.cellCount * red.ops.size)
		r.merges = min(maxUnits, max(r.merges, red.cellCount*r.units*red.ops.size/unitWork, 1))
	}
}

// level is the window of a level.
func (red *reduction) level(m *machine, i int) unsafe.Pointer {
	at := red.offset
	if i > 0 {
		at += align(red.window*red.lanes*red.ops.size) + (i-1)*align(red.window*red.ops.size)
	}
	return unsafe.Add(m.scratch, at)
}
