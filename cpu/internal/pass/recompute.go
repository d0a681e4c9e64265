package pass

import (
	"slices"

	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel/tile"
)

// OutOfCache is the number of bytes from which an array that one region stores and another loads
// is taken to go through memory.
const OutOfCache = 1 << 20

// Recompute makes a pass that lets regions compute anew what an earlier one would store for them,
// if that is an array of some bytes, made from nothing but small arrays and such as they read
// anyway. The gradient of an activation then reads its argument alone, and of normalised rows the
// deviations are not stored beside the rows.
func Recompute(least int) func(g *ir.Graph) {
	return func(g *ir.Graph) {
		reads := users(g)
		for _, n := range g.Nodes {
			if n.Op != ir.OpRegion {
				continue
			}
			for i := len(n.Out) - 1; i >= 0; i-- {
				if v := n.Out[i]; int(v.Shape.ByteSize()) >= least && recomputed(n, i, reads) {
					forget(n, i)
				}
			}
		}
	}
}

// What it costs to move an array through memory once more and to compute it anew, in units of a
// plain operation, some 0.04 ns for an element of 4 bytes.
const (
	costStore    = 16 // of a line that is read, written and thrown out
	costLoad     = 8
	costFunction = 5 // exp, erf and their like
)

// cost is that of an instruction.
func cost(op compute.OpType) int {
	switch op {
	case compute.OpTypePow, compute.OpTypeAtan2, compute.OpTypeRem:
		return costStore
	case compute.OpTypeExp, compute.OpTypeExpm1, compute.OpTypeLog, compute.OpTypeLog1p, compute.OpTypeLogistic,
		compute.OpTypeTanh, compute.OpTypeErf, compute.OpTypeSin, compute.OpTypeCos, tile.Silu, tile.LogitsLoss, tile.LogitsGrad:
		return costFunction
	case compute.OpTypeDiv, compute.OpTypeSqrt, compute.OpTypeRsqrt:
		return 2
	}
	return 1
}

// recomputed lets all readers of output i of a region compute it, or changes nothing.
func recomputed(n *ir.Node, i int, reads map[*ir.Value][]*ir.Node) bool {
	spec, v := n.Attr.(*tile.Spec), n.Out[i]
	if st := spec.Stores[i]; st.Reduce != compute.OpTypeInvalid || !slices.Equal(st.Strides, ir.RowMajor(spec.Dims)) || st.Reg < len(spec.Loads) {
		return false
	}
	tree, price := expression(spec, spec.Stores[i].Reg)
	var readers []*ir.Node
	for _, u := range reads[v] {
		if !slices.Contains(readers, u) {
			readers = append(readers, u)
		}
	}
	if tree == nil || len(readers)*price > costStore+len(readers)*costLoad {
		return false
	}
	rewritten := make([]*ir.Node, len(readers))
	for k, u := range readers {
		if rewritten[k] = computing(n, i, tree, u); rewritten[k] == nil {
			return false
		}
	}
	delete(reads, v)
	for k, u := range readers {
		for _, w := range rewritten[k].In {
			if !slices.Contains(u.In, w) {
				reads[w] = append(reads[w], u)
			}
		}
		u.In, u.Attr = rewritten[k].In, rewritten[k].Attr
	}
	return true
}

// expression lists the instructions that a register is computed by, in order, and their cost; nil
// if one of them reduces.
func expression(spec *tile.Spec, reg int) (code []int, price int) {
	needed := map[int]bool{reg: true}
	for i := len(spec.Code) - 1; i >= 0; i-- {
		in := spec.Code[i]
		if !needed[len(spec.Loads)+i] {
			continue
		}
		if !ir.Elementwise(ir.Op(in.Op)) && in.Op < tile.MulAdd {
			return nil, 0
		}
		for _, r := range [3]int{in.A, in.B, in.C} {
			needed[r] = true
		}
		code, price = append(code, i), price+cost(in.Op)
	}
	slices.Reverse(code)
	return code, price
}

