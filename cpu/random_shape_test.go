package cpu_test

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
)

// The operations of random graphs that move data, reduce it or contract it.

func (g *randomGraph) transpose() {
	x, ok := g.pick(movable)
	if !ok {
		return
	}
	perm := g.Perm(x.rank())
	v, err := g.fn.Transpose(x.v, perm...)
	g.add(fmt.Sprint("transpose ", perm), x.exact, x.bounded, v, err)
}

// reshape merges two neighbouring axes, or splits one.
func (g *randomGraph) reshape() {
	x, ok := g.pick(movable)
	if !ok {
		return
	}
	d := slices.Clone(x.dims())
	if i := g.IntN(len(d)); i+1 < len(d) {
		d = slices.Replace(d, i, i+2, d[i]*d[i+1])
	} else if d[i]%2 == 0 {
		d = slices.Replace(d, i, i+1, 2, d[i]/2)
	} else {
		d = slices.Insert(d, i, 1)
	}
	v, err := g.fn.Reshape(x.v, d...)
	g.add("reshape", x.exact, x.bounded, v, err)
}

func (g *randomGraph) broadcast() {
	x, ok := g.pick(func(v randomValue) bool { return v.rank() < 3 && v.shape.Size() < 300 })
	if !ok {
		return
	}
	at, size := g.IntN(x.rank()+1), 1+g.IntN(9)
	var axes []int
	for i := range x.rank() {
		if i < at {
			axes = append(axes, i)
		} else {
			axes = append(axes, i+1)
		}
	}
	v, err := g.fn.BroadcastInDim(x.v, shapes.Make(x.shape.DType, slices.Insert(slices.Clone(x.dims()), at, size)...), axes)
	g.add("broadcast", x.exact, x.bounded, v, err)
}

func (g *randomGraph) slice() {
	x, ok := g.pick(func(v randomValue) bool { return movable(v) && notEmpty(v) })
	if !ok {
		return
	}
	var starts, limits, strides []int
	for _, d := range x.dims() {
		s := g.IntN(d)
		starts, limits, strides = append(starts, s), append(limits, s+1+g.IntN(d-s)), append(strides, 1+g.IntN(3))
	}
	v, err := g.fn.Slice(x.v, starts, limits, strides)
	g.add(fmt.Sprint("slice ", starts, limits, strides), x.exact, x.bounded, v, err)
}

func (g *randomGraph) reverse() {
	x, ok := g.pick(movable)
	if !ok {
		return
	}
	axes := g.Perm(x.rank())[:1+g.IntN(x.rank())]
	v, err := g.fn.Reverse(x.v, axes...)
	g.add(fmt.Sprint("reverse ", axes), x.exact, x.bounded, v, err)
}

// pad widens, narrows and spreads; GoMLX's engine dies of the last two.
func (g *randomGraph) pad() {
	x, ok := g.pick(func(v randomValue) bool { return movable(v) && v.shape.Size() < 3000 })
	if !ok {
		return
	}
	odd := g.IntN(3) == 0
	var axes []compute.PadAxis
	for _, d := range x.dims() {
		a := compute.PadAxis{Start: g.IntN(3), End: g.IntN(3)}
		if odd {
			a = compute.PadAxis{Start: g.IntN(5) - 2, End: g.IntN(5) - 2, Interior: g.IntN(3)}
			if d+a.Interior*max(d-1, 0)+a.Start+a.End < 0 || d == 0 {
				a = compute.PadAxis{}
			}
		}
		axes = append(axes, a)
	}
	g.lacking = g.lacking || odd
	v, err := g.fn.Pad(x.v, g.scalar(x.shape.DType, 1), axes...)
	g.add(fmt.Sprint("pad ", axes), x.exact, x.bounded, v, err)
}

func (g *randomGraph) iota() {
	s := shapes.Make([]dtypes.DType{dtypes.Float32, dtypes.Int32, dtypes.Int64}[g.IntN(3)], g.dims()...)
	if s.Rank() == 0 {
		return
	}
	axis := g.IntN(s.Rank())
	v, err := g.fn.Iota(s, axis)
	g.add(fmt.Sprint("iota ", axis), true, s.Dimensions[axis] <= 8, v, err)
}

func (g *randomGraph) concatenate() {
	x, ok := g.pick(func(v randomValue) bool { return movable(v) && v.shape.Size() < 3000 })
	if !ok {
		return
	}
	y, _ := g.pick(func(v randomValue) bool { return same(v, x) })
	v, err := g.fn.Concatenate(g.IntN(x.rank()), x.v, y.v, x.v)
	g.add("concatenate", x.exact && y.exact, x.bounded && y.bounded, v, err)
}

// reduce sums to a mean, so that the result stays bounded, or takes an extreme.
func (g *randomGraph) reduce() {
	x, ok := g.pick(func(v randomValue) bool { return isFloat(v) && movable(v) })
	if !ok {
		return
	}
	axes := g.Perm(x.rank())[:1+g.IntN(x.rank())]
	slices.Sort(axes)
	kind := g.IntN(3)
	if !notEmpty(x) {
		kind = 0 // the others give infinities
	}
	switch kind {
	case 0:
		count := 1
		for _, a := range axes {
			count *= x.dims()[a]
		}
		g.add(fmt.Sprint("mean ", axes), false, true, g.scaled(g.must(g.fn.ReduceSum(x.v, axes...)), 1/float64(max(1, count))), nil)
	case 1:
		v, err := g.fn.ReduceMax(x.v, axes...)
		g.add(fmt.Sprint("max ", axes), x.exact, true, v, err)
	case 2:
		v, err := g.fn.ReduceMin(x.v, axes...)
		g.add(fmt.Sprint("min ", axes), x.exact, true, v, err)
	}
}

