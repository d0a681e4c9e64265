package lower

import (
	"slices"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/kernel/conv"
	"github.com/elbo-go/elbo/cpu/internal/kernel/gemm"
	"github.com/elbo-go/elbo/cpu/internal/kernel/tile"
	"github.com/elbo-go/elbo/cpu/internal/plan"
)

// handedOver emits a product whose finished parts a region goes over, or reports that there is no
// such kernel. Rows and columns must each be one loop for the product and for all operands of the
// region.
func (b *builder) handedOver(n *ir.Node, a ir.Gemm) bool {
	lhs, rhs := b.operand(n.In[0]), b.operand(n.In[1])
	t := lhs.dtype
	acc := a.Dot.Config.AccumulatorDType
	if t != dtypes.Float32 && t != dtypes.Float64 || a.Region.Loads[a.Load].DType != t || acc != dtypes.InvalidDType && acc != t {
		return false
	}
	mark := len(b.steps)
	lhs, rhs = b.summable(lhs, rhs, a.Dot)
	c := newContraction(lhs, rhs, nil, ordered(lhs, rhs, a.Dot))
	region, ok := asMatrix(a.Region, a.Load, len(a.Dot.LhsBatch), len(lhs.dims)-len(a.Dot.LhsContract))
	p := len(region.Dims) - 2
	if !ok || len(c.rows.dims) != 1 || len(c.cols.dims) != 1 || c.sum.size() < 2 {
		b.steps = b.steps[:mark]
		return false
	}
	e, err := tile.NewEpilogue(b.Level, region)
	if err != nil {
		b.steps = b.steps[:mark]
		return false
	}
	spec := c.spec(t)
	spec.Batch = nil
	for i, axis := range a.Dot.LhsBatch {
		spec.Batch = append(spec.Batch, gemm.Batch{Size: region.Dims[i], A: lhs.strides[axis], B: rhs.strides[a.Dot.RhsBatch[i]],
			C: ir.RowMajor(region.Dims)[i]})
	}
	spec.M, spec.N, spec.Epilogue = region.Dims[p], region.Dims[p+1], e
	spec.C = gemm.Stride{Row: spec.N, Col: 1}
	others := b.args(n.In[2:])
	if b.updates(region, e.Home(), others) {
		b.steps = b.steps[:mark]
		return false
	}
	spec.ArgC, spec.ArgA = e.Home(), len(region.Stores)+len(others)
	spec.ArgB = spec.ArgA + 1
	b.emitOver(n, gemm.New(b.Level, spec), region, e.Home(), append(others, lhs.at, rhs.at))
	return true
}

// convolvedOver is handedOver for a convolution: the rows are those of all images and positions,
// the columns the channels.
func (b *builder) convolvedOver(n *ir.Node, a ir.ConvStep) bool {
	axes, x, w := a.Conv.Axes, n.In[0], n.In[1]
	order := append(append([]int{axes.OutputBatch}, axes.OutputSpatial...), axes.OutputChannels)
	region, ok := asMatrix(reordered(a.Region, order), a.Load, 0, len(order)-1)
	if !ok || a.Region.Loads[a.Load].DType != x.Shape.DType {
		return false
	}
	e, err := tile.NewEpilogue(b.Level, region)
	if err != nil {
		return false
	}
	spec, others := b.convSpec(x, w, a.Conv), b.args(n.In[2:])
	if b.updates(region, e.Home(), others) {
		return false
	}
	spec.Epilogue, spec.ArgOutput = e, e.Home()
	spec.ArgInput = len(region.Stores) + len(others)
	spec.ArgKernel = spec.ArgInput + 1
	k := conv.New(b.Level, spec)
	if k == nil {
		return false
	}
	b.emitOver(n, k, region, e.Home(), append(others, b.arg(x), b.arg(w)))
	return true
}

// updates reports whether a store, in which a product would arrive, may take over the memory of a
// parameter that the region reads: as a step of its own the region does so.
func (b *builder) updates(region tile.Spec, store int, others []plan.Arg) bool {
	return slices.ContainsFunc(overOthers(region, others), func(x pair) bool {
		return x.out == store && b.buffers[others[x.in].Buffer].Kind == plan.Param
	})
}

// overOthers lists the stores and loads that may be one piece of memory, but for load 0.
func overOthers(region tile.Spec, others []plan.Arg) (out []pair) {
	for _, x := range elementwise(region, append([]plan.Arg{{Buffer: -1}}, others...)) {
		if x.in > 0 {
			out = append(out, pair{x.out, x.in - 1})
		}
	}
	return out
}

// emitOver emits a product with a region as epilogue; ins are the region's other loads and both
// operands. A store may lie over one of those loads, but not over an operand, which is read until
// the end, and not if the product arrives in it.
func (b *builder) emitOver(n *ir.Node, k kernel.Kernel, region tile.Spec, home int, ins []plan.Arg) {
	others := ins[:len(ins)-2]
	over := slices.DeleteFunc(overOthers(region, others), func(x pair) bool {
		operand := func(a plan.Arg) bool { return a.Buffer == others[x.in].Buffer }
		return x.out == home || slices.ContainsFunc(ins[len(others):], operand)
	})
	b.emit(k, b.outputs(n), ins, over...)
}

// reordered gives a region with its dimensions in another order.
func reordered(s *tile.Spec, order []int) *tile.Spec {
	out := &tile.Spec{Dims: pick(s.Dims, order), Code: s.Code}
	for _, l := range s.Loads {
		out.Loads = append(out.Loads, tile.Load{DType: l.DType, Strides: pick(l.Strides, order)})
	}
	for _, st := range s.Stores {
		st.Strides = pick(st.Strides, order)
		out.Stores = append(out.Stores, st)
	}
	return out
}

// asMatrix gives a region over a product with the rows as one dimension, and the columns as
// another, behind those of the batch; its first load is the product. Rows are the dimensions
// from batch on to cols.
func asMatrix(s *tile.Spec, load, batch, cols int) (tile.Spec, bool) {
	out := tile.Spec{Dims: append(slices.Clone(s.Dims[:batch]), size(s.Dims[batch:cols]), size(s.Dims[cols:]))}
	ok := true
	merge := func(strides []int) []int {
		rows, even := together(s.Dims[batch:cols], strides[batch:cols])
		columns, also := together(s.Dims[cols:], strides[cols:])
		ok = ok && even && also
		return append(slices.Clone(strides[:batch]), rows, columns)
	}
	for _, l := range s.Loads {
		out.Loads = append(out.Loads, tile.Load{DType: l.DType, Strides: merge(l.Strides)})
	}
	product := out.Loads[load]
	out.Loads = slices.Insert(slices.Delete(out.Loads, load, load+1), 0, product)
	register := func(r int) int {
		switch {
		case r == load:
			return 0
		case r >= 0 && r < load:
			return r + 1
		}
		return r
	}
	for _, c := range s.Code {
		c.A, c.B, c.C = register(c.A), register(c.B), register(c.C)
		out.Code = append(out.Code, c)
	}
	for _, st := range s.Stores {
		st.Reg, st.Strides = register(st.Reg), merge(st.Strides)
		out.Stores = append(out.Stores, st)
	}
	return out, ok
}

// together gives the stride of several dimensions walked as one, if there is one.
func together(dims, strides []int) (int, bool) {
	l := loops{dims, [][]int{strides}}.merged()
	_, step := l.inner()
	return step[0], len(l.dims) <= 1
}
