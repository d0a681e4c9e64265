package conv

import (
	"fmt"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors/images"
)

// spy is the stock backend that notes the arguments of ConvGeneral.
type spy struct {
	compute.Backend
	builder compute.Builder
	specs   []Spec
}

func (s *spy) Builder(name string) compute.Builder {
	s.builder = s.Backend.Builder(name)
	return &spyBuilder{s.builder, s}
}

type spyBuilder struct {
	compute.Builder
	spy *spy
}

func (b *spyBuilder) Main() compute.Function { return &spyFunction{b.Builder.Main(), b.spy} }

type spyFunction struct {
	compute.Function
	spy *spy
}

func (f *spyFunction) ConvGeneral(input, kernel compute.Value, axes compute.ConvolveAxesConfig, strides []int, paddings [][2]int,
	inputDilations, kernelDilations []int, channelGroups, batchGroups int) (compute.Value, error) {
	v, err := f.Function.ConvGeneral(input, kernel, axes, strides, paddings, inputDilations, kernelDilations, channelGroups, batchGroups)
	if err == nil {
		in, _ := f.spy.builder.OpShape(input)
		out, _ := f.spy.builder.OpShape(kernel)
		f.spy.specs = append(f.spy.specs, General(in, out, axes, strides, paddings, inputDilations, kernelDilations, channelGroups, batchGroups))
	}
	return v, err
}

// emitted gives the convolutions that GoMLX builds for a convolution and its two gradients.
func emitted(t *testing.T, x, w shapes.Shape, set func(*graph.ConvolutionBuilder) *graph.ConvolutionBuilder) []Spec {
	t.Helper()
	s := &spy{Backend: gobackend.GetBackend()}
	g := graph.NewGraph(s, t.Name())
	in, ker := graph.Parameter(g, "x", x), graph.Parameter(g, "w", w)
	y := set(graph.Convolve(in, ker)).Done()
	graph.Gradient(graph.ReduceAllSum(graph.Square(y)), in, ker)
	return s.specs
}

func TestWhatAutodiffEmitsAgreesWithBruteForce(t *testing.T) {
	type builder = *graph.ConvolutionBuilder
	image, weights := shapes.Make(dtypes.Float32, 5, 9, 8, 6), shapes.Make(dtypes.Float32, 3, 4, 6, 35)
	first, firsts := shapes.Make(dtypes.Float32, 5, 6, 9, 8), shapes.Make(dtypes.Float32, 35, 6, 3, 4)
	signal, signals := shapes.Make(dtypes.Float32, 3, 40, 5), shapes.Make(dtypes.Float32, 7, 5, 11)
	volume, volumes := shapes.Make(dtypes.Float32, 2, 5, 6, 7, 3), shapes.Make(dtypes.Float32, 2, 3, 2, 3, 4)
	for stride := 1; stride <= 3; stride++ {
		for _, same := range []bool{false, true} {
			pad := func(c builder) builder {
				if same {
					return c.PadSame()
				}
				return c.NoPadding()
			}
			for _, c := range []struct {
				name string
				x, w shapes.Shape
				set  func(builder) builder
				want int
			}{
				{"strides", image, weights, func(c builder) builder { return pad(c).Strides(stride) }, 3},
				{"dilations", image, weights, func(c builder) builder { return pad(c).DilationPerAxis(stride, min(2, stride)) }, 3},
				{"channels first", first, firsts, func(c builder) builder { return pad(c.ChannelsAxis(images.ChannelsFirst)).Strides(stride) }, 3},
				{"one axis", signal, signals, func(c builder) builder { return pad(c).Strides(stride) }, 3},
				{"three axes", volume, volumes, func(c builder) builder { return pad(c).Strides(stride) }, 3},
				{"groups", image, shapes.Make(dtypes.Float32, 3, 4, 3, 10), func(c builder) builder { return pad(c).Strides(stride).ChannelGroupCount(2) }, 5},
				{"transposed", image, weights, func(c builder) builder {
					return c.PaddingPerDim([][2]int{{2, 1}, {3, 2}}).InputDilationPerAxis(stride, stride)
				}, 0},
			} {
				t.Run(fmt.Sprint(c.name, " ", stride, " same ", same), func(t *testing.T) {
					if c.want == 0 { // its gradient is undefined
						s := &spy{Backend: gobackend.GetBackend()}
						g := graph.NewGraph(s, t.Name())
						c.set(graph.Convolve(graph.Parameter(g, "x", c.x), graph.Parameter(g, "w", c.w))).Done()
						check[float32](t, s.specs[0], dtypes.Float32)
						return
					}
					specs := emitted(t, c.x, c.w, c.set)
					if len(specs) != c.want {
						t.Fatalf("got %d convolutions, want %d", len(specs), c.want)
					}
					for _, s := range specs {
						check[float32](t, s, dtypes.Float32)
					}
				})
			}
		}
	}
}
