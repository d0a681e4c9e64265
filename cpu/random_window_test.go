package cpu_test

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
)

// Pooling, convolutions and products of random graphs.

// windows are drawn for pooling.
type windows struct {
	dims, strides, spread, apart []int
	pads                         [][2]int
	out                          []int
	most                         int // windows that hold one element, at most
}

// windows draws windows that all hold at least one element; dilated ones may hold none.
func (g *randomGraph) windows(dims []int, dilated bool) windows {
	w := windows{most: 1}
	for _, d := range dims {
		size, stride, spread, apart := min(1+g.IntN(3), d), 1+g.IntN(3), 1, 1
		if dilated {
			spread, apart = 1+g.IntN(2), 1+g.IntN(2)
		}
		long, reach := (d-1)*spread+1, (size-1)*apart+1
		pad := [2]int{g.IntN(size), g.IntN(size)}
		if long < reach {
			size, reach, pad = 1, 1, [2]int{}
		}
		w.dims, w.strides, w.spread, w.apart = append(w.dims, size), append(w.strides, stride), append(w.spread, spread), append(w.apart, apart)
		w.pads = append(w.pads, pad)
		w.out = append(w.out, (long+pad[0]+pad[1]-reach)/stride+1)
		w.most *= (size + stride - 1) / stride
	}
	return w
}

// pool reduces windows of any kind.
func (g *randomGraph) pool() {
	x, ok := g.pick(func(v randomValue) bool { return (isFloat(v) || isInt(v)) && movable(v) && notEmpty(v) })
	if !ok {
		return
	}
	dilated := g.IntN(3) == 0
	w := g.windows(x.dims(), dilated)
	kind := []compute.ReduceOpType{compute.ReduceOpSum, compute.ReduceOpMax, compute.ReduceOpMin}[g.IntN(3)]
	v, err := g.fn.ReduceWindow(x.v, kind, w.dims, w.strides, w.spread, w.apart, w.pads)
	exact := isInt(x) || x.exact && kind != compute.ReduceOpSum
	if kind == compute.ReduceOpSum && isFloat(x) {
		v = g.scaled(g.must(v, err), 1/float64(volume(w.dims)))
	}
	g.add(fmt.Sprint("pool ", kind, w.dims, w.strides, w.spread, w.apart, w.pads), exact,
		isFloat(x) && (!dilated || kind == compute.ReduceOpSum), v, err)
}

// pair picks two numbers of one type for a product.
func (g *randomGraph) pair() (x, y randomValue, ok bool) {
	x, ok = g.pick(func(v randomValue) bool { return isFloat(v) && notEmpty(v) })
	if !ok {
		return x, y, false
	}
	y, _ = g.pick(func(v randomValue) bool { return isFloat(v) && notEmpty(v) && v.shape.DType == x.shape.DType })
	return x, y, true
}

// lengths draws n dimensions with a bounded product.
func (g *randomGraph) lengths(n, most int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = min([]int{1, 2, 3, 4, 7, 8, 16, 17, 31, 33}[g.IntN(10)], most)
		most /= out[i]
		if g.IntN(2*g.zeros) == 0 {
			out[i] = 0
		}
	}
	return out
}

// product contracts any axes of operands in any order of axes.
func (g *randomGraph) product() {
	x, y, ok := g.pair()
	if !ok {
		return
	}
	batch, contract := g.lengths(g.IntN(3), 12), g.lengths(g.IntN(3), 300)
	left, right := g.lengths(g.IntN(3), 60), g.lengths(g.IntN(3), 60)
	order := func(free []int) (dims, contracts, batches []int) {
		all := slices.Concat(batch, contract, free)
		at := g.Perm(len(all))
		dims = make([]int, len(all))
		for i, d := range all {
			dims[at[i]] = d
		}
		return dims, at[len(batch) : len(batch)+len(contract)], at[:len(batch)]
	}
	ld, lc, lb := order(left)
	rd, rc, rb := order(right)
	v, err := g.fn.DotGeneral(g.fit(x, ld...), lc, lb, g.fit(y, rd...), rc, rb, compute.DotGeneralConfig{})
	v = g.scaled(g.must(v, err), 1/(8*float64(max(1, volume(contract)))))
	g.add(fmt.Sprint("product of ", ld, lc, lb, rd, rc, rb), false, true, v, nil)
	if n := len(left) + len(right); n > 0 && g.coin() {
		// Gradients of weights are read with the right operand's axes first.
		perm := make([]int, 0, len(batch)+n)
		for i := range batch {
			perm = append(perm, i)
		}
		for i := range n {
			perm = append(perm, len(batch)+(len(left)+i)%n)
		}
		v, err := g.fn.Transpose(v, perm...)
		g.add(fmt.Sprint("transpose of the product ", perm), false, true, v, err)
	}
}

// convolutionShape is a convolution with its axes in standard order: batch, channels, space for
// the input, output channels, input channels, space for the kernel.
type convolutionShape struct {
	in, kernel                 []int
	strides, spread, apart     []int
	pads                       [][2]int
	channelGroups, batchGroups int
}

