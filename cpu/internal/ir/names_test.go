package ir_test

import (
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

// TestShapesAreShortInDumps lists the names of types.
func TestShapesAreShortInDumps(t *testing.T) {
	for want, s := range map[string]shapes.Shape{
		"f32[]": f32(), "f64[2,3]": shapes.Make(dtypes.Float64, 2, 3), "bf16[1]": shapes.Make(dtypes.BFloat16, 1),
		"f16[0]": shapes.Make(dtypes.Float16, 0), "u8[4]": shapes.Make(dtypes.Uint8, 4), "i64[]": shapes.Make(dtypes.Int64),
		"bool[7]": shapes.Make(dtypes.Bool, 7), "u4[2]": shapes.Make(dtypes.Uint4, 2),
		"c64[2]":   shapes.Make(dtypes.Complex64, 2),
		"f32[n,2]": shapes.MakeDynamic(dtypes.Float32, []int{-1, 2}, []string{"n", ""}),
	} {
		if got := ir.ShapeText(s); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// TestOperationsOfPassesHaveNames, each its own.
func TestOperationsOfPassesHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for _, op := range []ir.Op{ir.OpCopy, ir.OpView, ir.OpRegion, ir.OpGemm, ir.OpConv, ir.OpAdam, compute.OpTypeAdd, compute.OpTypeScatterMin} {
		name := ir.OpName(op)
		if name == "" || name != strings.ToLower(name) || strings.Contains(name, "optype") || seen[name] {
			t.Errorf("%d: got %q", op, name)
		}
		seen[name] = true
	}
}

// TestOperationsOfPassesDoNotMeetOthers: their numbers come after those of package compute.
func TestOperationsOfPassesDoNotMeetOthers(t *testing.T) {
	for _, op := range []ir.Op{ir.OpCopy, ir.OpView, ir.OpRegion, ir.OpGemm, ir.OpConv, ir.OpAdam} {
		if op <= compute.OpTypeLast || ir.Elementwise(op) {
			t.Errorf("%s: got number %d after %d", ir.OpName(op), op, compute.OpTypeLast)
		}
	}
}

// TestKeysTellAttributesApart: nodes that differ in an attribute alone do not merge.
func TestKeysTellAttributesApart(t *testing.T) {
	g := &ir.Graph{}
	x, y := g.Param("x", f32(4, 4)), g.Param("y", f32(4, 4))
	type attrs = []any
	dot := ir.Dot{LhsContract: []int{1}, RhsContract: []int{0}}
	wide := dot
	wide.Config.AccumulatorDType = dtypes.Float64
	conv := ir.Conv{Strides: []int{1}, Paddings: [][2]int{{0, 1}}, ChannelGroups: 1, BatchGroups: 1}
	padded, grouped := conv, conv
	padded.Paddings, grouped.ChannelGroups = [][2]int{{1, 0}}, 2
	for op, list := range map[ir.Op]attrs{
		compute.OpTypeTranspose:      {ir.Axes{0, 1}, ir.Axes{1, 0}},
		compute.OpTypeReduceSum:      {ir.Axes{0}, ir.Axes{1}, ir.Axes{0, 1}},
		compute.OpTypeConcatenate:    {ir.Axis(0), ir.Axis(1)},
		compute.OpTypeSlice:          {ir.Slice{Starts: []int{0}}, ir.Slice{Starts: []int{1}}, ir.Slice{Limits: []int{1}}},
		compute.OpTypePad:            {ir.Pad{{Start: 1}}, ir.Pad{{End: 1}}, ir.Pad{{Interior: 1}}},
		compute.OpTypeArgMinMax:      {ir.ArgMinMax{}, ir.ArgMinMax{IsMin: true}, ir.ArgMinMax{Axis: 1}},
		compute.OpTypeCumSum:         {ir.CumSum{}, ir.CumSum{Exclusive: true}, ir.CumSum{Reverse: true}},
		compute.OpTypeDotGeneral:     {dot, wide, ir.Dot{LhsContract: []int{0}, RhsContract: []int{0}}},
		compute.OpTypeConvGeneral:    {conv, padded, grouped},
		compute.OpTypeGather:         {ir.Gather{Sizes: []int{1}}, ir.Gather{Sizes: []int{2}}, ir.Gather{IndexVectorAxis: 1, Sizes: []int{1}}},
		compute.OpTypeScatterSum:     {ir.Scatter{}, ir.Scatter{InsertedAxes: []int{0}}, ir.Scatter{Unique: true}},
		compute.OpTypeReduceWindow:   {ir.Window{Reduce: compute.ReduceOpMax}, ir.Window{Reduce: compute.ReduceOpMin}},
		compute.OpTypeDynamicSlice:   {ir.DynamicSlice{Sizes: []int{1}}, ir.DynamicSlice{Sizes: []int{2}}},
		compute.OpTypeFFT:            {ir.FFT{Length: []int{2}}, ir.FFT{Length: []int{4}}},
		ir.OpView:                    {ir.View{Offset: 1}, ir.View{Offset: 2}, ir.View{Strides: []int{1}}},
		compute.OpTypeAdd:            {nil},
		compute.OpTypeScatterMax:     {ir.Scatter{OperandAxes: []int{0}}, ir.Scatter{OperandAxes: []int{1}}},
		compute.OpTypeDynamicReshape: {ir.DynamicDims{Dims: []ir.Dim{{Static: 1}}}, ir.DynamicDims{Dims: []ir.Dim{{Name: "n"}}}},
	} {
		seen := map[string]int{}
		for i, attr := range list {
			key := ir.Key(g.Add(op, attr, []*ir.Value{x, y}, f32(4, 4)))
			if again := ir.Key(g.Add(op, attr, []*ir.Value{x, y}, f32(4, 4))); key == "" || key != again {
				t.Errorf("%s %+v: got keys %q and %q, want one", ir.OpName(op), attr, key, again)
			}
			if k, taken := seen[key]; taken {
				t.Errorf("%s: %+v and %+v have one key", ir.OpName(op), list[k], attr)
			}
			seen[key] = i
		}
	}
}

// chosen is a graph with a sort and a branch, both with captures.
func chosen() *ir.Graph {
	less := &ir.Graph{Name: "less"}
	l, r, up := less.Param("l", f32()), less.Param("r", f32()), less.Param("up", boolean)
	a, b := less.Add(compute.OpTypeLessThan, nil, []*ir.Value{l, r}, boolean).Out[0], less.Add(compute.OpTypeGreaterThan, nil, []*ir.Value{l, r}, boolean).Out[0]
	less.Results = []*ir.Value{less.Add(compute.OpTypeWhere, nil, []*ir.Value{up, a, b}, boolean).Out[0]}
	yes, no := &ir.Graph{Name: "yes"}, &ir.Graph{Name: "no"}
	x := yes.Param("x", vector(3))
	yes.Results = []*ir.Value{yes.Add(compute.OpTypeNeg, nil, []*ir.Value{x}, vector(3)).Out[0]}
	no.Results = []*ir.Value{no.Param("x", vector(3))}
	g := &ir.Graph{Name: "chosen"}
	v, p := g.Param("v", vector(3)), g.Param("p", boolean)
	s := g.Add(compute.OpTypeSort, ir.Sort{Tensors: 1, Stable: true, Comparator: less}, []*ir.Value{v, p}, vector(3)).Out[0]
	g.Results = g.Add(compute.OpTypeIf, ir.If{TrueCaptures: 1, FalseCaptures: 1, True: yes, False: no}, []*ir.Value{p, s, v}, vector(3)).Out
	return g
}

func TestBranchesAndSortsAreShownVerifiedAndCloned(t *testing.T) {
	const want = `graph chosen
%0 = parameter {0 "v"} : f32[3]
%1 = parameter {1 "p"} : bool[]
%2 = sort %0 %1 {axis 0 stable true tensors 1} : f32[3]
    graph less
    %0 = parameter {0 "l"} : f32[]
    %1 = parameter {1 "r"} : f32[]
    %2 = parameter {2 "up"} : bool[]
    %3 = lessthan %0 %1 : bool[]
    %4 = greaterthan %0 %1 : bool[]
    %5 = where %2 %3 %4 : bool[]
    return %5
%3 = if %1 %2 %0 {captures 1 1} : f32[3]
    graph yes
    %0 = parameter {0 "x"} : f32[3]
    %1 = neg %0 : f32[3]
    return %1
    graph no
    %0 = parameter {0 "x"} : f32[3]
    return %0
return %3
`
	g := chosen()
	if err := ir.Verify(g); err != nil {
		t.Fatal(err)
	}
	if got := g.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	c := g.Clone()
	for _, n := range c.Nodes {
		for _, sub := range ir.Subgraphs(n) {
			sub.Nodes, sub.Results = nil, nil
		}
	}
	if got := g.String(); got != want {
		t.Errorf("changing the clone changed the original to\n%s", got)
	}
}

// TestInliningCopiesControlFlow: two callers do not share the graphs inside.
func TestInliningCopiesControlFlow(t *testing.T) {
	callee, g := chosen(), &ir.Graph{Name: "caller"}
	v, p := g.Param("v", vector(3)), g.Param("p", boolean)
	a := g.Inline(callee, []*ir.Value{v, p})
	b := g.Inline(callee, []*ir.Value{a[0], p})
	g.Results = b
	if err := ir.Verify(g); err != nil {
		t.Fatal(err)
	}
	seen := map[*ir.Graph]bool{}
	for _, n := range append(g.Nodes, callee.Nodes...) {
		for _, sub := range ir.Subgraphs(n) {
			if seen[sub] {
				t.Errorf("%s is shared", sub.Name)
			}
			seen[sub] = true
		}
	}
	if len(seen) != 9 {
		t.Errorf("got %d graphs inside, want 9", len(seen))
	}
}

// TestSpoiltBranchesFail breaks branch and sort in one place at a time.
func TestSpoiltBranchesFail(t *testing.T) {
	for want, spoil := range map[string]func(sort, branch *ir.Node){
		"first branch: the shapes":          func(_, b *ir.Node) { a := b.Attr.(ir.If); a.True.Params = nil },
		"second result: the shapes":         func(_, b *ir.Node) { a := b.Attr.(ir.If); a.False.Results = nil },
		"sorted tensors: the shapes":        func(s, _ *ir.Node) { s.Out[0].Shape = vector(4) },
		"comparator does not give one bool": func(s, _ *ir.Node) { a := s.Attr.(ir.Sort); a.Comparator.Results = a.Comparator.Params[:1] },
		"graph 0: ir: graph less: node 3":   func(s, _ *ir.Node) { s.Attr.(ir.Sort).Comparator.Nodes[3].In = []*ir.Value{{}, {}} },
	} {
		g := chosen()
		spoil(g.Nodes[2], g.Nodes[3])
		if err := ir.Verify(g); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}

// TestShapesAreComparedWithoutNames of axes.
func TestShapesAreComparedWithoutNames(t *testing.T) {
	named := shapes.MakeDynamic(dtypes.Float32, []int{2, 3}, []string{"rows", ""})
	if !ir.SameShape(named, f32(2, 3)) || ir.SameShape(f32(2, 3), f32(3, 2)) || ir.SameShape(f32(2), shapes.Make(dtypes.Int32, 2)) {
		t.Error("want the same dtype and dimensions, whatever the names")
	}
}

// TestOnlyControlFlowHasGraphsInside: of other nodes there are none.
func TestOnlyControlFlowHasGraphsInside(t *testing.T) {
	g := chosen()
	for i, want := range []int{0, 0, 1, 2} {
		if got := len(ir.Subgraphs(g.Nodes[i])); got != want {
			t.Errorf("%s: got %d graphs, want %d", ir.OpName(g.Nodes[i].Op), got, want)
		}
	}
}
