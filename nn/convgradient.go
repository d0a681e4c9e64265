package nn

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	g "github.com/gomlx/gomlx/core/graph"
)

// The graph library differentiates no convolution with input dilation, shifts the gradient by
// the input of kernels of even size, and splits grouped ones into one convolution a group.
// This gradient takes its place; of batch groups the library's own remains.
func init() {
	stock := g.VJPRegistration[g.NodeTypeConvGeneral]
	g.VJPRegistration[g.NodeTypeConvGeneral] = func(node *g.Node, v []*g.Node, out shapes.Shape) []*g.Node {
		c := geometryOf(node)
		if c.batchGroups > 1 {
			return stock(node, v, out)
		}
		x, kernel := node.Inputs()[0], node.Inputs()[1]
		return []*g.Node{c.inputGradient(x, kernel, v[0]), c.kernelGradient(x, kernel, v[0])}
	}
}

// geometry holds the parameters of a convolution, one value a spatial axis:
//
//	y[o] = Σ_a x̃[o·stride + a·dilation − pad₀]·w[a],
//
// x̃ being x with zeros between its values, spread apart by the input dilation.
type geometry struct {
	axes                            compute.ConvolveAxesConfig
	stride, dilation, inputDilation []int
	pad                             [][2]int
	groups, batchGroups             int
}

// geometryOf reads the parameters of a convolution node, which the library keeps to itself.
func geometryOf(node *g.Node) geometry {
	in := reflect.ValueOf(node).Elem().FieldByName("inputs").Elem().Elem()
	axes := in.FieldByName("axes")
	n := node.Rank() - 2
	c := geometry{
		axes: compute.ConvolveAxesConfig{
			InputBatch:           number(axes, "InputBatch"),
			InputChannels:        number(axes, "InputChannels"),
			InputSpatial:         numbers(axes, "InputSpatial", n, 0),
			KernelInputChannels:  number(axes, "KernelInputChannels"),
			KernelOutputChannels: number(axes, "KernelOutputChannels"),
			KernelSpatial:        numbers(axes, "KernelSpatial", n, 0),
			OutputBatch:          number(axes, "OutputBatch"),
			OutputChannels:       number(axes, "OutputChannels"),
			OutputSpatial:        numbers(axes, "OutputSpatial", n, 0),
		},
		stride:        numbers(in, "strides", n, 1),
		dilation:      numbers(in, "kernelDilations", n, 1),
		inputDilation: numbers(in, "inputDilations", n, 1),
		pad:           make([][2]int, n),
		groups:        max(1, number(in, "channelGroupCount")),
		batchGroups:   max(1, number(in, "batchGroupCount")),
	}
	if pad := in.FieldByName("paddings"); pad.Len() > 0 {
		for i := range c.pad {
			c.pad[i] = [2]int{int(pad.Index(i).Index(0).Int()), int(pad.Index(i).Index(1).Int())}
		}
	}
	return c
}

// number reads an int field.
func number(v reflect.Value, name string) int { return int(v.FieldByName(name).Int()) }

// numbers reads n values of a field that holds ints or, if they are all the default, none.
func numbers(v reflect.Value, name string, n, standard int) []int {
	f := v.FieldByName(name)
	out := slices.Repeat([]int{standard}, n)
	for i := range f.Len() {
		out[i] = int(f.Index(i).Int())
	}
	return out
}

// extents returns, for a spatial axis, the sizes of input, kernel and output after dilation
// by inputDilation, dilation and stride.
func (c geometry) extents(i int, x, kernel, v *g.Node) (in, window, out int) {
	spread := func(size, by int) int { return (size-1)*by + 1 }
	return spread(x.Shape().Dimensions[c.axes.InputSpatial[i]], c.inputDilation[i]),
		spread(kernel.Shape().Dimensions[c.axes.KernelSpatial[i]], c.dilation[i]),
		spread(v.Shape().Dimensions[c.axes.OutputSpatial[i]], c.stride[i])
}

