package ir

import (
	"fmt"
	"strings"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
)

// names of the operations that package compute does not have.
var names = map[Op]string{
	OpCopy: "copy", OpView: "view", OpRegion: "region", OpGemm: "gemm", OpConv: "conv", OpAdam: "adam",
}

// OpName gives the name of an operation in lower case.
func OpName(op Op) string {
	if name, ok := names[op]; ok {
		return name
	}
	return strings.ToLower(op.String())
}

// String writes the graph as text, one line a node:
//
//	%7 = dotgeneral %3 %5 {…} : f32[128,400]
//
// Values are numbered in the order of the nodes; the graphs of control flow are indented below
// their node, with numbers of their own.
func (g *Graph) String() string {
	var b strings.Builder
	g.write(&b, "")
	return b.String()
}

func (g *Graph) write(b *strings.Builder, indent string) {
	numbers := map[*Value]int{}
	fmt.Fprintf(b, "%sgraph %s\n", indent, g.Name)
	for _, n := range g.Nodes {
		var out, in, types []string
		for _, v := range n.In {
			in = append(in, " "+label(numbers, v))
		}
		for _, v := range n.Out {
			numbers[v] = len(numbers)
			out = append(out, label(numbers, v))
			types = append(types, ShapeText(v.Shape))
		}
		fmt.Fprintf(b, "%s%s = %s%s%s : %s\n", indent, strings.Join(out, ", "), OpName(n.Op),
			strings.Join(in, ""), attrText(n), strings.Join(types, " "))
		for _, sub := range Subgraphs(n) {
			sub.write(b, indent+"    ")
		}
	}
	b.WriteString(indent + "return")
	for _, v := range g.Results {
		b.WriteString(" " + label(numbers, v))
	}
	b.WriteString("\n")
}

func label(numbers map[*Value]int, v *Value) string {
	if i, ok := numbers[v]; ok {
		return fmt.Sprintf("%%%d", i)
	}
	return "%?"
}

// ShapeText gives a shape in the dump's form, such as f32[128,400].
func ShapeText(s shapes.Shape) string {
	dims := make([]string, len(s.Dimensions))
	for i, d := range s.Dimensions {
		dims[i] = fmt.Sprint(d)
		if d == shapes.DynamicDim {
			dims[i] = s.AxisName(i)
		}
	}
	return typeText(s.DType) + "[" + strings.Join(dims, ",") + "]"
}

var typeReplacer = strings.NewReplacer("bfloat", "bf", "float", "f", "uint", "u", "int", "i", "complex", "c")

func typeText(t dtypes.DType) string { return typeReplacer.Replace(strings.ToLower(t.String())) }

// attrText gives a node's attribute in braces; of a constant the first elements.
func attrText(n *Node) string {
	switch a := n.Attr.(type) {
	case nil:
		return ""
	case Param:
		return fmt.Sprintf(" {%d %q}", a.Index, a.Name)
	case Literal:
		return " {" + literalText(a, n.Out[0].Shape) + "}"
	case Sort:
		return fmt.Sprintf(" {axis %d stable %v tensors %d}", a.Axis, a.Stable, a.Tensors)
	case While:
		return fmt.Sprintf(" {state %d captures %d %d}", a.State, a.CondCaptures, a.BodyCaptures)
	case If:
		return fmt.Sprintf(" {captures %d %d}", a.TrueCaptures, a.FalseCaptures)
	case fmt.Stringer:
		return " {" + a.String() + "}"
	}
	return " {" + strings.Trim(fmt.Sprintf("%+v", n.Attr), "{}") + "}"
}

func literalText(a Literal, s shapes.Shape) string {
	const most = 4
	if s.DType.IsPacked() || a.Data == nil {
		return fmt.Sprintf("%d bytes", a.Bytes)
	}
	text := strings.Trim(fmt.Sprint(dtypes.UnsafeAnySliceFromBytes(a.Data, s.DType, min(s.Size(), most))), "[]")
	if s.Size() > most {
		text += " …"
	}
	return text
}

// Bytes gives the literal's memory.
func (a Literal) bytes() string { return unsafe.String((*byte)(a.Data), a.Bytes) }

// Subgraphs gives the graphs inside a node of control flow: condition and body, the two
// branches, or the comparator.
func Subgraphs(n *Node) []*Graph {
	switch a := n.Attr.(type) {
	case Sort:
		return []*Graph{a.Comparator}
	case While:
		return []*Graph{a.Cond, a.Body}
	case If:
		return []*Graph{a.True, a.False}
	}
	return nil
}

// Key identifies what a node computes: two nodes of one graph with equal keys have equal
// outputs. It is empty where nodes may not be merged: parameters, control flow, barriers, and
// constants of more than a kilobyte.
func Key(n *Node) string {
	var attr string
	switch a := n.Attr.(type) {
	case Param, Sort, While, If:
		return ""
	case Literal:
		if a.Bytes > 1024 {
			return ""
		}
		attr = a.bytes()
	default:
		attr = fmt.Sprintf("%v", n.Attr)
	}
	if n.Op == compute.OpTypeOptimizationBarrier || n.Op == compute.OpTypeSchedulingBarrier {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s", int(n.Op), attr)
	for _, v := range n.In {
		fmt.Fprintf(&b, " %p", v)
	}
	for _, v := range n.Out {
		b.WriteString(" " + v.Shape.String())
	}
	return b.String()
}
