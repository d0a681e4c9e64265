package lower

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
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
	var ins []plan.Arg
	for _, v := range n.In {
		ins = append(ins, b.arg(v))
	}
	b.emit(k, b.outputs(n), ins, elementwise(spec, ins)...)
	return nil
}

// tile makes the kernel of a region.
func (b *builder) tile(spec tile.Spec) (kernel.Kernel, error) {
	k, err := tile.New(b.Level, spec)
	if err != nil {
		return nil, errRefused
	}
	return k, nil
}

// copy emits a step that copies an array of the given strides to a row-major one.
func (b *builder) copy(to, from plan.Arg, t dtypes.DType, dims, strides []int) error {
	return b.place(to, ir.RowMajor(dims), from, t, dims, strides)
}

// place emits a step that copies an array from one set of strides to another.
func (b *builder) place(to plan.Arg, toStrides []int, from plan.Arg, t dtypes.DType, dims, strides []int) error {
	if slices.Contains(dims, 0) {
		return nil
	}
	t, dims, toStrides, strides = words(t, dims, toStrides, strides)
	spec := tile.Spec{
		Dims:   dims,
		Loads:  []tile.Load{{DType: t, Strides: strides}},
		Stores: []tile.Store{{Reg: 0, DType: t, Strides: toStrides}},
	}
	k, err := b.tile(spec)
	if err != nil {
		return err
	}
	ins := []plan.Arg{from}
	b.emit(k, []plan.Arg{to}, ins, elementwise(spec, ins)...)
	return nil
}

// words replaces a type by an unsigned integer of its size, since a copy only moves bits; an
// element of 16 bytes becomes two.
func words(t dtypes.DType, dims, a, b []int) (dtypes.DType, []int, []int, []int) {
	switch t.Size() {
	case 1:
		return dtypes.Uint8, dims, a, b
	case 2:
		return dtypes.Uint16, dims, a, b
	case 4:
		return dtypes.Uint32, dims, a, b
	case 8:
		return dtypes.Uint64, dims, a, b
	}
	twice := func(s []int) []int {
		out := make([]int, 0, len(s)+1)
		for _, x := range s {
			out = append(out, 2*x)
		}
		return append(out, 1)
	}
	return dtypes.Uint64, append(slices.Clone(dims), 2), twice(a), twice(b)
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
