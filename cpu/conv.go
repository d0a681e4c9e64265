package cpu

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapeinference"
	"github.com/pkg/errors"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

// ConvGeneral convolves an input with a kernel, over any number of spatial axes.
func (f *Function) ConvGeneral(input, kernel compute.Value, axes compute.ConvolveAxesConfig, strides []int, paddings [][2]int,
	inputDilations, kernelDilations []int, channelGroups, batchGroups int) (compute.Value, error) {
	in, err := f.use(compute.OpTypeConvGeneral, input, kernel)
	if err != nil {
		return nil, err
	}
	a := ir.Conv{
		Axes: axes.Clone(), Strides: slices.Clone(strides), Paddings: slices.Clone(paddings),
		InputDilations: slices.Clone(inputDilations), KernelDilations: slices.Clone(kernelDilations),
		ChannelGroups: max(channelGroups, 1), BatchGroups: max(batchGroups, 1),
	}
	spatial := max(in[0].Shape.Rank()-2, 0)
	for _, list := range []*[]int{&a.Strides, &a.InputDilations, &a.KernelDilations} {
		if len(*list) == 0 {
			*list = ones(spatial)
		}
	}
	if len(a.Paddings) == 0 {
		a.Paddings = make([][2]int, spatial)
	}
	out, err := shapeinference.ConvGeneral(in[0].Shape, in[1].Shape, a.Axes, a.Strides, a.Paddings, a.InputDilations,
		a.KernelDilations, a.ChannelGroups, a.BatchGroups)
	if err != nil {
		return nil, errors.WithMessagef(err, "cpu: ConvGeneral of %s with %s", in[0].Shape, in[1].Shape)
	}
	return f.node(compute.OpTypeConvGeneral, a, out, in...)
}
