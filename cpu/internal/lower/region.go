package lower

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/kernel/move"
	"github.com/elbo-go/elbo/cpu/internal/kernel/tile"
	"github.com/elbo-go/elbo/cpu/internal/plan"
)

func init() { register(fused, ir.OpRegion) }

// fused lowers a region that a pass has made.
func fused(b *builder, n *ir.Node) error { return b.region(n, *n.Attr.(*tile.Spec)) }

// region computes a node by a step of the elementwise machine.
func (b *builder) region(n *ir.Node, spec tile.Spec) error {
	k, err := b.tile(spec)
	if err != nil {
		return err
	}
	ins := b.args(n.In)
	b.emit(k, b.outputs(n), ins, elementwise(spec, ins)...)
	return nil
}

// tile makes the kernel of a region.
func (b *builder) tile(spec tile.Spec) (kernel.Kernel, error) {
	k, err := tile.New(b.Level, spec)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errRefused, err)
	}
	return k, nil
}

// copy emits a step that copies an array of the given strides to a row-major one.
func (b *builder) copy(to, from plan.Arg, t dtypes.DType, dims, strides []int) {
	if slices.Contains(dims, 0) {
		return
	}
	bytes, row := t.Size(), ir.RowMajor(dims)
	if t.IsPacked() {
		bytes, dims, row, strides = 1, []int{t.SizeForDimensions(dims...)}, []int{1}, []int{1}
	}
	k := move.NewCopy(b.Level, move.CopySpec{Size: bytes, Dims: dims, Dst: row, Src: strides})
	var same []pair
	if sameElements(dims, row, strides) {
		same = append(same, pair{0, 0})
	}
	b.emit(k, []plan.Arg{to}, []plan.Arg{from}, same...)
}

// elementwise lists the stores and loads of a region that may be one piece of memory: each
// element of the store lies where the load has just read the same element, and no other load
// reads that memory by another path.
func elementwise(spec tile.Spec, ins []plan.Arg) []pair {
	var out []pair
	for o, s := range spec.Stores {
		if s.Reduce != compute.OpTypeInvalid {
			continue
		}
		for i, l := range spec.Loads {
			if l.DType.Size() == s.DType.Size() && sameElements(spec.Dims, s.Strides, l.Strides) &&
				onlyReader(spec, ins, i) {
				out = append(out, pair{o, i})
			}
		}
	}
	return out
}

// onlyReader reports whether all loads from the buffer of load i read it as load i does.
func onlyReader(spec tile.Spec, ins []plan.Arg, i int) bool {
	for j, l := range spec.Loads {
		if ins[j].Buffer == ins[i].Buffer && (ins[j] != ins[i] || l.DType.Size() != spec.Loads[i].DType.Size() ||
			!sameElements(spec.Dims, l.Strides, spec.Loads[i].Strides)) {
			return false
		}
	}
	return true
}

// sameElements reports whether two lists of strides lead to the same places, no two elements to
// the same one.
func sameElements(dims, a, b []int) bool {
	for i, d := range dims {
		if d > 1 && (a[i] != b[i] || a[i] == 0) {
			return false
		}
	}
	return true
}

// broadcastStrides gives the strides with which an operand is read in an elementwise operation
// over dims: scalars and axes of length 1 are repeated.
func (b *builder) broadcastStrides(v *ir.Value, dims []int) []int {
	if v.Shape.IsScalar() {
		return make([]int, len(dims))
	}
	out := slices.Clone(b.strides(v))
	for i, d := range v.Shape.Dimensions {
		if d == 1 {
			out[i] = 0
		}
	}
	return out
}