// computing gives the node that a reader of output i of a region becomes if it computes that by
// the given instructions; nil if it would have to read a large array for it.
func computing(n *ir.Node, i int, tree []int, u *ir.Node) *ir.Node {
	if u == nil || u.Op != ir.OpRegion || u == n {
		return nil
	}
	from, to := n.Attr.(*tile.Spec), u.Attr.(*tile.Spec)
	if !slices.Equal(from.Dims, to.Dims) {
		return nil
	}
	out, spec := &ir.Node{}, &tile.Spec{Dims: to.Dims, RowAxes: to.RowAxes, Stores: slices.Clone(to.Stores)}
	own, others := make([]int, len(to.Loads)+len(to.Code)), make([]int, len(from.Loads)+len(from.Code))
	for k, l := range to.Loads {
		if u.In[k] == n.Out[i] {
			if !slices.Equal(l.Strides, from.Stores[i].Strides) || l.DType != from.Stores[i].DType {
				return nil
			}
			continue
		}
		own[k] = len(spec.Loads)
		spec.Loads, out.In = append(spec.Loads, l), append(out.In, u.In[k])
	}
	if !addLeaves(out, spec, n, tree, others) {
		return nil
	}
	for _, k := range tree {
		others[len(from.Loads)+k] = appendCode(spec, from.Code[k], others)
	}
	for k := range to.Loads {
		if u.In[k] == n.Out[i] {
			own[k] = others[from.Stores[i].Reg]
		}
	}
	for k, in := range to.Code {
		own[len(to.Loads)+k] = appendCode(spec, in, own)
	}
	for k := range spec.Stores {
		spec.Stores[k].Reg = own[spec.Stores[k].Reg]
	}
	out.Attr = spec
	if _, err := tile.New(isa.Portable, *spec); err != nil || len(spec.Loads) > mostOperands {
		return nil
	}
	return out
}

// addLeaves finds the loads that some instructions of a region read among those of a spec, and adds
// the small ones that are not there; reg is told where they are.
func addLeaves(out *ir.Node, spec *tile.Spec, n *ir.Node, tree []int, reg []int) bool {
	from := n.Attr.(*tile.Spec)
	for _, k := range tree {
		in := from.Code[k]
		for _, r := range [3]int{in.A, in.B, in.C} {
			if r < 0 || r >= len(from.Loads) {
				continue
			}
			if reg[r] = loadOf(out, spec, n.In[r], from.Loads[r]); reg[r] < 0 {
				if 16*distinct(from.Dims, from.Loads[r].Strides) > count(from.Dims) {
					return false
				}
				reg[r] = len(spec.Loads)
				spec.Loads, out.In = append(spec.Loads, from.Loads[r]), append(out.In, n.In[r])
			}
		}
	}
	return true
}

// loadOf finds the load of a node that reads a value as another load does, or gives −1.
func loadOf(n *ir.Node, spec *tile.Spec, v *ir.Value, like tile.Load) int {
	want := ir.LayoutOf(v)
	for i, l := range spec.Loads {
		at := ir.LayoutOf(n.In[i])
		if at.Base == want.Base && at.Offset == want.Offset && l.DType == like.DType && slices.Equal(l.Strides, like.Strides) {
			return i
		}
	}
	return -1
}

// distinct is the number of elements that a load reads.
func distinct(dims, strides []int) int {
	n := 1
	for i, d := range dims {
		if strides[i] != 0 {
			n *= d
		}
	}
	return n
}

// appendCode adds an instruction whose registers have got other numbers, and gives that of its
// result.
func appendCode(spec *tile.Spec, in tile.Instr, reg []int) int {
	for _, r := range [3]*int{&in.A, &in.B, &in.C} {
		if *r >= 0 {
			*r = reg[*r]
		}
	}
	spec.Code = append(spec.Code, in)
	return len(spec.Loads) + len(spec.Code) - 1
}

// forget drops an output of a region.
func forget(n *ir.Node, i int) {
	spec := *n.Attr.(*tile.Spec)
	spec.Stores = slices.Delete(slices.Clone(spec.Stores), i, i+1)
	n.Attr, n.Out = &spec, slices.Delete(n.Out, i, i+1)
	for k, v := range n.Out {
		v.Index = k
	}
}
