package pass

import (
	"slices"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/kernel/tile"
)

// reducible reports whether a region can hold a reduction: of what type it is.
func reducible(n *ir.Node) bool {
	dt := n.In[0].Shape.DType
	return dt == dtypes.Float32 || dt == dtypes.Float64 || dt.IsInt() || dt == dtypes.Bool
}

// region makes one node of a group. The values that somebody outside reads are its outputs;
// they stay the same values, so that their readers need not change, but not yet its definition.
func (f *fusion) region(gr *group) *ir.Node {
	r := &regionBuilder{fusion: f, group: gr, spec: &tile.Spec{Dims: gr.dims}, reg: map[*ir.Value]int{}, loaded: map[place]int{}}
	n := &ir.Node{Op: ir.OpRegion, Attr: r.spec}
	r.node = n
	for _, m := range gr.nodes {
		if over := rowView(m); over != nil {
			if f.group(over) != gr {
				r.load(m.Out[0])
			}
			continue
		}
		for _, v := range m.In {
			if f.group(v.Def) != gr {
				r.load(v)
			}
		}
	}
	for _, m := range gr.nodes {
		switch over := rowView(m); {
		case over != nil && f.group(over) == gr:
			r.row(m, over)
		case over != nil:
		case isReduction(m):
			r.reduce(m)
		default:
			r.compute(m)
		}
	}
	return n
}

// place is where a load begins and how it steps.
type place struct {
	base    *ir.Value
	offset  int
	strides string
}

type regionBuilder struct {
	fusion *fusion
	group  *group
	node   *ir.Node
	spec   *tile.Spec
	reg    map[*ir.Value]int
	loaded map[place]int
}

// load gives a value from outside a register; two values at the same place share it.
func (r *regionBuilder) load(v *ir.Value) {
	if _, ok := r.reg[v]; ok {
		return
	}
	l := ir.LayoutOf(v)
	strides := loops(v.Shape.Dimensions, l.Strides)
	at := place{l.Base, l.Offset, string(encode(strides))}
	if reg, ok := r.loaded[at]; ok {
		r.reg[v] = reg
		return
	}
	reg := len(r.spec.Loads)
	r.spec.Loads = append(r.spec.Loads, tile.Load{DType: v.Shape.DType, Strides: strides})
	r.node.In = append(r.node.In, v)
	r.loaded[at], r.reg[v] = reg, reg
}

// encode makes a list of numbers comparable.
func encode(numbers []int) []byte {
	var out []byte
	for _, n := range numbers {
		for range 8 {
			out = append(out, byte(n))
			n >>= 8
		}
	}
	return out
}

// loops gives the strides of a value along the axes that are longer than 1.
func loops(dims, strides []int) []int {
	out := []int{}
	for i, d := range dims {
		if d != 1 {
			out = append(out, strides[i])
		}
	}
	return out
}

// compute appends an elementwise node, and a store if its value is read outside.
func (r *regionBuilder) compute(n *ir.Node) {
	in := tile.Instr{Op: n.Op, DType: operandType(n), To: n.Out[0].Shape.DType, A: -1, B: -1, C: -1}
	for i, p := range []*int{&in.A, &in.B, &in.C}[:len(n.In)] {
		*p = r.reg[n.In[i]]
	}
	v := n.Out[0]
	r.reg[v] = len(r.spec.Loads) + len(r.spec.Code)
	r.spec.Code = append(r.spec.Code, in)
	if r.fusion.readOutside(r.group, v) {
		r.store(v, tile.Store{Reg: r.reg[v], DType: in.To, Strides: ir.RowMajor(r.spec.Dims)})
	}
}

// row appends the reduction of every row, spread over it.
func (r *regionBuilder) row(view, over *ir.Node) {
	r.spec.RowAxes = len(axes(over))
	dt := view.Out[0].Shape.DType
	r.reg[view.Out[0]] = len(r.spec.Loads) + len(r.spec.Code)
	r.spec.Code = append(r.spec.Code, tile.Instr{Op: over.Op, DType: dt, To: dt, A: r.reg[over.In[0]], B: -1, C: -1})
}

// reduce appends the store of a reduction, if somebody needs it besides its row views here.
func (r *regionBuilder) reduce(n *ir.Node) {
	if !r.fusion.readOutside(r.group, n.Out[0]) && !slices.ContainsFunc(r.fusion.users[n.Out[0]], r.readsRowOutside) {
		return
	}
	over := make([]bool, len(r.spec.Dims))
	for _, axis := range axes(n) {
		over[axis] = true
	}
	strides := make([]int, len(over))
	kept := ir.RowMajor(withoutOnes(n.Out[0].Shape.Dimensions))
	for i := range over {
		if !over[i] {
			strides[i], kept = kept[0], kept[1:]
		}
	}
	r.store(n.Out[0], tile.Store{Reg: r.reg[n.In[0]], DType: n.Out[0].Shape.DType, Reduce: n.Op, Over: over, Strides: strides})
}

// readsRowOutside reports whether a row view of the group is read outside of it.
func (r *regionBuilder) readsRowOutside(view *ir.Node) bool {
	return view != nil && r.fusion.readOutside(r.group, view.Out[0])
}

func (r *regionBuilder) store(v *ir.Value, s tile.Store) {
	r.node.Out = append(r.node.Out, v)
	r.spec.Stores = append(r.spec.Stores, s)
}
