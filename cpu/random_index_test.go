package cpu_test

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
)

// The operations of random graphs that find elements by numbers.

// volume is the number of elements of an array.
func volume(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// fit gives the elements of a value in another shape: what is too much goes, what lacks is 1.
func (g *randomGraph) fit(x randomValue, dims ...int) compute.Value {
	have, want := x.shape.Size(), volume(dims)
	v := x.v
	if x.rank() != 1 {
		v = g.must(g.fn.Reshape(v, have))
	}
	if have > want {
		v = g.must(g.fn.Slice(v, []int{have - want}, []int{have}, []int{1}))
	}
	if have < want {
		v = g.must(g.fn.Pad(v, g.scalar(x.shape.DType, 1), compute.PadAxis{End: want - have}))
	}
	g.alone = g.alone || have == 0 || want == 0
	return g.must(g.fn.Reshape(v, dims...))
}

// few draws some short lengths.
func (g *randomGraph) few(most int) []int {
	out := make([]int, g.IntN(most+1))
	for i := range out {
		out[i] = 1 + g.IntN(5)
		if g.IntN(g.zeros) == 0 {
			out[i] = 0
		}
	}
	return out
}

// subset draws k of the numbers below n, in order.
func (g *randomGraph) subset(n, k int) []int {
	out := g.Perm(n)[:k]
	slices.Sort(out)
	return out
}

// places are the index vectors of a gather or scatter.
type places struct {
	v      compute.Value
	axis   int   // of the index vectors
	batch  []int // the other axes
	mapped []int // the operand's axis for each number of a vector
	count  int   // of vectors
}

// places draws index vectors for parts of the given sizes of an array. They are constants, or
// computed from integers of the graph. Single numbers need no axis of their own.
func (g *randomGraph) places(dims, sizes []int, implicit bool) places {
	p := places{batch: g.few(2)}
	p.mapped = g.Perm(len(dims))[:1+g.IntN(len(dims))]
	k := len(p.mapped)
	p.axis = g.IntN(len(p.batch) + 1)
	shape := slices.Insert(slices.Clone(p.batch), p.axis, k)
	stride := volume(p.batch[p.axis:])
	if k == 1 && implicit {
		p.axis, shape, stride = len(p.batch), p.batch, 1
	}
	limits := make([]float64, volume(shape))
	at := make([]float64, len(limits))
	for i := range limits {
		axis := p.mapped[i/stride%k]
		limits[i] = float64(dims[axis] - sizes[axis] + 1)
		at[i] = float64(g.IntN(int(limits[i])))
	}
	p.count = volume(p.batch)
	dt := []dtypes.DType{dtypes.Int32, dtypes.Int64}[g.IntN(2)]
	p.v = g.must(g.fn.Constant(flatSlice(dt, at), shape...))
	x, ok := g.pick(func(v randomValue) bool { return isInt(v) && notEmpty(v) })
	if ok && len(at) > 0 && g.coin() {
		v := g.must(g.fn.BitwiseAnd(g.must(g.fn.ConvertDType(g.fit(x, shape...), dt)), g.scalar(dt, 1023)))
		p.v = g.must(g.fn.Rem(v, g.must(g.fn.Constant(flatSlice(dt, limits), shape...))))
	}
	g.alone = g.alone || len(at) == 0
	return p
}

// gatherParts gathers parts of any shape into any axes.
func (g *randomGraph) gatherParts() {
	x, ok := g.pick(func(v randomValue) bool { return movable(v) && notEmpty(v) })
	if !ok {
		return
	}
	var collapsed []int
	sizes := make([]int, x.rank())
	for i, d := range x.dims() {
		sizes[i] = 1 + g.IntN(d)
		if g.IntN(3) == 0 {
			sizes[i] = 1
			collapsed = append(collapsed, i)
		}
	}
	implicit := g.coin()
	p := g.places(x.dims(), sizes, implicit)
	g.lacking = g.lacking || implicit && len(p.mapped) == 1 // that engine wants the axis
	if volume(p.batch)*volume(sizes) > 20000 {
		return
	}
	offsets := x.rank() - len(collapsed)
	offset := g.subset(len(p.batch)+offsets, offsets)
	v, err := g.fn.Gather(x.v, p.v, p.axis, offset, collapsed, p.mapped, sizes, false)
	g.add(fmt.Sprint("gather of ", sizes, " from axes ", p.mapped, " without ", collapsed, " to ", offset, ", indices along ", p.axis),
		x.exact, x.bounded, v, err)
}

// scatter merges updates that may fall on the same places: sums of floats are scaled so that
// they stay small, the others are exact.
func (g *randomGraph) scatter() {
	x, ok := g.pick(func(v randomValue) bool { return (isFloat(v) || isInt(v)) && movable(v) && notEmpty(v) })
	if !ok {
		return
	}
	y, _ := g.pick(func(v randomValue) bool {
		return v.shape.DType == x.shape.DType && v.bounded == x.bounded && notEmpty(v)
	})
	var inserted, window []int
	sizes := make([]int, x.rank())
	for i, d := range x.dims() {
		if sizes[i] = 1; g.coin() {
			inserted = append(inserted, i)
			continue
		}
		if sizes[i] = d; g.IntN(3) == 0 {
			sizes[i] = 1 + g.IntN(d)
		}
		g.alone = g.alone || sizes[i] < d // that engine takes windows for whole axes
		window = append(window, sizes[i])
	}
	p := g.places(x.dims(), sizes, g.coin())
	if p.count*volume(window) > 20000 {
		return
	}
	axes := g.subset(len(p.batch)+len(window), len(window))
	var dims []int
	batch, rest := p.batch, window
	for i := range len(batch) + len(rest) {
		if slices.Contains(axes, i) {
			dims, rest = append(dims, rest[0]), rest[1:]
		} else {
			dims, batch = append(dims, batch[0]), batch[1:]
		}
	}
	updates, operand := g.fit(y, dims...), x.v
	kind := g.IntN(3)
	if kind == 0 && isFloat(x) {
		updates, operand = g.scaled(updates, .5/float64(max(1, p.count))), g.scaled(operand, .5)
	}
	op := []func(f compute.Function, operand, indices, updates compute.Value, axis int, window, inserted, mapped []int, sorted, unique bool) (compute.Value, error){
		compute.Function.ScatterSum, compute.Function.ScatterMax, compute.Function.ScatterMin,
	}[kind]
	v, err := op(g.fn, operand, p.v, updates, p.axis, axes, inserted, p.mapped, false, p.count == 1)
	g.add(fmt.Sprint("scatter ", []string{"sum", "max", "min"}[kind], " of ", dims, " window ", axes, " inserted ", inserted, " to axes ", p.mapped,
		", indices along ", p.axis), x.exact && y.exact && !(kind == 0 && isFloat(x)), isFloat(x), v, err)
}

// starts draws the place of a slice, one scalar an axis or one vector; it may lie outside.
func (g *randomGraph) starts(dims []int) []compute.Value {
	g.lacking = true
	if len(dims) > 1 && g.IntN(4) == 0 {
		at := make([]int32, len(dims))
		for i, d := range dims {
			at[i] = int32(g.IntN(d+3) - 1)
		}
		return []compute.Value{g.must(g.fn.Constant(at, len(at)))}
	}
	var out []compute.Value
	for _, d := range dims {
		x, ok := g.pick(func(v randomValue) bool { return isInt(v) && v.rank() == 0 })
		if !ok || g.coin() {
			x.v = g.scalar(dtypes.Int32, float64(g.IntN(d+3)-1))
		}
		out = append(out, x.v)
	}
	return out
}

// parts draws the sizes of a part of an array.
func (g *randomGraph) parts(dims []int) []int {
	return each(dims, func(d int) int { return 1 + g.IntN(d) })
}

func (g *randomGraph) dynamicSlice() {
	x, ok := g.pick(func(v randomValue) bool { return movable(v) && notEmpty(v) })
	if !ok {
		return
	}
	sizes := g.parts(x.dims())
	v, err := g.fn.DynamicSlice(x.v, g.starts(x.dims()), sizes)
	g.add(fmt.Sprint("dynamic slice of ", sizes), x.exact, x.bounded, v, err)
}

func (g *randomGraph) dynamicUpdate() {
	x, ok := g.pick(func(v randomValue) bool { return movable(v) && notEmpty(v) })
	if !ok {
		return
	}
	y, _ := g.pick(func(v randomValue) bool { return v.shape.DType == x.shape.DType && notEmpty(v) })
	sizes := g.parts(x.dims())
	v, err := g.fn.DynamicUpdateSlice(x.v, g.fit(y, sizes...), g.starts(x.dims()))
	g.add(fmt.Sprint("dynamic update of ", sizes), x.exact && y.exact, x.bounded && y.bounded, v, err)
}

// selectAndScatter is the gradient of pooling: every window adds to the element that it selects.
func (g *randomGraph) selectAndScatter() {
	x, ok := g.pick(func(v randomValue) bool { return exactly(v) && movable(v) && notEmpty(v) })
	if !ok {
		return
	}
	y, _ := g.pick(func(v randomValue) bool { return isFloat(v) && v.shape.DType == x.shape.DType && notEmpty(v) })
	w := g.windows(x.dims(), false)
	source := g.scaled(g.fit(y, w.out...), 1/float64(w.most))
	op := g.fn.SelectAndScatterMax
	name := "select and scatter to the greatest "
	if g.coin() {
		op, name = g.fn.SelectAndScatterMin, "select and scatter to the least "
	}
	v, err := op(x.v, source, w.dims, w.strides, w.pads)
	g.add(name+fmt.Sprint(w.dims, w.strides, w.pads), false, true, v, err)
}
