package lower

import (
	"math"

	"slices"

	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/kernel/move"
)

func init() { register(sort, compute.OpTypeSort) }

// sort lowers a Sort by the usual order of one of its tensors; other comparators are left to the
// fallback.
func sort(b *builder, n *ir.Node) error {
	a, x := n.Attr.(ir.Sort), n.In[0].Shape
	key, descending, ok := usualOrder(a)
	if !ok || x.Size() > math.MaxInt32 {
		return errRefused
	}
	spec := move.SortSpec{Dims: x.Dimensions, Axis: a.Axis, Plain: true, Key: key, Type: n.In[key].Shape.DType, Descending: descending}
	for _, v := range n.In[:a.Tensors] {
		if v.Shape.DType.IsPacked() {
			return errRefused
		}
		spec.Sizes = append(spec.Sizes, v.Shape.DType.Size())
	}
	k := move.NewSort(spec)
	if k == nil {
		return errRefused
	}
	b.emit(k, b.outputs(n), b.contiguousAll(n.In[:a.Tensors]))
	return nil
}

// usualOrder recognises the comparators lhs < rhs and lhs > rhs of one tensor, and tells which.
// A comparator's parameters are the left and the right element of the first tensor, then of the
// next, and so on.
func usualOrder(a ir.Sort) (key int, descending, ok bool) {
	c := a.Comparator
	if len(c.Results) != 1 {
		return 0, false, false
	}
	n := c.Results[0].Def
	switch n.Op {
	case compute.OpTypeLessThan:
	case compute.OpTypeGreaterThan:
		descending = true
	default:
		return 0, false, false
	}
	lhs, rhs := slices.Index(c.Params, n.In[0]), slices.Index(c.Params, n.In[1])
	if lhs > rhs {
		lhs, rhs, descending = rhs, lhs, !descending
	}
	return lhs / 2, descending, lhs >= 0 && lhs%2 == 0 && rhs == lhs+1 && rhs < 2*a.Tensors
}
