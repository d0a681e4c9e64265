package ir

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
)

// Verify checks that the graph is well formed: values are defined before they are used and
// know their definition, parameters are numbered, shapes are static and fit the operation,
// views stay inside their input and are not views of views. Control flow is checked inside.
func Verify(g *Graph) error {
	known := map[*Value]bool{}
	for i, n := range g.Nodes {
		if err := verifyNode(n, known); err != nil {
			return fmt.Errorf("ir: graph %s: node %d (%s): %w", g.Name, i, OpName(n.Op), err)
		}
		for _, v := range n.Out {
			known[v] = true
		}
	}
	for i, p := range g.Params {
		if a, ok := p.Def.Attr.(Param); !ok || a.Index != i || !known[p] {
			return fmt.Errorf("ir: graph %s: parameter %d: got %v, want a parameter node of the graph with that index", g.Name, i, p.Def.Attr)
		}
	}
	for i, r := range g.Results {
		if !known[r] {
			return fmt.Errorf("ir: graph %s: result %d is not computed by the graph", g.Name, i)
		}
	}
	return nil
}

func verifyNode(n *Node, known map[*Value]bool) error {
	for i, v := range n.In {
		if !known[v] {
			return fmt.Errorf("input %d is used before it is computed", i)
		}
	}
	for i, v := range n.Out {
		if v.Def != n || v.Index != i || known[v] {
			return fmt.Errorf("output %d does not know its definition, or has two", i)
		}
		if !v.Shape.Ok() || v.Shape.IsDynamic() {
			return fmt.Errorf("output %d: got shape %s, want a static one", i, v.Shape)
		}
	}
	if want, ok := arity[n.Op]; ok && (len(n.In) != want || len(n.Out) != 1) {
		return fmt.Errorf("got %d inputs and %d outputs, want %d and 1", len(n.In), len(n.Out), want)
	}
	for i, sub := range Subgraphs(n) {
		if err := Verify(sub); err != nil {
			return fmt.Errorf("graph %d: %w", i, err)
		}
	}
	if err := verifyShapes(n); err != nil {
		return err
	}
	return verifyControl(n)
}

// arity is the number of inputs of operations with one output.
var arity = map[Op]int{
	compute.OpTypeParameter: 0, compute.OpTypeConstant: 0, compute.OpTypeIota: 0, compute.OpTypeReshape: 1,
	compute.OpTypeTranspose: 1, compute.OpTypeBroadcastInDim: 1, compute.OpTypeReverse: 1, compute.OpTypeSlice: 1,
	compute.OpTypePad: 2, compute.OpTypeDotGeneral: 2, compute.OpTypeConvGeneral: 2, compute.OpTypeGather: 2,
	compute.OpTypeScatterSum: 3, compute.OpTypeScatterMax: 3, compute.OpTypeScatterMin: 3, compute.OpTypeWhere: 3,
	compute.OpTypeClamp: 3, compute.OpTypeConvertDType: 1, compute.OpTypeReduceSum: 1, compute.OpTypeReduceMax: 1,
	compute.OpTypeReduceMin: 1, compute.OpTypeReduceProduct: 1, compute.OpTypeCumSum: 1, compute.OpTypeArgMinMax: 1,
	OpView: 1, OpCopy: 1,
}

// verifyShapes compares a node's shapes with each other and with its attribute.
func verifyShapes(n *Node) error {
	if Elementwise(n.Op) {
		for i, v := range n.In {
			if !slices.Equal(v.Shape.Dimensions, n.Out[0].Shape.Dimensions) {
				return fmt.Errorf("input %d has shape %s, the output %s", i, v.Shape, n.Out[0].Shape)
			}
		}
	}
	switch n.Op {
	case compute.OpTypeConstant:
		if got, want := n.Attr.(Literal).Bytes, n.Out[0].Shape.ByteSize(); int64(got) != want {
			return fmt.Errorf("got %d bytes, want %d", got, want)
		}
	case compute.OpTypeReshape, OpCopy:
		if got, want := n.Out[0].Shape.Size(), n.In[0].Shape.Size(); got != want {
			return fmt.Errorf("got %d elements, want %d", got, want)
		}
	case compute.OpTypeTranspose:
		return verifyTranspose(n)
	case compute.OpTypeBroadcastInDim:
		return verifyBroadcast(n)
	case OpView:
		return verifyView(n)
	}
	return nil
}