func (g *randomGraph) convolutionShape() convolutionShape {
	c := convolutionShape{channelGroups: []int{1, 1, 1, 2, 3}[g.IntN(5)], batchGroups: 1}
	if c.channelGroups == 1 && g.IntN(6) == 0 {
		c.batchGroups = 2
	}
	channels := 1 + g.IntN(5)
	if g.IntN(4) == 0 {
		channels = 16
	}
	c.in = []int{c.batchGroups * (1 + g.IntN(3)), c.channelGroups * channels}
	c.kernel = []int{c.channelGroups * c.batchGroups * (1 + g.IntN(7)), channels}
	if g.IntN(g.zeros) == 0 {
		c.in[0] = 0
	}
	for range 1 + g.IntN(3) {
		size, k := 1+g.IntN(8), 1+g.IntN(4)
		stride, spread, apart := 1+g.IntN(3), 1, 1
		if g.IntN(3) == 0 {
			spread = 1 + g.IntN(3)
		}
		if g.IntN(3) == 0 {
			apart = 1 + g.IntN(2)
		}
		pad := [2]int{g.IntN(3), g.IntN(3)}
		for (size-1)*spread+1+pad[0]+pad[1] < (k-1)*apart+1 {
			size++
		}
		c.in, c.kernel = append(c.in, size), append(c.kernel, k)
		c.strides, c.spread, c.apart = append(c.strides, stride), append(c.spread, spread), append(c.apart, apart)
		c.pads = append(c.pads, pad)
	}
	return c
}

// convolution convolves with strides, dilations and groups, with the axes in any order.
func (g *randomGraph) convolution() {
	x, y, ok := g.pair()
	if !ok {
		return
	}
	c := g.convolutionShape()
	n := len(c.in)
	place := func(dims []int) (at, out []int) {
		if at = g.Perm(n); g.coin() { // channels last
			at = []int{0, n - 1}
			for i := 1; i < n-1; i++ {
				at = append(at, i)
			}
		}
		out = make([]int, n)
		for i, d := range dims {
			out[at[i]] = d
		}
		return at, out
	}
	g.alone = g.alone || c.batchGroups > 1 // that engine reads beyond the input
	in, inDims := place(c.in)
	kernel, kernelDims := place(c.kernel)
	result, _ := place(c.in)
	axes := compute.ConvolveAxesConfig{
		InputBatch: in[0], InputChannels: in[1], InputSpatial: in[2:],
		KernelOutputChannels: kernel[0], KernelInputChannels: kernel[1], KernelSpatial: kernel[2:],
		OutputBatch: result[0], OutputChannels: result[1], OutputSpatial: result[2:],
	}
	w := g.fit(y, kernelDims...)
	if g.IntN(3) == 0 { // as in a transposed convolution
		w = g.must(g.fn.Reverse(w, axes.KernelSpatial...))
	}
	v, err := g.fn.ConvGeneral(g.fit(x, inDims...), w, axes, c.strides, c.pads, c.spread, c.apart, c.channelGroups, c.batchGroups)
	v = g.scaled(g.must(v, err), 1/(8*float64(volume(c.kernel[1:]))))
	g.add(fmt.Sprintf("convolution of %v with %v, strides %v pads %v dilations %v %v groups %d %d axes %+v", inDims, kernelDims, c.strides, c.pads,
		c.spread, c.apart, c.channelGroups, c.batchGroups, axes), false, true, v, nil)
	if g.coin() {
		g.biased(randomValue{v, g.shape(v), false, true}, result[1])
	}
}

// biased adds one number for each index of an axis, and bends.
func (g *randomGraph) biased(x randomValue, axis int) {
	b, ok := g.pick(func(v randomValue) bool { return isFloat(v) && v.shape.DType == x.shape.DType && notEmpty(v) })
	if !ok {
		return
	}
	bias := g.must(g.fn.BroadcastInDim(g.fit(b, x.dims()[axis]), x.shape, []int{axis}))
	y := g.must(g.fn.Add(x.v, bias))
	zero := g.scalar(x.shape.DType, 0)
	var v compute.Value
	kind := g.IntN(4)
	switch kind {
	case 0:
		v = g.must(g.fn.Max(y, zero))
	case 1:
		v = g.must(g.fn.Mul(y, g.must(g.fn.Logistic(y))))
	case 2:
		half := g.must(g.fn.Add(g.must(g.fn.Erf(g.scaled(y, .7071067811865476))), g.scalar(x.shape.DType, 1)))
		v = g.must(g.fn.Mul(y, g.scaled(half, .5)))
	case 3:
		v = g.must(g.fn.Tanh(y))
	}
	g.add("bias and "+[]string{"relu", "silu", "gelu", "tanh"}[kind], false, true, g.scaled(v, .5), nil)
}

// activation is a layer: a product, bias and a bend.
func (g *randomGraph) activation() {
	x, y, ok := g.pair()
	if !ok {
		return
	}
	m, k, n := 1+g.IntN(40), 1+g.IntN(40), 1+g.IntN(40)
	v := g.must(g.fn.DotGeneral(g.fit(x, m, k), []int{1}, nil, g.fit(y, k, n), []int{0}, nil, compute.DotGeneralConfig{}))
	v = g.scaled(v, 1/(8*float64(k)))
	g.biased(randomValue{v, g.shape(v), false, true}, 1)
}

// wholeProduct multiplies integers; sums wrap around.
func (g *randomGraph) wholeProduct() {
	x, ok := g.pick(func(v randomValue) bool {
		return (v.shape.DType == dtypes.Int32 || v.shape.DType == dtypes.Int64) && notEmpty(v)
	})
	if !ok {
		return
	}
	y, _ := g.pick(func(v randomValue) bool { return v.shape.DType == x.shape.DType && notEmpty(v) })
	m, k, n := 1+g.IntN(9), 1+g.IntN(20), 1+g.IntN(9)
	v, err := g.fn.DotGeneral(g.fit(x, m, k), []int{1}, nil, g.fit(y, n, k), []int{1}, nil, compute.DotGeneralConfig{})
	g.add(fmt.Sprint("product of integers ", m, k, n), true, false, v, err)
}
