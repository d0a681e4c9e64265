package conv

import (
	"fmt"
	"strings"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// New returns the kernel of a convolution, whose arguments are output, input and kernel; nil if
// the type is not numeric. Float32 and Float64 have the fast paths, other types the definition;
// half precision is summed in float32. With an epilogue it is nil too where the output is not dense
// with its channels last, or would not be finished in runs of positions, and where only the
// definition would do: for other types, and if there is no output or no term.
func New(l isa.Level, s Spec) kernel.Kernel {
	if len(s.Axes) == 0 || len(s.Axes) > maxAxes || s.DType != dtypes.Float32 && s.DType != dtypes.Float64 || s.empty() {
		if s.Epilogue != nil {
			return nil
		}
		return newPlain(s)
	}
	switch {
	case s.Epilogue == nil:
		s.ArgOutput, s.ArgInput, s.ArgKernel = 0, 1, 2
	case !s.channelsLast():
		return nil
	}
	if n := newNarrow(l, s); n != nil {
		return n
	}
	e := newEngine(l, s)
	if s.Epilogue != nil && (e.finish != nil || e.rowAxis < 0) {
		return nil
	}
	return e
}

// empty reports whether there is no output or no term.
func (s *Spec) empty() bool {
	n := s.Batch * s.InChannels * s.OutChannels
	for _, a := range s.Axes {
		n *= a.In * a.Kernel * a.Out()
	}
	return n == 0
}

// name tells the shapes, such as "conv 64×28×28×32→64 3×3".
func (s *Spec) name() string {
	in, ker := []int{s.Batch}, []int{}
	extra := ""
	for _, a := range s.Axes {
		in, ker = append(in, a.In), append(ker, a.Kernel)
		if a.Stride != 1 {
			extra += fmt.Sprintf(" /%d", a.Stride)
		}
		if a.InputDilation != 1 || a.KernelDilation != 1 {
			extra += fmt.Sprintf(" dilated %d,%d", a.InputDilation, a.KernelDilation)
		}
	}
	if g := max(s.Groups, s.BatchGroups); g > 1 {
		extra += fmt.Sprintf(" in %d groups", g)
	}
	if s.Epilogue != nil {
		extra += " " + s.Epilogue.Name()
	}
	return fmt.Sprintf("conv %s→%d %s%s", times(append(in, s.InChannels)), s.OutChannels, times(ker), extra)
}

// times writes dimensions with a cross between them.
func times(dims []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(dims), " ", "×"), "[]")
}

// problem is a convolution cut into equal groups: its fields are those of one group, and the
// offsets lead from one group to the next.
type problem struct {
	Spec
	groups                      int
	inGroup, kerGroup, outGroup int
}

// newProblem finds the groups and merges axes that are one run of positions: where the kernel
// is a single element, a convolution is a matrix product over all positions.
func newProblem(s Spec) problem {
	p := problem{Spec: s, groups: s.Groups * s.BatchGroups}
	p.OutChannels /= p.groups
	p.kerGroup, p.outGroup = p.OutChannels*s.KernelOut, p.OutChannels*s.OutChannel
	p.Batch /= s.BatchGroups
	p.InChannels /= s.Groups
	p.inGroup = p.InChannels * s.InChannel
	if s.BatchGroups > 1 {
		p.inGroup = p.Batch * s.InBatch
	}
	p.Axes = nil
	for _, a := range s.Axes {
		if n := len(p.Axes); n > 0 && follows(p.Axes[n-1], a) {
			p.Axes[n-1] = joined(p.Axes[n-1], a)
			continue
		}
		p.Axes = append(p.Axes, a)
	}
	images := Axis{In: p.Batch, Kernel: 1, Stride: 1, InputDilation: 1, KernelDilation: 1, InStride: p.InBatch, OutStride: p.OutBatch}
	if len(p.Axes) == 1 && follows(images, p.Axes[0]) {
		p.Axes[0], p.Batch = joined(images, p.Axes[0]), 1
	}
	return p
}

// pointwise reports whether every output is made from the input at its own position.
func (a Axis) pointwise() bool {
	return a.Kernel == 1 && a.Stride == 1 && a.Lo == 0 && a.Hi == 0 && a.InputDilation == 1
}

// follows reports whether two axes can be walked as one, b the inner one.
func follows(a, b Axis) bool {
	return a.pointwise() && b.pointwise() && a.InStride == b.In*b.InStride && a.OutStride == b.In*b.OutStride
}

// joined is the axis that walks a and b as one.
func joined(a, b Axis) Axis {
	b.In *= a.In
	return b
}