func verifyTranspose(n *Node) error {
	in, out := n.In[0].Shape.Dimensions, n.Out[0].Shape.Dimensions
	axes := n.Attr.(Axes)
	if len(axes) != len(in) || len(out) != len(in) {
		return fmt.Errorf("got permutation %v from %v to %v", axes, in, out)
	}
	for i, a := range axes {
		if out[i] != in[a] {
			return fmt.Errorf("got permutation %v from %v to %v", axes, in, out)
		}
	}
	return nil
}

func verifyBroadcast(n *Node) error {
	in, out := n.In[0].Shape.Dimensions, n.Out[0].Shape.Dimensions
	axes := n.Attr.(Axes)
	if len(axes) != len(in) {
		return fmt.Errorf("got %d axes for an input of %d", len(axes), len(in))
	}
	for i, a := range axes {
		if in[i] != 1 && in[i] != out[a] {
			return fmt.Errorf("got %v along axes %v of %v", in, axes, out)
		}
	}
	return nil
}

// verifyView checks that every element of a view lies inside its input's memory.
func verifyView(n *Node) error {
	in, out, a := n.In[0], n.Out[0].Shape, n.Attr.(View)
	if in.Def.Op == OpView {
		return fmt.Errorf("the view's input is a view")
	}
	if len(a.Strides) != out.Rank() {
		return fmt.Errorf("got %d strides for %d axes", len(a.Strides), out.Rank())
	}
	if in.Shape.DType != out.DType && in.Shape.DType.Size() != out.DType.Size() {
		return fmt.Errorf("got %s of %s", out.DType, in.Shape.DType)
	}
	if out.Size() == 0 {
		return nil
	}
	lo, hi := a.Offset, a.Offset
	for i, stride := range a.Strides {
		if reach := stride * (out.Dimensions[i] - 1); reach < 0 {
			lo += reach
		} else {
			hi += reach
		}
	}
	if lo < 0 || hi >= in.Shape.Size() {
		return fmt.Errorf("the view reaches from %d to %d in an input of %d elements", lo, hi, in.Shape.Size())
	}
	return nil
}

// verifyControl compares the graphs of control flow with the node's inputs and outputs.
func verifyControl(n *Node) error {
	switch a := n.Attr.(type) {
	case While:
		state := n.In[:a.State]
		cond := append(slices.Clone(state), n.In[a.State:a.State+a.CondCaptures]...)
		body := append(slices.Clone(state), n.In[a.State+a.CondCaptures:]...)
		if !scalarBool(a.Cond.Results) {
			return fmt.Errorf("the condition does not give one bool")
		}
		return firstError(sameShapes("condition", a.Cond.Params, cond), sameShapes("body", a.Body.Params, body),
			sameShapes("new state", a.Body.Results, state), sameShapes("state", n.Out, state))
	case If:
		if !scalarBool(n.In[:1]) {
			return fmt.Errorf("the predicate is not one bool")
		}
		captures := n.In[1:]
		return firstError(sameShapes("first branch", a.True.Params, captures[:a.TrueCaptures]),
			sameShapes("second branch", a.False.Params, captures[a.TrueCaptures:]),
			sameShapes("first result", a.True.Results, n.Out), sameShapes("second result", a.False.Results, n.Out))
	case Sort:
		if !scalarBool(a.Comparator.Results) {
			return fmt.Errorf("the comparator does not give one bool")
		}
		return sameShapes("sorted tensors", n.Out, n.In[:a.Tensors])
	}
	return nil
}

func scalarBool(vs []*Value) bool {
	return len(vs) == 1 && vs[0].Shape.DType == dtypes.Bool && vs[0].Shape.Rank() == 0
}

func sameShapes(what string, got, want []*Value) error {
	same := func(a, b *Value) bool { return SameShape(a.Shape, b.Shape) }
	if !slices.EqualFunc(got, want, same) {
		return fmt.Errorf("%s: the shapes do not match", what)
	}
	return nil
}

// SameShape reports whether two shapes have one dtype and the same dimensions; names of axes do
// not matter.
func SameShape(a, b shapes.Shape) bool {
	return a.DType == b.DType && slices.Equal(a.Dimensions, b.Dimensions)
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
