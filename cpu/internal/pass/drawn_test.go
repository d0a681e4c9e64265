package pass_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

// drawing is a graph drawn from a seed, of operations that passes look at: elementwise chains,
// reductions that are spread over their rows again, views of views, products, steps of Adam.
//
// All numbers stay within ±8 and every operation has derivatives of at most about 2. Values whose
// last bits may differ between orders of summation do not get into comparisons.
type drawing struct {
	*build
	*rand.Rand
	values []*ir.Value
	exact  map[*ir.Value]bool
}

func draw(t testing.TB, seed uint64) *drawing {
	d := &drawing{newBuild(t), rand.New(rand.NewPCG(seed, 3)), nil, map[*ir.Value]bool{}}
	shape := d.dims()
	for range 1 + d.IntN(4) {
		if d.IntN(3) == 0 {
			shape = d.dims()
		}
		d.keep(d.param(shape...), true)
	}
	for range 3 + d.IntN(30) {
		d.step()
	}
	for range 1 + d.IntN(4) {
		d.Results = append(d.Results, d.values[len(d.values)-1-d.IntN(min(len(d.values), 8))])
	}
	d.Results = append(d.Results, d.values[len(d.values)-1])
	return d
}

func (d *drawing) dims() []int {
	if d.IntN(8) == 0 {
		return []int{4, 4, 6}[:2+d.IntN(2)] // transposing it keeps the shape
	}
	out := make([]int, d.IntN(4))
	for i := range out {
		out[i] = []int{1, 1, 2, 3, 5, 8, 17, 33}[d.IntN(8)]
	}
	return out
}

func (d *drawing) keep(v *ir.Value, exact bool) *ir.Value {
	d.values = append(d.values, v)
	d.exact[v] = exact
	return v
}

