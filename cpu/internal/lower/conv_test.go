package lower_test

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapeinference"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

// channelsLast is the order batch, spatial axes, channels; the kernel's is spatial axes, input
// channels, output channels.
var channelsLast = compute.ConvolveAxesConfig{
	InputBatch: 0, InputSpatial: []int{1, 2}, InputChannels: 3,
	KernelSpatial: []int{0, 1}, KernelInputChannels: 2, KernelOutputChannels: 3,
	OutputBatch: 0, OutputSpatial: []int{1, 2}, OutputChannels: 3,
}

// channelsFirst is the order batch, channels, spatial axes; the kernel's is output channels,
// input channels, spatial axes.
var channelsFirst = compute.ConvolveAxesConfig{
	InputBatch: 0, InputSpatial: []int{2, 3}, InputChannels: 1,
	KernelSpatial: []int{2, 3}, KernelInputChannels: 1, KernelOutputChannels: 0,
	OutputBatch: 0, OutputSpatial: []int{2, 3}, OutputChannels: 1,
}

// convolved adds a ConvGeneral.
func convolved(t testing.TB, g *ir.Graph, x, w *ir.Value, a ir.Conv) *ir.Value {
	a.ChannelGroups, a.BatchGroups = max(a.ChannelGroups, 1), max(a.BatchGroups, 1)
	s, err := shapeinference.ConvGeneral(x.Shape, w.Shape, a.Axes, a.Strides, a.Paddings, a.InputDilations,
		a.KernelDilations, a.ChannelGroups, a.BatchGroups)
	if err != nil {
		t.Fatal(err)
	}
	return node(g, compute.OpTypeConvGeneral, a, s.DType, s.Dimensions, x, w)
}

func TestConvolutionsAgreeWithTheStockEngine(t *testing.T) {
	ones, pad := []int{1, 1}, [][2]int{{1, 1}, {0, 2}}
	check(t, graph(func(g *ir.Graph) []*ir.Value {
		x, w := parameter(g, f32, 2, 7, 6, 4), parameter(g, f32, 3, 2, 4, 5)
		grouped := parameter(g, f32, 3, 2, 2, 6)
		conv := func(x, w *ir.Value, a ir.Conv) *ir.Value {
			if a.Axes.InputSpatial == nil {
				a.Axes = channelsLast
			}
			return convolved(t, g, x, w, a)
		}
		first := transposed(g, x, 0, 3, 1, 2)
		return []*ir.Value{
			conv(x, w, ir.Conv{Strides: ones}),
			conv(x, w, ir.Conv{Strides: []int{2, 1}, Paddings: pad}),
			conv(x, w, ir.Conv{Strides: ones, Paddings: pad, InputDilations: []int{2, 1}, KernelDilations: []int{1, 2}}),
			conv(x, grouped, ir.Conv{Strides: ones, ChannelGroups: 2}),
			conv(x, node(g, compute.OpTypeReverse, ir.Axes{0, 1}, f32, []int{3, 2, 4, 5}, w), ir.Conv{Strides: ones}),
			conv(first, transposed(g, w, 3, 2, 0, 1), ir.Conv{Strides: ones, Axes: channelsFirst}),
		}
	}))
}

func TestGroupsOfTheBatchAgreeWithTheStockEngine(t *testing.T) {
	check(t, graph(func(g *ir.Graph) []*ir.Value {
		x, w := parameter(g, f64, 4, 5, 5, 3), parameter(g, f64, 3, 3, 3, 6)
		return []*ir.Value{convolved(t, g, x, w, ir.Conv{Axes: channelsLast, Strides: []int{1, 1}, BatchGroups: 2})}
	}))
}
