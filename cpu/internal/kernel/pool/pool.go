// Package pool reduces windows of an array: pooling, its gradients, and compute's general
// ReduceWindow and SelectAndScatter on any number of axes.
//
// A window's elements are taken in row-major order, starting from the reduction's neutral
// element; padding and the holes of a dilation take no part.
package pool

import (
	"fmt"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/kernel/conv"
	"github.com/elbo-go/elbo/cpu/internal/kernel/vec"
)

// Spec describes windows over all axes of an array, the batch and channels among them, outermost
// first. Axis.Kernel is the window, Axis.KernelDilation its dilation, and Axis.KernelStride is
// unused.
type Spec struct {
	DType dtypes.DType // of the array
	Axes  []conv.Axis  // all of them
}

// General describes the windows of compute's ReduceWindow on arrays in row-major order. Lists that
// are nil have their default.
func General(dt dtypes.DType, dims, window, strides, inputDilations, windowDilations []int, paddings [][2]int) Spec {
	s := Spec{DType: dt, Axes: make([]conv.Axis, len(dims))}
	in, out := 1, 1
	for i := len(dims) - 1; i >= 0; i-- {
		a := conv.Axis{In: dims[i], Kernel: at(window, i, 1), InStride: in, OutStride: out}
		a.Stride = at(strides, i, a.Kernel)
		a.InputDilation, a.KernelDilation = at(inputDilations, i, 1), at(windowDilations, i, 1)
		if len(paddings) > 0 {
			a.Lo, a.Hi = paddings[i][0], paddings[i][1]
		}
		in, out = in*dims[i], out*a.Out()
		s.Axes[i] = a
	}
	return s
}

// at is an entry of a list, or the default if there is no list.
func at(list []int, i, otherwise int) int {
	if len(list) == 0 {
		return otherwise
	}
	return list[i]
}

// SumGradient turns the windows of a sum into those of its gradient: the sum over windows of the
// output's gradient, spread out by the strides. It holds for windows without dilation.
func (s Spec) SumGradient() Spec {
	g := Spec{DType: s.DType}
	for _, a := range s.Axes {
		lo := a.Kernel - 1 - a.Lo
		g.Axes = append(g.Axes, conv.Axis{In: a.Out(), Kernel: a.Kernel, Stride: 1, InputDilation: a.Stride, KernelDilation: 1,
			Lo: lo, Hi: a.In + a.Kernel - 2 - lo - (a.Out()-1)*a.Stride, InStride: a.OutStride, OutStride: a.InStride})
	}
	return g
}

// reduce is ReduceWindow. Its innermost loop is an operation of package vec on a run: the outputs
// of one run start at the neutral element and take the elements of the window one after the
// other, each for all outputs of the run at once.
type reduce struct {
	title   string
	size    int
	op      vec.Fn
	fill    func(dst unsafe.Pointer, n int)
	outer   []coord // all axes but that of the run
	run     conv.Axis
	taps    []shift
	rows    int
	perUnit int
}

// coord is an axis around the runs.
type coord struct {
	conv.Axis
	out  int
	taps []conv.Taps
}

// shift is a window element's part of a run: outputs from … to see inputs that begin at in; all
// count elements of the run's unit.
type shift struct{ from, n, in int }

// maxAxes bounds the axes of an array, for arrays on the stack.
const maxAxes = 16

// New returns the kernel of ReduceWindow, whose arguments are output and input; nil if the type
// has no such reduction.
func New(l isa.Level, s Spec, r compute.ReduceOpType) kernel.Kernel {
	ops := map[compute.ReduceOpType]compute.OpType{compute.ReduceOpSum: compute.OpTypeAdd,
		compute.ReduceOpProduct: compute.OpTypeMul, compute.ReduceOpMax: compute.OpTypeMax, compute.ReduceOpMin: compute.OpTypeMin}
	k := &reduce{title: s.name(r.String()), size: s.DType.Size(), op: vec.Lookup(l, ops[r], s.DType), fill: neutral(s.DType, r)}
	if k.op == nil || k.fill == nil || len(s.Axes) > maxAxes {
		return nil
	}
	k.layRun(s.merged())
	k.rows = 1
	for i := range k.outer {
		c := &k.outer[i]
		c.out = c.Out()
		for o := range c.out {
			c.taps = append(c.taps, c.Taps(o))
		}
		k.rows *= c.out
	}
	k.perUnit = max(1, k.rows/64)
	return k
}

