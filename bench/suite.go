package bench

import (
	"fmt"

	"github.com/gomlx/compute"
)

// products are the matrix products of the 784-400-20 VAE at batch 128, and two large ones.
func products() []work {
	type shape struct {
		m, k, n          int
		turnLhs, turnRhs bool
	}
	var out []work
	for _, s := range []shape{
		{128, 784, 400, false, false}, {128, 400, 784, false, false}, {784, 128, 400, true, false}, {128, 784, 400, false, true},
		{128, 400, 20, false, false}, {128, 20, 400, false, false}, {1024, 1024, 1024, false, false}, {2048, 2048, 2048, false, false},
	} {
		lhs, rhs := []int{s.m, s.k}, []int{s.k, s.n}
		left, right, name := 1, 0, fmt.Sprintf("%d×%d×%d", s.m, s.k, s.n)
		if s.turnLhs {
			lhs, left, name = []int{s.k, s.m}, 0, name+" Aᵀ·B"
		}
		if s.turnRhs {
			rhs, right, name = []int{s.n, s.k}, 1, name+" A·Bᵀ"
		}
		out = append(out, work{"product", name, 2 * float64(s.m) * float64(s.k) * float64(s.n), [][]int{lhs, rhs},
			func(f compute.Function, in []compute.Value) (compute.Value, error) {
				return f.DotGeneral(in[0], []int{left}, nil, in[1], []int{right}, nil, compute.DotGeneralConfig{})
			}})
	}
	return out
}

// image is a convolution of N×H×H×in with k×k×in×out by a stride, padded by k/2 (half of that
// where k is even).
type image struct{ n, h, in, out, k, stride int }

// channelsLast are the axes of images N×H×W×C and kernels k×k×in×out.
var channelsLast = compute.ConvolveAxesConfig{
	InputBatch: 0, InputSpatial: []int{1, 2}, InputChannels: 3, KernelSpatial: []int{0, 1}, KernelInputChannels: 2,
	KernelOutputChannels: 3, OutputBatch: 0, OutputSpatial: []int{1, 2}, OutputChannels: 3,
}

// convolutions are forward passes and the two gradients, as differentiation states them.
func convolutions() []work {
	var out []work
	for _, c := range []image{{64, 28, 32, 64, 3, 1}, {128, 28, 1, 32, 4, 2}, {128, 14, 32, 64, 4, 2}, {64, 7, 128, 128, 3, 1}} {
		out = append(out, c.forward())
		if c.stride == 1 {
			out = append(out, c.inputGradient(), c.kernelGradient())
		}
	}
	return out
}

func (c image) side() int     { return (c.h+2*c.pad()-c.k)/c.stride + 1 }
func (c image) pad() int      { return (c.k - 1) / 2 }
func (c image) x() []int      { return []int{c.n, c.h, c.h, c.in} }
func (c image) y() []int      { return []int{c.n, c.side(), c.side(), c.out} }
func (c image) kernel() []int { return []int{c.k, c.k, c.in, c.out} }
func (c image) flops() float64 {
	return 2 * float64(c.n*c.side()*c.side()*c.out) * float64(c.k*c.k*c.in)
}

func (c image) name(pass string) string {
	return fmt.Sprintf("%d×%d×%d×%d→%d %d×%d/%d %s", c.n, c.h, c.h, c.in, c.out, c.k, c.k, c.stride, pass)
}

// paddings pads both sides of both axes alike.
func paddings(p int) [][2]int { return [][2]int{{p, p}, {p, p}} }

func (c image) forward() work {
	return work{"convolution", c.name("forward"), c.flops(), [][]int{c.x(), c.kernel()},
		func(f compute.Function, in []compute.Value) (compute.Value, error) {
			return f.ConvGeneral(in[0], in[1], channelsLast, []int{c.stride, c.stride}, paddings(c.pad()), nil, nil, 1, 1)
		}}
}

// inputGradient convolves the output's gradient with the kernel turned around.
func (c image) inputGradient() work {
	axes := channelsLast
	axes.KernelInputChannels, axes.KernelOutputChannels = 3, 2
	return work{"convolution", c.name("∂x"), c.flops(), [][]int{c.y(), c.kernel()},
		func(f compute.Function, in []compute.Value) (compute.Value, error) {
			turned, err := f.Reverse(in[1], 0, 1)
			if err != nil {
				return nil, err
			}
			return f.ConvGeneral(in[0], turned, axes, []int{1, 1}, paddings(c.k-1-c.pad()), nil, nil, 1, 1)
		}}
}

// kernelGradient convolves the input with the output's gradient; batch and channels change
// places.
func (c image) kernelGradient() work {
	axes := compute.ConvolveAxesConfig{
		InputBatch: 3, InputSpatial: []int{1, 2}, InputChannels: 0, KernelSpatial: []int{1, 2}, KernelInputChannels: 0,
		KernelOutputChannels: 3, OutputBatch: 2, OutputSpatial: []int{0, 1}, OutputChannels: 3,
	}
	return work{"convolution", c.name("∂w"), c.flops(), [][]int{c.x(), c.y()},
		func(f compute.Function, in []compute.Value) (compute.Value, error) {
			return f.ConvGeneral(in[0], in[1], axes, []int{1, 1}, paddings(c.pad()), nil, nil, 1, 1)
		}}
}

// elementwise is work on 128×784 numbers, which the second-level cache holds.
func elementwise() []work {
	dims := []int{128, 784}
	one := func(name string, op func(f compute.Function, x compute.Value) (compute.Value, error)) work {
		return work{"elementwise", name, 0, [][]int{dims}, func(f compute.Function, in []compute.Value) (compute.Value, error) { return op(f, in[0]) }}
	}
	return []work{
		one("exp", compute.Function.Exp), one("log1p", compute.Function.Log1p), one("tanh", compute.Function.Tanh),
		one("logistic", compute.Function.Logistic), one("erf", compute.Function.Erf), one("sin", compute.Function.Sin),
		one("sum of rows", func(f compute.Function, x compute.Value) (compute.Value, error) { return f.ReduceSum(x, 1) }),
		one("sum of columns", func(f compute.Function, x compute.Value) (compute.Value, error) { return f.ReduceSum(x, 0) }),
		one("transpose", func(f compute.Function, x compute.Value) (compute.Value, error) { return f.Transpose(x, 1, 0) }),
		{"elementwise", "x·y + x", 0, [][]int{dims, dims}, func(f compute.Function, in []compute.Value) (compute.Value, error) {
			p, err := f.Mul(in[0], in[1])
			if err != nil {
				return nil, err
			}
			return f.Add(p, in[0])
		}},
	}
}
