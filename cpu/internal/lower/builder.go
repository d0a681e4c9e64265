package lower

import (
	"slices"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/plan"
)

// builder collects the steps of one program. Until the end every buffer has memory of its own,
// and every element of it is written by one step at most.
type builder struct {
	Options
	graph   *ir.Graph
	places  map[*ir.Value]place
	claims  map[*ir.Value]int // values whose memory is a result's, by result
	buffers []plan.Buffer
	steps   []step
	inPlace []int // the parameter that each result may take over, or −1
}

// place tells where the elements of a value lie: offset and strides count its elements.
type place struct {
	buffer  int
	offset  int
	strides []int
}

// step is a plan.Step, and what is known of its arguments: the first outs of them are written,
// and so is the last one if memory is set; the others are read.
type step struct {
	plan.Step
	outs   int
	memory bool
	pairs  pairs
}

// pair names an output and an input of a step, by their places among the arguments, that may
// be one piece of memory: element by element, the input is read before the output is written.
type pair struct{ out, in int }

// newBuilder opens a program: a buffer for each parameter and one for each result.
func newBuilder(g *ir.Graph, o Options) *builder {
	b := &builder{Options: o, graph: g, places: map[*ir.Value]place{}, claims: map[*ir.Value]int{}}
	for i, v := range g.Params {
		id := b.buffer(plan.Buffer{Kind: plan.Param, Index: i, Size: int(v.Shape.ByteSize())})
		b.places[v] = place{buffer: id, strides: ir.RowMajor(v.Shape.Dimensions)}
	}
	for i, v := range g.Results {
		b.buffer(plan.Buffer{Kind: plan.Out, Index: i, Size: int(v.Shape.ByteSize())})
		b.inPlace = append(b.inPlace, -1)
		b.claim(i, v)
	}
	return b
}

// claim marks the values that may lie in the memory of a result: the result itself and, as far
// as nodes only rename the elements of their input, what it is computed from. The one that a
// step computes takes the memory; the ones after it are views of it.
func (b *builder) claim(result int, v *ir.Value) {
	chain := []*ir.Value{v}
	for renamed(v) != nil {
		v = renamed(v)
		chain = append(chain, v)
	}
	if v.Def.Op == compute.OpTypeParameter || v.Def.Op == compute.OpTypeConstant {
		return
	}
	for _, v := range chain {
		if _, taken := b.claims[v]; !taken {
			b.claims[v] = result
		}
	}
}

// renamed gives the value that has the same bytes in the same order as v, if v is only another
// name of it, else nil.
func renamed(v *ir.Value) *ir.Value {
	n := v.Def
	if n.Op == compute.OpTypeOptimizationBarrier {
		return n.In[v.Index]
	}
	l, ok := ir.Relayout(n)
	if !ok || l.Offset != 0 || n.In[0].Shape.ByteSize() != v.Shape.ByteSize() ||
		n.In[0].Def.Op == ir.OpView || !ir.Contiguous(v.Shape.Dimensions, l.Strides) {
		return nil
	}
	return n.In[0]
}

// buffer adds a buffer and returns its number.
func (b *builder) buffer(x plan.Buffer) int {
	b.buffers = append(b.buffers, x)
	return len(b.buffers) - 1
}

// temporary adds a buffer of the arena.
func (b *builder) temporary(bytes int) plan.Arg {
	return plan.Arg{Buffer: b.buffer(plan.Buffer{Kind: plan.Arena, Size: bytes})}
}

// constant adds a buffer with fixed contents, moved to aligned memory if need be.
func (b *builder) constant(data unsafe.Pointer, bytes int) plan.Arg {
	if uintptr(data)%kernel.Align != 0 {
		moved := kernel.Alloc(bytes)
		copy(unsafe.Slice((*byte)(moved), bytes), unsafe.Slice((*byte)(data), bytes))
		data = moved
	}
	return plan.Arg{Buffer: b.buffer(plan.Buffer{Kind: plan.Const, Size: bytes, Data: data})}
}

// output gives a value contiguous memory of its own, a result's if it is one.
func (b *builder) output(v *ir.Value) plan.Arg {
	var id int
	if result, ok := b.claims[v]; ok {
		id = len(b.graph.Params) + result
	} else {
		id = b.temporary(int(v.Shape.ByteSize())).Buffer
	}
	b.places[v] = place{buffer: id, strides: ir.RowMajor(v.Shape.Dimensions)}
	return plan.Arg{Buffer: id}
}

// outputs gives memory to all outputs of a node.
func (b *builder) outputs(n *ir.Node) []plan.Arg {
	var out []plan.Arg
	for _, v := range n.Out {
		out = append(out, b.output(v))
	}
	return out
}

// arg gives the address of the first element of a value.
func (b *builder) arg(v *ir.Value) plan.Arg { return b.places[v].arg(v.Shape.DType) }

// args is arg for a list.
func (b *builder) args(values []*ir.Value) []plan.Arg {
	var out []plan.Arg
	for _, v := range values {
		out = append(out, b.arg(v))
	}
	return out
}

// strides gives the strides of a value, in elements.
func (b *builder) strides(v *ir.Value) []int { return b.places[v].strides }

// arg gives the address of a place's first element.
func (p place) arg(t dtypes.DType) plan.Arg {
	if p.offset == 0 {
		return plan.Arg{Buffer: p.buffer}
	}
	return plan.Arg{Buffer: p.buffer, Offset: p.offset * t.Size()}
}

// contiguous gives the address of a value in row-major order, copied if it lies otherwise.
func (b *builder) contiguous(v *ir.Value) plan.Arg {
	p := b.places[v]
	if v.Shape.IsZeroSize() {
		return plan.Arg{Buffer: p.buffer}
	}
	if ir.Contiguous(v.Shape.Dimensions, p.strides) {
		return b.arg(v)
	}
	to := b.temporary(int(v.Shape.ByteSize()))
	b.copy(to, b.arg(v), v.Shape.DType, v.Shape.Dimensions, p.strides)
	return to
}

// contiguousAll is contiguous for a list.
func (b *builder) contiguousAll(values []*ir.Value) []plan.Arg {
	var out []plan.Arg
	for _, v := range values {
		out = append(out, b.contiguous(v))
	}
	return out
}

// emit appends a step that runs a kernel, with the shared memory that it asks for. Pairs are
// the outputs and inputs, counted each from 0, that may be one piece of memory.
func (b *builder) emit(k kernel.Kernel, outs, ins []plan.Arg, pairs ...pair) {
	for i := range pairs {
		pairs[i].in += len(outs)
	}
	b.append(plan.Step{Kernel: k}, outs, ins, k.Shared(), pairs...)
}

// append adds a step, and a buffer of some bytes behind its arguments.
func (b *builder) append(s plan.Step, outs, ins []plan.Arg, bytes int, pairs ...pair) {
	s.Args = slices.Concat(outs, ins)
	if bytes > 0 {
		s.Args = append(s.Args, b.temporary(bytes))
	}
	b.steps = append(b.steps, step{Step: s, outs: len(outs), memory: bytes > 0, pairs: pairs})
}

// result copies a value into the memory of a result that it does not share.
func (b *builder) result(i int, v *ir.Value) {
	out := plan.Arg{Buffer: len(b.graph.Params) + i}
	if b.arg(v) == out && ir.Contiguous(v.Shape.Dimensions, b.strides(v)) || v.Shape.IsZeroSize() {
		return
	}
	b.copy(out, b.arg(v), v.Shape.DType, v.Shape.Dimensions, b.strides(v))
}