// name tells the shapes, such as "max 64×28×28×32 1×2×2×1".
func (s *Spec) name(what string) string {
	text, by := "", ""
	for i, a := range s.Axes {
		cross := "×"
		if i == 0 {
			cross = ""
		}
		text += fmt.Sprintf("%s%d", cross, a.In)
		by += fmt.Sprintf("%s%d", cross, a.Kernel)
	}
	return "pool " + what + " " + text + " " + by
}

// trivial reports whether an axis is not pooled at all.
func trivial(a conv.Axis) bool {
	return a.Kernel == 1 && a.Stride == 1 && a.Lo == 0 && a.Hi == 0 && a.InputDilation == 1
}

// merged joins neighbouring axes that are not pooled and lie densely.
func (s Spec) merged() []conv.Axis {
	var out []conv.Axis
	for _, a := range s.Axes {
		if n := len(out); n > 0 && trivial(out[n-1]) && trivial(a) &&
			out[n-1].InStride == a.In*a.InStride && out[n-1].OutStride == a.In*a.OutStride {
			a.In *= out[n-1].In
			out[n-1] = a
			continue
		}
		out = append(out, a)
	}
	return out
}

// layRun chooses the run: the last axis if windows move along it one by one, together with the
// one before if that does too, and else single elements.
func (k *reduce) layRun(axes []conv.Axis) {
	one := conv.Axis{In: 1, Kernel: 1, Stride: 1, InputDilation: 1, KernelDilation: 1, InStride: 1, OutStride: 1}
	k.run = one
	wide := 1
	if n := len(axes); n > 0 && trivial(axes[n-1]) && axes[n-1].InStride == 1 && axes[n-1].OutStride == 1 {
		wide = axes[n-1].In
		axes = axes[:n-1]
	}
	if n := len(axes); n > 0 && axes[n-1].Stride == 1 && axes[n-1].InputDilation == 1 &&
		axes[n-1].InStride == wide && axes[n-1].OutStride == wide {
		k.run = axes[n-1]
		axes = axes[:n-1]
	}
	for _, a := range axes {
		k.outer = append(k.outer, coord{Axis: a})
	}
	for w := range k.run.Kernel {
		in := w*k.run.KernelDilation - k.run.Lo
		from := max(0, -in)
		n := min(k.run.Out(), k.run.In-in) - from
		if n > 0 {
			k.taps = append(k.taps, shift{from * wide, n * wide, (from + in) * wide})
		}
	}
	k.run.OutStride = k.run.Out() * wide
}

// Name implements kernel.Kernel.
func (k *reduce) Name() string { return k.title }

// Phases implements kernel.Kernel.
func (k *reduce) Phases() []int { return []int{(k.rows + k.perUnit - 1) / k.perUnit} }

// Scratch implements kernel.Kernel.
func (k *reduce) Scratch() int { return 0 }

// Shared implements kernel.Kernel.
func (k *reduce) Shared() int { return 0 }

// Run implements kernel.Kernel.
func (k *reduce) Run(_ *kernel.Worker, _, lo, hi int, args []unsafe.Pointer) {
	for row := lo * k.perUnit; row < min(k.rows, hi*k.perUnit); row++ {
		k.row(row, args[0], args[1])
	}
}

// row computes the outputs of a run.
func (k *reduce) row(row int, output, input unsafe.Pointer) {
	var taps [maxAxes]*conv.Taps
	out, in, any := 0, 0, true
	for i := len(k.outer) - 1; i >= 0; i-- {
		c := &k.outer[i]
		o := row % c.out
		row /= c.out
		out += o * c.OutStride
		taps[i] = &c.taps[o]
		in += taps[i].I * c.InStride
		any = any && taps[i].Count > 0
	}
	dst := unsafe.Add(output, out*k.size)
	k.fill(dst, k.run.OutStride)
	if !any {
		return
	}
	var at [maxAxes]int
	for {
		offset := in
		for i := range k.outer {
			offset += at[i] * taps[i].IStep * k.outer[i].InStride
		}
		for _, t := range k.taps {
			d := unsafe.Add(dst, t.from*k.size)
			k.op(d, d, unsafe.Add(input, (offset+t.in)*k.size), nil, t.n)
		}
		i := len(k.outer) - 1
		for ; i >= 0; i-- {
			if at[i]++; at[i] < taps[i].Count {
				break
			}
			at[i] = 0
		}
		if i < 0 {
			return
		}
	}
}
