// Package conv holds convolutions of any number of spatial axes, computed in place by the
// micro-kernels of package gemm: no patch matrix is formed and no product with padding or with
// an inserted zero is taken.
//
// A forward convolution, its two gradients and a transposed convolution are one operation,
//
//	y[n, o, co] = Σ_{k, ci} x[n, i, ci] · w[k, ci, co],  i·s = o·t + k·d − p on every axis,
//
// with stride t, padding p, input dilation s and kernel dilation d; terms whose i is fractional
// or outside the input are left out. The axes may lie in memory in any order. How a tile's rows
// and the contraction are laid over the axes is chosen from the shapes alone.
package conv

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/kernel/gemm"
)

// Axis is a spatial axis. Strides of memory count elements and may be negative.
type Axis struct {
	In, Kernel     int // elements of the input and of the kernel
	Stride         int // input positions from one output to the next
	Lo, Hi         int // padding before and behind the input; a negative one crops
	InputDilation  int // distance at which the input's elements are set, at least 1
	KernelDilation int // distance at which the kernel's elements are set, at least 1

	InStride, KernelStride, OutStride int // in memory
}

// Out is the number of outputs along the axis.
func (a Axis) Out() int {
	in, kernel := (a.In-1)*a.InputDilation+1, (a.Kernel-1)*a.KernelDilation+1
	if in += a.Lo + a.Hi; in < kernel {
		return 0
	}
	return (in-kernel)/a.Stride + 1
}

// Spec is a convolution. The input is indexed [Batch, spatial…, InChannels], the kernel
// [spatial…, InChannels/Groups, OutChannels], the output [Batch/BatchGroups, spatial…,
// OutChannels]; strides of memory count elements.
//
// With Groups, an equal part of the output channels sees an equal part of the input channels;
// with BatchGroups, an equal part of the batch. At most one of the two exceeds 1.
type Spec struct {
	DType                          dtypes.DType // of all three operands
	Batch, InChannels, OutChannels int          // of the input, the input and the output
	Groups, BatchGroups            int          // at least 1
	Axes                           []Axis       // the spatial axes, at least one

	InBatch, InChannel   int // strides of the input
	KernelIn, KernelOut  int // strides of the kernel's input and output channels
	OutBatch, OutChannel int // strides of the output

	// Epilogue goes on with finished parts of the output, as in package gemm: the output, whose
	// channels must be its last axis, is seen as a matrix with a row for every image and position,
	// in row-major order; the number of the batch is 0. The arguments are what it wants, with
	// output, input and kernel at ArgOutput, ArgInput and ArgKernel.
	Epilogue                       gemm.Epilogue
	ArgOutput, ArgInput, ArgKernel int
}

// General describes compute's ConvGeneral on operands that lie in memory in row-major order.
// Lists that are nil have their default.
func General(input, kernel shapes.Shape, axes compute.ConvolveAxesConfig, strides []int, paddings [][2]int,
	inputDilations, kernelDilations []int, channelGroups, batchGroups int) Spec {
	s := Spec{
		DType: input.DType, Batch: input.Dimensions[axes.InputBatch], InChannels: input.Dimensions[axes.InputChannels],
		OutChannels: kernel.Dimensions[axes.KernelOutputChannels],
		Groups:      max(1, channelGroups), BatchGroups: max(1, batchGroups),
	}
	out := make([]int, input.Rank())
	out[axes.OutputBatch], out[axes.OutputChannels] = s.Batch/s.BatchGroups, s.OutChannels
	for i, in := range axes.InputSpatial {
		a := Axis{In: input.Dimensions[in], Kernel: kernel.Dimensions[axes.KernelSpatial[i]], Stride: at(strides, i),
			InputDilation: at(inputDilations, i), KernelDilation: at(kernelDilations, i)}
		if len(paddings) > 0 {
			a.Lo, a.Hi = paddings[i][0], paddings[i][1]
		}
		out[axes.OutputSpatial[i]] = a.Out()
		s.Axes = append(s.Axes, a)
	}
	in, ker, res := rowMajor(input.Dimensions), rowMajor(kernel.Dimensions), rowMajor(out)
	s.InBatch, s.InChannel = in[axes.InputBatch], in[axes.InputChannels]
	s.KernelIn, s.KernelOut = ker[axes.KernelInputChannels], ker[axes.KernelOutputChannels]
	s.OutBatch, s.OutChannel = res[axes.OutputBatch], res[axes.OutputChannels]
	for i := range s.Axes {
		a := &s.Axes[i]
		a.InStride, a.KernelStride, a.OutStride = in[axes.InputSpatial[i]], ker[axes.KernelSpatial[i]], res[axes.OutputSpatial[i]]
	}
	return s
}

// at is an entry of a list of strides or dilations, 1 if there is no list.
func at(list []int, i int) int {
	if len(list) == 0 {
		return 1
	}
	return list[i]
}

// rowMajor gives the strides of a dense array.
func rowMajor(dims []int) []int {
	out, n := make([]int, len(dims)), 1
	for i := len(dims) - 1; i >= 0; i-- {
		out[i] = n
		n *= dims[i]
	}
	return out
}
