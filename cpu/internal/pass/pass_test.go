package pass_test

import (
	"slices"
	"testing"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/kernel/tile"
	"github.com/elbo-go/elbo/cpu/internal/pass"
)

// build is a graph under construction, with the operations that the tests need.
type build struct {
	*ir.Graph
	t testing.TB
}

func newBuild(t testing.TB) *build { return &build{&ir.Graph{Name: "test"}, t} }

func f32(dims ...int) shapes.Shape { return shapes.Make(dtypes.Float32, dims...) }

func (b *build) param(dims ...int) *ir.Value { return b.Param("x", f32(dims...)) }

// apply adds a node with the shape of its first input.
func (b *build) apply(op ir.Op, in ...*ir.Value) *ir.Value {
	return b.Add(op, nil, in, in[0].Shape).Out[0]
}

// constant adds a constant with all elements equal, spread over a shape if one is given.
func (b *build) constant(x float32, dims ...int) *ir.Value {
	data := []float32{x}
	v := b.Add(compute.OpTypeConstant, ir.Literal{Data: unsafe.Pointer(&data[0]), Bytes: 4}, nil, f32()).Out[0]
	if len(dims) == 0 {
		return v
	}
	return b.Add(compute.OpTypeBroadcastInDim, ir.Axes{}, []*ir.Value{v}, f32(dims...)).Out[0]
}

func (b *build) sum(x *ir.Value, axes ...int) *ir.Value {
	var kept []int
	for i, d := range x.Shape.Dimensions {
		if !slices.Contains(axes, i) {
			kept = append(kept, d)
		}
	}
	return b.Add(compute.OpTypeReduceSum, ir.Axes(axes), []*ir.Value{x}, f32(kept...)).Out[0]
}

func (b *build) transpose(x *ir.Value) *ir.Value {
	d := x.Shape.Dimensions
	return b.Add(compute.OpTypeTranspose, ir.Axes{1, 0}, []*ir.Value{x}, f32(d[1], d[0])).Out[0]
}

func (b *build) reshape(x *ir.Value, dims ...int) *ir.Value {
	return b.Add(compute.OpTypeReshape, nil, []*ir.Value{x}, f32(dims...)).Out[0]
}

// run applies one pass, or all, and checks that the graph stays well formed.
func (b *build) run(do func(*ir.Graph), results ...*ir.Value) {
	b.t.Helper()
	b.Results = results
	do(b.Graph)
	if err := ir.Verify(b.Graph); err != nil {
		b.t.Fatalf("%v\n%v", err, b.Graph)
	}
}

// all runs every pass and verifies the graph between them.
func (b *build) all(results ...*ir.Value) {
	b.t.Helper()
	b.run(func(g *ir.Graph) {
		pass.Run(g, func(name string, g *ir.Graph) {
			if err := ir.Verify(g); err != nil {
				b.t.Fatalf("after %s: %v\n%v", name, err, g)
			}
		})
	}, results...)
}

// ops lists the operations of the graph without its parameters.
func (b *build) ops() []ir.Op {
	var out []ir.Op
	for _, n := range b.Nodes {
		if n.Op != compute.OpTypeParameter {
			out = append(out, n.Op)
		}
	}
	return out
}

func (b *build) want(ops ...ir.Op) {
	b.t.Helper()
	if got := b.ops(); !slices.Equal(got, ops) {
		b.t.Errorf("operations: got %v, want %v\n%v", got, ops, b.Graph)
	}
}

// regions lists the specs of the regions.
func (b *build) regions() []*tile.Spec {
	var out []*tile.Spec
	for _, n := range b.Nodes {
		if n.Op == ir.OpRegion {
			out = append(out, n.Attr.(*tile.Spec))
		}
	}
	return out
}

func TestDeadNodesGoAndParametersStay(t *testing.T) {
	b := newBuild(t)
	x, _ := b.param(3), b.param(4)
	y := b.apply(compute.OpTypeExp, x)
	b.apply(compute.OpTypeNeg, b.apply(compute.OpTypeLog, x))
	b.run(pass.Dead, y)
	b.want(compute.OpTypeExp)
	if len(b.Params) != 2 || len(b.Nodes) != 3 {
		t.Errorf("got %d parameters in %d nodes, want 2 in 3", len(b.Params), len(b.Nodes))
	}
}

func TestEqualExpressionsAreComputedOnce(t *testing.T) {
	b := newBuild(t)
	x := b.param(3)
	a := b.apply(compute.OpTypeAdd, b.apply(compute.OpTypeExp, x), b.constant(2, 3))
	c := b.apply(compute.OpTypeAdd, b.apply(compute.OpTypeExp, x), b.constant(2, 3))
	d := b.apply(compute.OpTypeAdd, b.apply(compute.OpTypeExp, x), b.constant(3, 3))
	b.run(pass.Common, a, c, d)
	if b.Results[0] != b.Results[1] || b.Results[0] == b.Results[2] {
		t.Errorf("got %v", b.Graph)
	}
}