// dot contracts one axis of each operand, with a batch axis where both have one of the same
// length.
func (g *randomGraph) dot() {
	x, ok := g.pick(func(v randomValue) bool { return isFloat(v) && movable(v) && notEmpty(v) })
	if !ok {
		return
	}
	k := g.IntN(x.rank())
	length := x.dims()[k]
	y, ok := g.pick(func(v randomValue) bool {
		return isFloat(v) && v.shape.DType == x.shape.DType && slices.Contains(v.dims(), length) && x.shape.Size()/length*v.shape.Size()/length < 40000
	})
	if !ok {
		return
	}
	j := slices.Index(y.dims(), length)
	var lb, rb []int
	for a, d := range x.dims() {
		if b := slices.Index(y.dims(), d); a != k && b >= 0 && b != j && g.coin() {
			lb, rb = []int{a}, []int{b}
			break
		}
	}
	s := g.must(g.fn.DotGeneral(x.v, []int{k}, lb, y.v, []int{j}, rb, compute.DotGeneralConfig{}))
	g.add(fmt.Sprint("dot ", k, j, lb, rb), false, true, g.scaled(s, 1/(8*float64(length))), nil)
}

func (g *randomGraph) cumsum() {
	x, ok := g.pick(func(v randomValue) bool { return isFloat(v) && movable(v) && notEmpty(v) })
	if !ok {
		return
	}
	axis := g.IntN(x.rank())
	s := g.must(g.fn.CumSum(x.v, axis, compute.CumSumOptions{Exclusive: g.coin(), Reverse: g.coin()}))
	g.add(fmt.Sprint("cumsum ", axis), false, true, g.scaled(s, 1/float64(x.dims()[axis])), nil)
}

// gather takes rows of a matrix by constant indices.
func (g *randomGraph) gather() {
	x, ok := g.pick(func(v randomValue) bool { return v.rank() == 2 && notEmpty(v) })
	if !ok {
		return
	}
	n := 1 + g.IntN(9)
	indices := make([]int32, n)
	for i := range indices {
		indices[i] = int32(g.IntN(x.dims()[0]))
	}
	at := g.must(g.fn.Constant(indices, n, 1))
	v, err := g.fn.Gather(x.v, at, 1, []int{1}, []int{0}, []int{0}, []int{1, x.dims()[1]}, false)
	g.add(fmt.Sprint("gather ", indices), x.exact, x.bounded, v, err)
}

func (g *randomGraph) window() {
	x, ok := g.pick(func(v randomValue) bool {
		return isFloat(v) && v.rank() >= 2 && notEmpty(v) && slices.Min(v.dims()) >= 2
	})
	if !ok {
		return
	}
	w, s := make([]int, x.rank()), make([]int, x.rank())
	for i := range w {
		w[i], s[i] = 1+g.IntN(2), 1+g.IntN(2)
	}
	v, err := g.fn.ReduceWindow(x.v, compute.ReduceOpMax, w, s, nil, nil, nil)
	g.add(fmt.Sprint("window max ", w, s), x.exact, true, v, err)
}

// conv reads a matrix as one image of one or several channels.
func (g *randomGraph) conv() {
	x, ok := g.pick(func(v randomValue) bool {
		return isFloat(v) && v.rank() == 3 && notEmpty(v) && slices.Min(v.dims()[:2]) >= 3
	})
	if !ok {
		return
	}
	c, out := x.dims()[2], 1+g.IntN(5)
	k := make([]float64, 9*c*out)
	for i := range k {
		k[i] = (g.Float64() - .5) / float64(9*c)
	}
	kernel := g.must(g.fn.Constant(flatSlice(x.shape.DType, k), 3, 3, c, out))
	image := g.must(g.fn.Reshape(x.v, append([]int{1}, x.dims()...)...))
	axes := compute.ConvolveAxesConfig{
		InputBatch: 0, InputChannels: 3, InputSpatial: []int{1, 2}, KernelSpatial: []int{0, 1}, KernelInputChannels: 2,
		KernelOutputChannels: 3, OutputBatch: 0, OutputChannels: 3, OutputSpatial: []int{1, 2},
	}
	s := 1 + g.IntN(2)
	v, err := g.fn.ConvGeneral(image, kernel, axes, []int{s, s}, [][2]int{{1, 1}, {g.IntN(2), 1}}, nil, nil, 1, 1)
	g.add("conv", false, true, v, err)
}

func (g *randomGraph) argminmax() {
	x, ok := g.pick(func(v randomValue) bool { return exactly(v) && movable(v) && notEmpty(v) })
	if !ok {
		return
	}
	v, err := g.fn.ArgMinMax(x.v, g.IntN(x.rank()), dtypes.Int32, g.coin())
	g.add("argminmax", true, false, v, err)
}
