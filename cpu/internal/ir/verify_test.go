package ir_test

import (
	"strings"
	"testing"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

func vector(n int) shapes.Shape { return shapes.Make(dtypes.Float32, n) }

var (
	boolean = shapes.Make(dtypes.Bool)
	number  = shapes.Make(dtypes.Int32)
)

// constant adds a constant of int32.
func constant(g *ir.Graph, x ...int32) *ir.Value {
	l := ir.Literal{Data: unsafe.Pointer(unsafe.SliceData(x)), Bytes: 4 * len(x)}
	return g.Add(compute.OpTypeConstant, l, nil, shapes.Make(dtypes.Int32, len(x))).Out[0]
}

// loop is a graph that counts down from its parameter, adding a captured vector every time.
func loop() *ir.Graph {
	cond, body, g := &ir.Graph{Name: "cond"}, &ir.Graph{Name: "body"}, &ir.Graph{Name: "loop"}
	i := cond.Param("i", number)
	cond.Param("sum", vector(2))
	zero := cond.Param("zero", number)
	cond.Results = []*ir.Value{cond.Add(compute.OpTypeGreaterThan, nil, []*ir.Value{i, zero}, boolean).Out[0]}
	j, sum, x, one := body.Param("i", number), body.Param("sum", vector(2)), body.Param("x", vector(2)), body.Param("one", number)
	body.Results = []*ir.Value{
		body.Add(compute.OpTypeSub, nil, []*ir.Value{j, one}, number).Out[0],
		body.Add(compute.OpTypeAdd, nil, []*ir.Value{sum, x}, vector(2)).Out[0],
	}
	n, v := g.Param("n", number), g.Param("v", vector(2))
	reshape := func(x *ir.Value) *ir.Value {
		return g.Add(compute.OpTypeReshape, nil, []*ir.Value{x}, number).Out[0]
	}
	in := []*ir.Value{n, v, reshape(constant(g, 0)), v, reshape(constant(g, 1))}
	a := ir.While{State: 2, CondCaptures: 1, BodyCaptures: 2, Cond: cond, Body: body}
	g.Results = g.Add(compute.OpTypeWhile, a, in, number, vector(2)).Out
	return g
}

func TestSoundGraphsPass(t *testing.T) {
	if err := ir.Verify(loop()); err != nil {
		t.Error(err)
	}
	g := &ir.Graph{}
	x := g.Param("x", vector(6))
	view := g.Add(ir.OpView, ir.View{Offset: 5, Strides: []int{-2, 0}}, []*ir.Value{x}, shapes.Make(dtypes.Float32, 3, 4)).Out[0]
	g.Results = []*ir.Value{view, x, x}
	if err := ir.Verify(g); err != nil {
		t.Error(err)
	}
}

// TestSpoiltGraphsFail breaks a sound graph in one place at a time.
func TestSpoiltGraphsFail(t *testing.T) {
	add := func(g *ir.Graph, op ir.Op, attr any, out shapes.Shape, in ...*ir.Value) { g.Add(op, attr, in, out) }
	for want, spoil := range map[string]func(g *ir.Graph){
		"used before it is computed":   func(g *ir.Graph) { g.Nodes[0], g.Nodes[len(g.Nodes)-1] = g.Nodes[len(g.Nodes)-1], g.Nodes[0] },
		"does not know its definition": func(g *ir.Graph) { g.Results[1].Index = 0 },
		"or has two":                   func(g *ir.Graph) { g.Nodes = append(g.Nodes, g.Nodes[0]) },
		"parameter 0: got":             func(g *ir.Graph) { g.Params[0], g.Params[1] = g.Params[1], g.Params[0] },
		"result 0 is not computed":     func(g *ir.Graph) { g.Results = []*ir.Value{{}} },
		"want a static one":            func(g *ir.Graph) { g.Params[1].Shape = shapes.MakeDynamic(dtypes.Float32, []int{-1}, []string{"n"}) },
		"want 3 and 1":                 func(g *ir.Graph) { add(g, compute.OpTypeWhere, nil, vector(2), g.Params[1]) },
		"input 0 has shape":            func(g *ir.Graph) { add(g, compute.OpTypeAbs, nil, vector(3), g.Params[1]) },
		"got 4 bytes, want 8":          func(g *ir.Graph) { constant(g, 1).Shape = shapes.Make(dtypes.Int64) },
		"got 3 elements, want 2":       func(g *ir.Graph) { add(g, compute.OpTypeReshape, nil, vector(3), g.Params[1]) },
		"got permutation [0]":          func(g *ir.Graph) { add(g, compute.OpTypeTranspose, ir.Axes{0}, vector(3), g.Params[1]) },
		"got [2] along axes [0]":       func(g *ir.Graph) { add(g, compute.OpTypeBroadcastInDim, ir.Axes{0}, vector(3), g.Params[1]) },
		"got 0 axes for an input of 1": func(g *ir.Graph) { add(g, compute.OpTypeBroadcastInDim, ir.Axes{}, vector(3), g.Params[1]) },
		"reaches from 0 to 2":          func(g *ir.Graph) { add(g, ir.OpView, ir.View{Strides: []int{1}}, vector(3), g.Params[1]) },
		"reaches from -1 to 0":         func(g *ir.Graph) { add(g, ir.OpView, ir.View{Strides: []int{-1}}, vector(2), g.Params[1]) },
		"got 0 strides":                func(g *ir.Graph) { add(g, ir.OpView, ir.View{}, vector(2), g.Params[1]) },
		"input is a view": func(g *ir.Graph) {
			v := g.Add(ir.OpView, ir.View{Strides: []int{1}}, g.Params[1:2], vector(2)).Out[0]
			add(g, ir.OpView, ir.View{Strides: []int{1}}, vector(2), v)
		},
		"got Float64 of Float32": func(g *ir.Graph) {
			add(g, ir.OpView, ir.View{Strides: []int{1}}, shapes.Make(dtypes.Float64, 1), g.Params[1])
		},
		"condition does not give one bool": func(g *ir.Graph) { w := while(g); w.Cond.Results = w.Cond.Params[:1] },
		"new state: the shapes":            func(g *ir.Graph) { w := while(g); w.Body.Results = w.Body.Results[:1] },
		"body: the shapes": func(g *ir.Graph) {
			w := while(g)
			w.Body.Params[1].Shape = vector(2).Clone()
			w.Body.Params = w.Body.Params[:3]
		},
		"predicate is not one bool": func(g *ir.Graph) {
			add(g, compute.OpTypeIf, ir.If{True: &ir.Graph{}, False: &ir.Graph{}}, vector(2), g.Params[1])
		},
		"comparator does not give": func(g *ir.Graph) {
			add(g, compute.OpTypeSort, ir.Sort{Tensors: 1, Comparator: &ir.Graph{}}, vector(2), g.Params[1])
		},
	} {
		g := loop()
		spoil(g)
		if err := ir.Verify(g); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}

// while gives the loop of a graph.
func while(g *ir.Graph) ir.While {
	for _, n := range g.Nodes {
		if a, ok := n.Attr.(ir.While); ok {
			return a
		}
	}
	panic("no loop")
}
