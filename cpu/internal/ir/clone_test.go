package ir_test

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

// TestClonesAreEqualAndIndependent: the text is the same, and changing one leaves the other.
func TestClonesAreEqualAndIndependent(t *testing.T) {
	g := loop()
	text := g.String()
	c := g.Clone()
	if c.String() != text {
		t.Errorf("got\n%s\nwant\n%s", c, text)
	}
	if err := ir.Verify(c); err != nil {
		t.Error(err)
	}
	c.Nodes[1].Op = compute.OpTypeIota
	while(c).Body.Nodes = nil
	c.Results[0], c.Params[0].Shape = c.Results[1], vector(9)
	if g.String() != text {
		t.Errorf("the original changed to\n%s", g)
	}
}

func TestInliningReplacesParameters(t *testing.T) {
	callee := &ir.Graph{Name: "callee"}
	a, b := callee.Param("a", vector(2)), callee.Param("b", vector(2))
	callee.Results = []*ir.Value{callee.Add(compute.OpTypeSub, nil, []*ir.Value{a, b}, vector(2)).Out[0], a}
	g := &ir.Graph{Name: "caller"}
	x, y := g.Param("x", vector(2)), g.Param("y", vector(2))
	first := g.Inline(callee, []*ir.Value{y, x})
	second := g.Inline(callee, first)
	g.Results = second
	const want = `graph caller
%0 = parameter {0 "x"} : f32[2]
%1 = parameter {1 "y"} : f32[2]
%2 = sub %1 %0 : f32[2]
%3 = sub %2 %1 : f32[2]
return %3 %2
`
	if g.String() != want {
		t.Errorf("got\n%s\nwant\n%s", g, want)
	}
	if err := ir.Verify(g); err != nil {
		t.Error(err)
	}
}

// TestTheDumpShowsNestedGraphs: the form that the package promises, with loops indented.
func TestTheDumpShowsNestedGraphs(t *testing.T) {
	const want = `graph loop
%0 = parameter {0 "n"} : i32[]
%1 = parameter {1 "v"} : f32[2]
%2 = constant {0} : i32[1]
%3 = reshape %2 : i32[]
%4 = constant {1} : i32[1]
%5 = reshape %4 : i32[]
%6, %7 = while %0 %1 %3 %1 %5 {state 2 captures 1 2} : i32[] f32[2]
    graph cond
    %0 = parameter {0 "i"} : i32[]
    %1 = parameter {1 "sum"} : f32[2]
    %2 = parameter {2 "zero"} : i32[]
    %3 = greaterthan %0 %2 : bool[]
    return %3
    graph body
    %0 = parameter {0 "i"} : i32[]
    %1 = parameter {1 "sum"} : f32[2]
    %2 = parameter {2 "x"} : f32[2]
    %3 = parameter {3 "one"} : i32[]
    %4 = sub %0 %3 : i32[]
    %5 = add %1 %2 : f32[2]
    return %4 %5
return %6 %7
`
	if got := loop().String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestTheDumpShortensConstantsAndNamesTypes(t *testing.T) {
	g := &ir.Graph{}
	constant(g, 1, 2, 3, 4, 5)
	g.Add(ir.OpView, ir.View{Offset: 1, Strides: []int{2}}, nil, shapes.Make(dtypes.BFloat16, 2))
	g.Add(compute.OpTypeTanh, nil, []*ir.Value{{}}, shapes.MakeDynamic(dtypes.Uint8, []int{-1, 3}, []string{"n", ""}))
	const want = `graph 
%0 = constant {1 2 3 4 …} : i32[5]
%1 = view {Offset:1 Strides:[2]} : bf16[2]
%2 = tanh %? : u8[n,3]
return
`
	if got := g.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestKeysTellNodesApart: equal keys for equal nodes only, none for those that must not merge.
func TestKeysTellNodesApart(t *testing.T) {
	g := &ir.Graph{}
	x, y := g.Param("x", vector(2)), g.Param("y", vector(2))
	node := func(op ir.Op, attr any, out shapes.Shape, in ...*ir.Value) *ir.Node { return g.Add(op, attr, in, out) }
	base := ir.Key(node(compute.OpTypeAdd, nil, vector(2), x, y))
	if base == "" || base != ir.Key(node(compute.OpTypeAdd, nil, vector(2), x, y)) {
		t.Error("equal nodes have different keys")
	}
	seen := map[string]bool{base: true}
	for i, n := range []*ir.Node{
		node(compute.OpTypeAdd, nil, vector(2), y, x), node(compute.OpTypeSub, nil, vector(2), x, y),
		node(compute.OpTypeReverse, ir.Axes{0}, vector(2), x), node(compute.OpTypeReverse, ir.Axes{}, vector(2), x),
		node(compute.OpTypeConvertDType, nil, shapes.Make(dtypes.Int8, 2), x),
		node(compute.OpTypeConvertDType, nil, shapes.Make(dtypes.Int16, 2), x),
		constant(g, 1).Def, constant(g, 2).Def, constant(g, 1, 2).Def,
	} {
		if key := ir.Key(n); key == "" || seen[key] {
			t.Errorf("node %d: its key %q is not its own", i, key)
		} else {
			seen[key] = true
		}
	}
	if a, b := constant(g, 7), constant(g, 7); ir.Key(a.Def) != ir.Key(b.Def) {
		t.Error("equal constants have different keys")
	}
	for _, n := range []*ir.Node{
		x.Def, node(compute.OpTypeOptimizationBarrier, nil, vector(2), x), node(compute.OpTypeSchedulingBarrier, nil, vector(2), x),
		loop().Nodes[6], constant(g, make([]int32, 300)...).Def,
	} {
		if key := ir.Key(n); key != "" {
			t.Errorf("%s: got key %q, want none", ir.OpName(n.Op), key)
		}
	}
}

func TestElementwiseOperationsTakeOneElementOfEach(t *testing.T) {
	for _, op := range []ir.Op{compute.OpTypeAdd, compute.OpTypeWhere, compute.OpTypeExp, compute.OpTypeConvertDType, compute.OpTypeLessThan} {
		if !ir.Elementwise(op) {
			t.Errorf("%s: want elementwise", op)
		}
	}
	for _, op := range []ir.Op{compute.OpTypeReshape, compute.OpTypeDotGeneral, compute.OpTypeIota, ir.OpView, compute.OpTypeReduceSum} {
		if ir.Elementwise(op) {
			t.Errorf("%s: want not elementwise", ir.OpName(op))
		}
	}
}