// inputGradient is ∂L/∂x for v = ∂L/∂y: v, dilated by the stride, convolved with the
// reversed kernel whose channel axes change places.
func (c geometry) inputGradient(x, kernel, v *g.Node) *g.Node {
	a := c.axes
	pad := make([][2]int, len(c.pad))
	for i := range pad {
		in, window, out := c.extents(i, x, kernel, v)
		before := window - 1 - c.pad[i][0]
		pad[i] = [2]int{before, in + window - 1 - out - before}
	}
	back := compute.ConvolveAxesConfig{
		InputBatch: a.OutputBatch, InputChannels: a.OutputChannels, InputSpatial: a.OutputSpatial,
		KernelInputChannels: a.KernelOutputChannels, KernelOutputChannels: a.KernelInputChannels, KernelSpatial: a.KernelSpatial,
		OutputBatch: a.InputBatch, OutputChannels: a.InputChannels, OutputSpatial: a.InputSpatial,
	}
	w := g.Reverse(c.regrouped(kernel), a.KernelSpatial...)
	return g.ConvGeneral(v, w, back, c.inputDilation, pad, unlessOne(c.stride), unlessOne(c.dilation), c.groups, 1)
}

// regrouped moves the groups of a kernel from its output channels to its input channels.
func (c geometry) regrouped(kernel *g.Node) *g.Node {
	if c.groups == 1 {
		return kernel
	}
	in, out := c.axes.KernelInputChannels, c.axes.KernelOutputChannels
	dims := slices.Clone(kernel.Shape().Dimensions)
	split := slices.Insert(slices.Clone(dims), out, c.groups)
	split[out+1] /= c.groups
	var order []int
	for axis := range dims {
		at := axis
		if axis >= out {
			at++
		}
		if axis == in {
			order = append(order, out)
		}
		order = append(order, at)
	}
	dims[in] *= c.groups
	dims[out] /= c.groups
	return g.Reshape(g.TransposeAllAxes(g.Reshape(kernel, split...), order...), dims...)
}

// kernelGradient is ∂L/∂w for v = ∂L/∂y: x convolved with v, dilated by the stride, where
// channels and batch change places.
func (c geometry) kernelGradient(x, kernel, v *g.Node) *g.Node {
	a := c.axes
	pad := make([][2]int, len(c.pad))
	for i := range pad {
		in, window, out := c.extents(i, x, kernel, v)
		pad[i] = [2]int{c.pad[i][0], window - 1 + out - in - c.pad[i][0]}
	}
	back := compute.ConvolveAxesConfig{
		InputBatch: a.InputChannels, InputChannels: a.InputBatch, InputSpatial: a.InputSpatial,
		KernelInputChannels: a.OutputBatch, KernelOutputChannels: a.OutputChannels, KernelSpatial: a.OutputSpatial,
		OutputBatch: a.KernelInputChannels, OutputChannels: a.KernelOutputChannels, OutputSpatial: a.KernelSpatial,
	}
	if c.groups == 1 {
		return g.ConvGeneral(x, v, back, c.dilation, pad, unlessOne(c.inputDilation), unlessOne(c.stride), 1, 1)
	}
	return c.groupedKernelGradient(x, v, back, pad)
}

// groupedKernelGradient is kernelGradient by a convolution in groups of the batch. The stock
// backend wants the batch axis of its output where that of the input is, so the output takes
// the layout of the input and is transposed afterwards.
func (c geometry) groupedKernelGradient(x, v *g.Node, back compute.ConvolveAxesConfig, pad [][2]int) *g.Node {
	want := back
	back.OutputBatch, back.OutputChannels, back.OutputSpatial = back.InputBatch, back.InputChannels, back.InputSpatial
	y := g.ConvGeneral(x, v, back, c.dilation, pad, unlessOne(c.inputDilation), unlessOne(c.stride), 1, c.groups)
	order := make([]int, y.Rank())
	order[want.OutputBatch], order[want.OutputChannels] = back.OutputBatch, back.OutputChannels
	for i, axis := range want.OutputSpatial {
		order[axis] = back.OutputSpatial[i]
	}
	return g.TransposeAllAxes(y, order...)
}

// unlessOne returns the dilations of a convolution, none if they are all 1.
func unlessOne(d []int) []int {
	if slices.Max(d) == 1 {
		return nil
	}
	return d
}

// mustBePositive panics unless every value is at least 1.
func mustBePositive(layer, what string, values ...int) {
	for _, v := range values {
		if v < 1 {
			panic(fmt.Errorf("nn: %s: %s: got %d, want at least 1", layer, what, v))
		}
	}
}