func TestEqualControlFlowStaysTwo(t *testing.T) {
	b := newBuild(t)
	x := b.param()
	branch := func() *ir.Graph {
		s := newBuild(t)
		p := s.param()
		s.Results = []*ir.Value{s.apply(compute.OpTypeNeg, p)}
		return s.Graph
	}
	a := ir.If{TrueCaptures: 1, FalseCaptures: 1, True: branch(), False: branch()}
	pred := b.Add(compute.OpTypeIsNaN, nil, []*ir.Value{x}, shapes.Make(dtypes.Bool)).Out[0]
	one := b.Add(compute.OpTypeIf, a, []*ir.Value{pred, x, x}, f32()).Out[0]
	two := b.Add(compute.OpTypeIf, a, []*ir.Value{pred, x, x}, f32()).Out[0]
	b.all(one, two)
	if b.Results[0] == b.Results[1] {
		t.Error("two Ifs became one")
	}
	if a.True.Nodes[1].Op != ir.OpRegion {
		t.Errorf("the branch was not rewritten: %v", a.True)
	}
}

func TestOperationsThatChangeNothingGo(t *testing.T) {
	with := func(op ir.Op, c float32) func(b *build, x *ir.Value) *ir.Value {
		return func(b *build, x *ir.Value) *ir.Value { return b.apply(op, x, b.constant(c, 2, 3)) }
	}
	for name, f := range map[string]func(b *build, x *ir.Value) *ir.Value{
		"x·1": with(compute.OpTypeMul, 1), "x/1": with(compute.OpTypeDiv, 1),
		"x − 0": with(compute.OpTypeSub, 0), "pow(x, 1)": with(compute.OpTypePow, 1),
		"1·x":          func(b *build, x *ir.Value) *ir.Value { return b.apply(compute.OpTypeMul, b.constant(1, 2, 3), x) },
		"identity":     func(b *build, x *ir.Value) *ir.Value { return b.apply(compute.OpTypeIdentity, x) },
		"same dtype":   func(b *build, x *ir.Value) *ir.Value { return b.apply(compute.OpTypeConvertDType, x) },
		"same shape":   func(b *build, x *ir.Value) *ir.Value { return b.reshape(x, 2, 3) },
		"two reshapes": func(b *build, x *ir.Value) *ir.Value { return b.reshape(b.reshape(x, 6), 2, 3) },
		"two swaps":    func(b *build, x *ir.Value) *ir.Value { return b.transpose(b.transpose(x)) },
		"one part": func(b *build, x *ir.Value) *ir.Value {
			return b.Add(compute.OpTypeConcatenate, ir.Axis(0), []*ir.Value{x}, x.Shape).Out[0]
		},
		"a barrier": func(b *build, x *ir.Value) *ir.Value { return b.apply(compute.OpTypeOptimizationBarrier, x) },
		"an order": func(b *build, x *ir.Value) *ir.Value {
			return b.apply(compute.OpTypeSchedulingBarrier, x, b.constant(1))
		},
	} {
		b := newBuild(t)
		x := b.param(2, 3)
		if b.all(f(b, x)); b.Results[0] != x {
			t.Errorf("%s: got %v, want the parameter", name, b.Graph)
		}
	}
}

// TestRulesOfRealNumbersAreNotUsed: NaN, infinity and −0 would not survive these.
func TestRulesOfRealNumbersAreNotUsed(t *testing.T) {
	b := newBuild(t)
	x := b.param(3)
	zero := b.constant(0, 3)
	y := b.apply(compute.OpTypeMul, x, zero)
	z := b.apply(compute.OpTypeAdd, x, zero)
	w := b.apply(compute.OpTypeSub, x, x)
	b.run(pass.Simplify, y, z, w)
	if !slices.Equal(b.Results, []*ir.Value{y, z, w}) {
		t.Errorf("got %v", b.Graph)
	}
}

func TestSquaresAreProducts(t *testing.T) {
	b := newBuild(t)
	x := b.param(3)
	b.run(pass.Simplify, b.apply(compute.OpTypePow, x, b.constant(2, 3)))
	if n := b.Results[0].Def; n.Op != compute.OpTypeMul || n.In[0] != x || n.In[1] != x {
		t.Errorf("got %v, want x·x", b.Graph)
	}
}

func TestConstantsAreFoldedBeforeTheyAreSpread(t *testing.T) {
	b := newBuild(t)
	x := b.param(4, 4)
	c := b.apply(compute.OpTypeSqrt, b.apply(compute.OpTypeMul, b.constant(8, 4, 4), b.constant(2, 4, 4)))
	b.run(func(g *ir.Graph) { pass.Fold(g); pass.Dead(g) }, b.apply(compute.OpTypeAdd, x, c))
	b.want(compute.OpTypeConstant, compute.OpTypeBroadcastInDim, compute.OpTypeAdd)
	if l := b.Nodes[1].Attr.(ir.Literal); *(*float32)(l.Data) != 4 {
		t.Errorf("√(8·2): got %v, want 4", *(*float32)(l.Data))
	}
}

func TestViewsOfViewsAreViewsOfTheMemory(t *testing.T) {
	b := newBuild(t)
	x := b.param(4, 6)
	s := b.Add(compute.OpTypeSlice, ir.Slice{Starts: []int{1, 0}, Limits: []int{4, 6}, Strides: []int{1, 2}}, []*ir.Value{b.transpose(b.transpose(x))}, f32(3, 3)).Out[0]
	b.run(pass.Views, b.transpose(s))
	n := b.Results[0].Def
	if n.Op != ir.OpView || n.In[0] != x {
		t.Fatalf("got %v, want a view of the parameter", b.Graph)
	}
	if a := n.Attr.(ir.View); a.Offset != 6 || !slices.Equal(a.Strides, []int{2, 6}) {
		t.Errorf("got %+v, want offset 6, strides 2 6", a)
	}
}
