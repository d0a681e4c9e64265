package move

import (
	"fmt"
	"unsafe"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// GatherSpec describes a Gather of contiguous arrays, with the attributes of the operation of
// that name of package compute. A start index is clamped so that the slice lies in the operand.
type GatherSpec struct {
	// Size is the number of bytes of an element.
	Size int

	// Operand and Indices are dimensions, Index is the type of the indices.
	Operand, Indices []int
	Index            dtypes.DType

	// The attributes of the operation.
	IndexVectorAxis                                       int
	OffsetOutputAxes, CollapsedAxes, StartIndexMap, Sizes []int
}

type gather struct {
	noMemory
	spec    GatherSpec
	indices *pointing
	limits  []int // largest start of each coordinate
	starts  []int // bytes in the operand from one start to the next, of each coordinate
	batch   []int // strides of the batch axes in the result, in bytes
	window  *mover
	row     int // bytes of a window that is contiguous on both sides, or 0
	ahead   func(dst, src, next unsafe.Pointer, n int)
	units   int
}

// NewGather makes the kernel of a gather. Arguments: the result, the operand, the indices.
func NewGather(l isa.Level, s GatherSpec) kernel.Kernel {
	k := &gather{spec: s, indices: newPointing(s.Index, s.Indices, s.IndexVectorAxis), ahead: CopyAhead(l)}
	strides := rowMajor(s.Operand)
	for _, axis := range s.StartIndexMap {
		k.limits = append(k.limits, s.Operand[axis]-s.Sizes[axis])
		k.starts = append(k.starts, strides[axis]*s.Size)
	}
	window := others(len(s.Operand), s.CollapsedAxes)
	rank := len(k.indices.batch) + len(window)
	batchAxes := others(rank, s.OffsetOutputAxes)
	out := make([]int, rank)
	for i, axis := range batchAxes {
		out[axis] = k.indices.batch[i]
	}
	dims := pick(s.Sizes, window)
	for i, axis := range s.OffsetOutputAxes {
		out[axis] = dims[i]
	}
	outStrides := rowMajor(out)
	for _, axis := range batchAxes {
		k.batch = append(k.batch, outStrides[axis]*s.Size)
	}
	k.window = newMover(l, s.Size, dims, pick(outStrides, s.OffsetOutputAxes), pick(strides, window))
	if m := k.window; m.pieces == 1 && m.row.n == 1 && m.col.dst == m.size && m.col.src == m.size {
		k.row = m.bytes
	}
	k.units = unitsOf(k.indices.count*k.window.pieces, k.indices.count*k.window.bytes)
	return k
}

func (k *gather) Name() string {
	return fmt.Sprintf("gather %v of %v at %v", k.spec.Sizes, k.spec.Operand, k.spec.Indices)
}

func (k *gather) Phases() []int { return []int{k.units} }

// start is the place in the operand, in bytes, of the window of a batch index.
func (k *gather) start(indices unsafe.Pointer, b int) (at int) {
	for c, limit := range k.limits {
		at += max(0, min(k.indices.coordinate(indices, b, c), limit)) * k.starts[c]
	}
	return at
}

func (k *gather) Run(_ *kernel.Worker, _, lo, hi int, args []unsafe.Pointer) {
	items := k.indices.count * k.window.pieces
	i, end := part(items, k.units, lo), part(items, k.units, hi)
	if k.row > 0 {
		k.rows(args, i, end)
		return
	}
	for i < end {
		b, first := i/k.window.pieces, i%k.window.pieces
		n := min(end-i, k.window.pieces-first)
		dst := unsafe.Add(args[0], place(b, k.indices.batch, k.batch))
		k.window.run(dst, unsafe.Add(args[1], k.start(args[2], b)), first, first+n)
		i += n
	}
}

// rows copies whole windows, fetching the next one meanwhile.
func (k *gather) rows(args []unsafe.Pointer, b, end int) {
	if b == end {
		return
	}
	src := unsafe.Add(args[1], k.start(args[2], b))
	for ; b < end; b++ {
		var next unsafe.Pointer
		if b+1 < end {
			next = unsafe.Add(args[1], k.start(args[2], b+1))
		}
		k.ahead(unsafe.Add(args[0], place(b, k.indices.batch, k.batch)), src, next, k.row)
		src = next
	}
}