// pick draws a float that fits, or nil; late ones are likelier.
func (d *drawing) pick(fits func(v *ir.Value) bool) *ir.Value {
	var all []*ir.Value
	for _, v := range d.values {
		if v.Shape.DType == dtypes.Float32 && fits(v) {
			all = append(all, v)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all[max(d.IntN(len(all)), d.IntN(len(all)))]
}

func (d *drawing) any() *ir.Value { return d.pick(func(*ir.Value) bool { return true }) }

func (d *drawing) like(v *ir.Value) *ir.Value {
	return d.pick(func(w *ir.Value) bool { return ir.SameShape(v.Shape, w.Shape) })
}

// scalar spreads a number over the shape of a value.
func (d *drawing) scalar(x float32, like *ir.Value) *ir.Value {
	return d.constant(x, like.Shape.Dimensions...)
}

func (d *drawing) step() {
	kinds := []func(){
		d.unary, d.unary, d.binary, d.binary, d.nothing, d.compare, d.transposed, d.reshaped, d.sliced, d.reversed, d.spread,
		d.reduced, d.reduced, d.crossed, d.softmax, d.normalized, d.product, d.adam, d.again,
	}
	kinds[d.IntN(len(kinds))]()
}

func (d *drawing) unary() {
	x := d.any()
	op := []ir.Op{compute.OpTypeTanh, compute.OpTypeNeg, compute.OpTypeSin, compute.OpTypeLogistic, compute.OpTypeAbs}[d.IntN(5)]
	d.keep(d.apply(op, x), d.exact[x] && (op == compute.OpTypeNeg || op == compute.OpTypeAbs))
}

func (d *drawing) binary() {
	x := d.any()
	y := d.like(x)
	switch d.IntN(4) {
	case 0:
		d.keep(d.apply(compute.OpTypeMax, x, y), d.exact[x] && d.exact[y])
	case 1:
		d.keep(d.apply(compute.OpTypeMul, d.apply(compute.OpTypeAdd, x, y), d.scalar(.5, x)), false)
	case 2:
		d.keep(d.apply(compute.OpTypeMul, d.apply(compute.OpTypeSub, x, y), d.scalar(.5, x)), false)
	case 3:
		d.keep(d.apply(compute.OpTypeTanh, d.apply(compute.OpTypeMul, x, y)), false)
	}
}

// nothing adds operations that change nothing, or that constants decide.
func (d *drawing) nothing() {
	x := d.any()
	y := x
	switch d.IntN(8) {
	case 6:
		y = d.apply(compute.OpTypeSub, d.scalar(0, x), x)
	case 7:
		y = d.apply(compute.OpTypeDiv, d.scalar(1, x), d.apply(compute.OpTypeAdd, d.apply(compute.OpTypeAbs, x), d.scalar(1, x)))
	case 0:
		y = d.apply(compute.OpTypeMul, x, d.scalar(1, x))
	case 1:
		y = d.apply(compute.OpTypeDiv, x, d.scalar(1, x))
	case 2:
		y = d.apply(compute.OpTypeSub, x, d.scalar(0, x))
	case 3:
		y = d.apply(compute.OpTypeIdentity, x)
	case 4:
		two := d.apply(compute.OpTypeAdd, d.scalar(1, x), d.scalar(1, x))
		y = d.apply(compute.OpTypeTanh, d.apply(compute.OpTypePow, x, two))
	case 5:
		yes := d.Add(compute.OpTypeLessThan, nil, []*ir.Value{d.scalar(1, x), d.scalar(2, x)}, shapes.Make(dtypes.Bool, x.Shape.Dimensions...))
		y = d.Add(compute.OpTypeWhere, nil, []*ir.Value{yes.Out[0], x, d.like(x)}, x.Shape).Out[0]
	}
	d.keep(y, false)
}

// compare selects by a comparison of exact values.
func (d *drawing) compare() {
	x := d.pick(func(v *ir.Value) bool { return d.exact[v] })
	if x == nil {
		return
	}
	less := d.Add(compute.OpTypeLessThan, nil, []*ir.Value{x, d.scalar(.25, x)}, shapes.Make(dtypes.Bool, x.Shape.Dimensions...))
	y, z := d.like(x), d.like(x)
	d.keep(d.Add(compute.OpTypeWhere, nil, []*ir.Value{less.Out[0], y, z}, x.Shape).Out[0], d.exact[y] && d.exact[z])
}

// again computes something that is there already.
func (d *drawing) again() {
	n := d.any().Def
	if n.Op == compute.OpTypeParameter || len(n.Out) != 1 {
		return
	}
	d.keep(d.Add(n.Op, n.Attr, slices.Clone(n.In), n.Out[0].Shape).Out[0], d.exact[n.Out[0]])
}

func (d *drawing) transposed() {
	x := d.any()
	perm := d.Perm(x.Shape.Rank())
	dims := make([]int, len(perm))
	for i, a := range perm {
		dims[i] = x.Shape.Dimensions[a]
	}
	d.keep(d.Add(compute.OpTypeTranspose, ir.Axes(perm), []*ir.Value{x}, f32(dims...)).Out[0], d.exact[x])
}

// reshaped adds or merges axes.
func (d *drawing) reshaped() {
	x := d.any()
	dims := slices.Clone(x.Shape.Dimensions)
	if at := d.IntN(len(dims) + 1); at+1 < len(dims) && d.IntN(2) == 0 {
		dims = slices.Replace(dims, at, at+2, dims[at]*dims[at+1])
	} else if len(dims) < 5 {
		dims = slices.Insert(dims, at, 1)
	}
	d.keep(d.reshape(x, dims...), d.exact[x])
}

func (d *drawing) sliced() {
	x := d.any()
	var s ir.Slice
	var dims []int
	for _, n := range x.Shape.Dimensions {
		start, step := d.IntN(n), 1+d.IntN(2)
		limit := start + 1 + d.IntN(n-start)
		s.Starts, s.Limits, s.Strides = append(s.Starts, start), append(s.Limits, limit), append(s.Strides, step)
		dims = append(dims, (limit-start+step-1)/step)
	}
	d.keep(d.Add(compute.OpTypeSlice, s, []*ir.Value{x}, f32(dims...)).Out[0], d.exact[x])
}

func (d *drawing) reversed() {
	x := d.any()
	if r := x.Shape.Rank(); r > 0 {
		d.keep(d.Add(compute.OpTypeReverse, ir.Axes(d.Perm(r)[:1+d.IntN(r)]), []*ir.Value{x}, x.Shape).Out[0], d.exact[x])
	}
}

// spread repeats a value along one more axis.
func (d *drawing) spread() {
	x := d.pick(func(v *ir.Value) bool { return v.Shape.Rank() < 3 && v.Shape.Size() < 400 })
	if x == nil {
		return
	}
	at := d.IntN(x.Shape.Rank() + 1)
	dims := slices.Insert(slices.Clone(x.Shape.Dimensions), at, 1+d.IntN(9))
	axes := ir.Axes{}
	for i := range dims {
		if i != at {
			axes = append(axes, i)
		}
	}
	d.keep(d.Add(compute.OpTypeBroadcastInDim, axes, []*ir.Value{x}, f32(dims...)).Out[0], d.exact[x])
}

// row draws an array with at least one axis, and the last axes of it.
func (d *drawing) row() (x *ir.Value, axes ir.Axes, length int) {
	x = d.pick(func(v *ir.Value) bool { return v.Shape.Rank() > 0 })
	if x == nil {
		return nil, nil, 0
	}
	length = 1
	for i := d.IntN(x.Shape.Rank()); i < x.Shape.Rank(); i++ {
		axes, length = append(axes, i), length*x.Shape.Dimensions[i]
	}
	return x, axes, length
}

func (d *drawing) reduceBy(op ir.Op, x *ir.Value, axes ir.Axes) *ir.Value {
	var kept []int
	for i, n := range x.Shape.Dimensions {
		if !slices.Contains(axes, i) {
			kept = append(kept, n)
		}
	}
	return d.Add(op, axes, []*ir.Value{x}, f32(kept...)).Out[0]
}

// mean reduces the last axes; over spreads the result over them again.
func (d *drawing) mean(x *ir.Value, axes ir.Axes, length int) *ir.Value {
	s := d.reduceBy(compute.OpTypeReduceSum, x, axes)
	return d.apply(compute.OpTypeMul, s, d.scalar(1/float32(length), s))
}

func (d *drawing) over(v, x *ir.Value, axes ir.Axes) *ir.Value {
	kept := ir.Axes{}
	for i := range axes[0] {
		kept = append(kept, i)
	}
	return d.repeat(v, kept, x.Shape.Dimensions...)
}

func (d *drawing) reduced() {
	x, axes, length := d.row()
	if x == nil {
		return
	}
	if d.IntN(2) == 0 {
		axes = ir.Axes{d.IntN(x.Shape.Rank())}
		length = x.Shape.Dimensions[axes[0]]
	}
	if d.IntN(2) == 0 {
		d.keep(d.reduceBy(compute.OpTypeReduceMax, x, axes), d.exact[x])
	} else {
		d.keep(d.mean(x, axes, length), false)
	}
}

// crossed reads the means of other rows than its own.
func (d *drawing) crossed() {
	x := d.pick(func(v *ir.Value) bool {
		r := v.Shape.Rank()
		return (r == 2 || r == 3) && v.Shape.Dimensions[0] == v.Shape.Dimensions[1]
	})
	if x == nil {
		return
	}
	last := x.Shape.Rank() - 1
	m := d.mean(x, ir.Axes{last}, x.Shape.Dimensions[last])
	if last == 2 {
		d.keep(d.apply(compute.OpTypeTanh, d.apply(compute.OpTypeSub, x, d.over(d.transpose(m), x, ir.Axes{2}))), false)
	} else {
		d.keep(d.apply(compute.OpTypeTanh, d.apply(compute.OpTypeSub, x, d.repeat(m, ir.Axes{1}, x.Shape.Dimensions...))), false)
	}
}

func (d *drawing) softmax() {
	x, axes, _ := d.row()
	if x == nil {
		return
	}
	e := d.apply(compute.OpTypeExp, d.apply(compute.OpTypeSub, x, d.over(d.reduceBy(compute.OpTypeReduceMax, x, axes), x, axes)))
	y := d.keep(d.apply(compute.OpTypeDiv, e, d.over(d.reduceBy(compute.OpTypeReduceSum, e, axes), x, axes)), false)
	if d.IntN(2) == 0 { // its gradient
		g := d.like(x)
		dot := d.over(d.reduceBy(compute.OpTypeReduceSum, d.apply(compute.OpTypeMul, y, g), axes), x, axes)
		d.keep(d.apply(compute.OpTypeTanh, d.apply(compute.OpTypeMul, y, d.apply(compute.OpTypeSub, g, dot))), false)
	}
}

func (d *drawing) normalized() {
	x, axes, length := d.row()
	if x == nil {
		return
	}
	centered := d.apply(compute.OpTypeSub, x, d.over(d.mean(x, axes, length), x, axes))
	variance := d.mean(d.apply(compute.OpTypeMul, centered, centered), axes, length)
	deviation := d.apply(compute.OpTypeSqrt, d.apply(compute.OpTypeAdd, variance, d.scalar(.5, variance)))
	y := d.apply(compute.OpTypeMul, centered, d.over(d.apply(compute.OpTypeDiv, d.scalar(1, deviation), deviation), x, axes))
	d.keep(d.apply(compute.OpTypeTanh, d.apply(compute.OpTypeAdd, y, d.like(x))), false)
	if d.IntN(2) == 0 {
		d.keep(deviation, false)
	}
}

// product multiplies two matrices, adds a bias and bends; or reads the product transposed.
func (d *drawing) product() {
	x := d.pick(func(v *ir.Value) bool { return v.Shape.Rank() == 2 })
	if x == nil {
		return
	}
	k := x.Shape.Dimensions[1]
	y := d.pick(func(v *ir.Value) bool { return v.Shape.Rank() == 2 && v.Shape.Dimensions[1] == k })
	n := y.Shape.Dimensions[0]
	p := d.Add(compute.OpTypeDotGeneral, ir.Dot{LhsContract: []int{1}, RhsContract: []int{1}}, []*ir.Value{x, y}, f32(x.Shape.Dimensions[0], n)).Out[0]
	if d.IntN(2) == 0 {
		p = d.transpose(p)
	}
	p = d.apply(compute.OpTypeMul, p, d.scalar(1/float32(8*k), p))
	if bias := d.pick(func(v *ir.Value) bool { return slices.Equal(v.Shape.Dimensions, p.Shape.Dimensions[1:]) }); bias != nil {
		p = d.apply(compute.OpTypeAdd, p, d.repeat(bias, ir.Axes{1}, p.Shape.Dimensions...))
	}
	d.keep(d.apply(compute.OpTypeTanh, p), false)
}

// adam adds a step of the optimizer whose new arrays are results; ε is large, so that rounding
// errors stay small.
func (d *drawing) adam() {
	w := d.pick(func(v *ir.Value) bool { return v.Shape.Size() > 1 })
	if w == nil {
		return
	}
	g, m0 := d.like(w), d.like(w)
	v0 := d.apply(compute.OpTypeAbs, d.like(w))
	times := func(x *ir.Value, c float32) *ir.Value { return d.apply(compute.OpTypeMul, x, d.scalar(c, x)) }
	m := d.apply(compute.OpTypeAdd, times(m0, .9), times(g, .1))
	v := d.apply(compute.OpTypeAdd, times(v0, .99), times(d.apply(compute.OpTypeMul, g, g), .01))
	below := d.apply(compute.OpTypeAdd, d.apply(compute.OpTypeSqrt, times(v, 1.5)), d.scalar(.5, v))
	next := d.apply(compute.OpTypeSub, w, d.apply(compute.OpTypeDiv, times(m, .1), below))
	d.Results = append(d.Results, next, m, v)
}
