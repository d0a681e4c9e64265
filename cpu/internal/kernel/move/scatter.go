package move

import (
	"fmt"
	"slices"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/kernel/vec"
)

// ScatterSpec describes a ScatterSum, ScatterMax or ScatterMin of contiguous arrays, with the
// attributes of the operation of package compute. Updates are applied in their order, so
// that sums of duplicates are the same on any number of threads. What would fall outside the
// operand is left out, element by element.
type ScatterSpec struct {
	// Op is the operation, on elements of Type.
	Op   compute.OpType
	Type dtypes.DType

	// Operand, Indices and Updates are dimensions, Index is the type of the indices.
	Operand, Indices, Updates []int
	Index                     dtypes.DType

	// The attributes of the operation.
	IndexVectorAxis                             int
	UpdateWindowAxes, InsertedAxes, OperandAxes []int
}

// windowLoop is an axis of the operand, or several that a window covers without gaps, as the
// loop over a window sees it. Lengths are in elements.
type windowLoop struct {
	n, limit   int // of the window and of the operand
	scale      int // from one start index to the next
	coordinate int // of the index vector, or −1 if the window begins at 0
	dst, src   int // bytes from one element to the next
}

type scatter struct {
	noMemory
	spec    ScatterSpec
	combine vec.Fn
	indices *pointing
	batch   []int // strides of the batch axes in the updates, in bytes
	loops   []windowLoop
	split   int // the loop whose range in the operand is dealt to units
	units   int
	whole   *mover
}

// NewScatter makes the kernel of a scatter, or nil for a type that has none. Arguments: the
// result, which may have the operand's memory, the operand, the indices, the updates.
func NewScatter(l isa.Level, s ScatterSpec) kernel.Kernel {
	op := map[compute.OpType]compute.OpType{compute.OpTypeScatterSum: compute.OpTypeAdd,
		compute.OpTypeScatterMax: compute.OpTypeMax, compute.OpTypeScatterMin: compute.OpTypeMin}[s.Op]
	k := &scatter{spec: s, combine: vec.Lookup(l, op, s.Type), indices: newPointing(s.Index, s.Indices, s.IndexVectorAxis)}
	if k.combine == nil {
		return nil
	}
	size := s.Type.Size()
	strides, updates := rowMajor(s.Operand), rowMajor(s.Updates)
	k.whole = newMover(l, size, s.Operand, strides, strides)
	for _, axis := range others(len(s.Updates), s.UpdateWindowAxes) {
		k.batch = append(k.batch, updates[axis]*size)
	}
	window := slices.Clone(s.UpdateWindowAxes)
	for axis, limit := range s.Operand {
		a := windowLoop{n: 1, limit: limit, scale: 1, coordinate: slices.Index(s.OperandAxes, axis), dst: strides[axis] * size}
		if !slices.Contains(s.InsertedAxes, axis) {
			a.n, a.src = s.Updates[window[0]], updates[window[0]]*size
			window = window[1:]
		}
		k.add(a)
	}
	k.deal(size)
	return k
}

// add appends a loop, joined to the one before if the window covers its axis of the operand.
func (k *scatter) add(a windowLoop) {
	if n := len(k.loops); n > 0 && a.coordinate < 0 && a.n == a.limit {
		if b := &k.loops[n-1]; b.n == 1 || b.src == a.n*a.src {
			*b = windowLoop{n: b.n * a.n, limit: b.limit * a.n, scale: b.scale * a.n, coordinate: b.coordinate, dst: a.dst, src: a.src}
			return
		}
	}
	k.loops = append(k.loops, a)
}

// deal chooses how the operand is dealt to units: along an axis that indices point into if
// there are many of them, else along the longest axis of the window.
func (k *scatter) deal(size int) {
	bytes := volume(k.spec.Updates) * size
	if bytes == 0 || volume(k.spec.Operand) == 0 || len(k.loops) == 0 {
		k.units = min(1, bytes)
		return
	}
	most := 0
	for i, a := range k.loops {
		parts := a.n / 16
		if a.coordinate >= 0 {
			parts = min(a.limit/a.scale, k.indices.count/16)
		}
		if parts > most {
			k.split, most = i, parts
		}
	}
	k.units = min(16, max(1, most), max(1, bytes/grain))
}

func (k *scatter) Name() string {
	return fmt.Sprintf("%v %v to %v at %v", k.spec.Op, k.spec.Updates, k.spec.Operand, k.spec.Indices)
}

func (k *scatter) Phases() []int { return []int{k.whole.units(), k.units} }

func (k *scatter) Run(_ *kernel.Worker, phase, lo, hi int, args []unsafe.Pointer) {
	if phase == 0 {
		if units := k.whole.units(); args[0] != args[1] {
			k.whole.run(args[0], args[1], part(k.whole.pieces, units, lo), part(k.whole.pieces, units, hi))
		}
		return
	}
	from, to := 0, 1
	if len(k.loops) > 0 {
		a := &k.loops[k.split]
		from, to = part(a.limit/a.scale, k.units, lo)*a.scale, part(a.limit/a.scale, k.units, hi)*a.scale
	}
	for b := range k.indices.count {
		k.apply(args, b, from, to)
	}
}

// apply combines the part of one window that lies in the range of the split loop.
func (k *scatter) apply(args []unsafe.Pointer, b, from, to int) {
	var n, at [maxLoops]int
	toDst, toSrc := 0, place(b, k.indices.batch, k.batch)
	for i := range k.loops {
		a := &k.loops[i]
		start, lo, hi := 0, 0, a.limit
		if a.coordinate >= 0 {
			c := k.indices.coordinate(args[2], b, a.coordinate)
			start = max(-a.n, min(c, a.limit)) * a.scale
		}
		if i == k.split {
			lo, hi = from, to
		}
		first, last := max(start, lo), min(start+a.n, hi)
		if first >= last {
			return
		}
		n[i] = last - first
		toDst, toSrc = toDst+first*a.dst, toSrc+(first-start)*a.src
	}
	dst, src := unsafe.Add(args[0], toDst), unsafe.Add(args[3], toSrc)
	last := len(k.loops) - 1
	run := 1
	if size := k.spec.Type.Size(); last >= 0 && k.loops[last].dst == size && (k.loops[last].src == size || n[last] == 1) {
		run = n[last]
		last--
	}
	for d, u := 0, 0; ; { // bytes from the window's first elements
		to := unsafe.Add(dst, d)
		k.combine(to, to, unsafe.Add(src, u), nil, run)
		i := last
		for ; i >= 0; i-- {
			a := &k.loops[i]
			d, u = d+a.dst, u+a.src
			if at[i]++; at[i] < n[i] {
				break
			}
			d, u = d-n[i]*a.dst, u-n[i]*a.src
			at[i] = 0
		}
		if i < 0 {
			return
		}
	}
}
