package lower_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/lower"
	"github.com/elbo-go/elbo/cpu/internal/pass"
	"github.com/elbo-go/elbo/cpu/internal/run"
)

// step is a graph with one of every kind of kernel that shares its work out: a layer with
// softmax, a convolution, attention, a gather and its scatter.
func step(t testing.TB) *ir.Graph {
	return graph(func(g *ir.Graph) []*ir.Value {
		x, w := parameter(g, f32, 70, 90), parameter(g, f32, 90, 200)
		y := product(g, f32, x, w, matrix(x, 0))
		e := like(g, compute.OpTypeExp, y)
		sum := node(g, compute.OpTypeReduceSum, ir.Axes{1}, f32, []int{70}, e)
		all := node(g, compute.OpTypeBroadcastInDim, ir.Axes{0}, f32, []int{70, 200}, sum)
		image, filter := parameter(g, f32, 4, 12, 12, 8), parameter(g, f32, 3, 3, 8, 16)
		conv := convolved(t, g, image, filter, ir.Conv{Axes: channelsLast, Strides: []int{1, 1}})
		index := indices(g, []int32{5, 3, 3, 60}, 4, 1)
		picked := node(g, compute.OpTypeGather, rows(x, index), f32, []int{4, 90}, x, index)
		a := ir.Scatter{IndexVectorAxis: 1, UpdateWindowAxes: []int{1}, InsertedAxes: []int{0}, OperandAxes: []int{0}}
		spread := node(g, compute.OpTypeScatterSum, a, f32, []int{70, 90}, x, index, picked)
		loss := node(g, compute.OpTypeReduceSum, ir.Axes{0, 1, 2, 3}, f32, nil, conv)
		return []*ir.Value{like(g, compute.OpTypeDiv, e, all), conv, spread, loss,
			node(g, compute.OpTypeReduceSum, ir.Axes{0}, f32, []int{200}, y)}
	})
}

func TestResultsDoNotDependOnThreads(t *testing.T) {
	g := step(t)
	params := memory(shapesOf(g.Params), 0)
	r := rand.New(rand.NewPCG(8, 9))
	for i, v := range g.Params {
		random(params[i], v.Shape, r)
	}
	pass.Run(g, nil)
	for _, level := range isa.Available() {
		p := lowered(t, g, lower.Options{Level: level})
		var first [][]byte
		for threads := 1; threads <= 3; threads++ {
			pool := run.NewPool(threads)
			out := executeOn(t, pool, p, params, threads == 2)
			for i, v := range g.Results {
				got := bytesOf(out[i], v.Shape)
				if threads == 1 {
					first = append(first, slices.Clone(got))
				} else if string(got) != string(first[i]) {
					t.Errorf("%v: result %d: %d threads give other bits than one", level, i, threads)
				}
			}
			pool.Close()
		}
	}
}

func TestAllKindsOfKernelsTogetherAgreeWithTheStockEngine(t *testing.T) { check(t, step(t)) }

// Every family meets arrays without elements, as operands or as results.
func TestNoFamilyTripsOverEmptyArrays(t *testing.T) {
	g := graph(func(g *ir.Graph) []*ir.Value {
		x, y, fill := parameter(g, f32, 0, 4), parameter(g, f32, 3, 4), parameter(g, f32)
		index := parameter(g, i32, 0, 1)
		add := func(op ir.Op, attr any, dims []int, in ...*ir.Value) *ir.Value {
			return node(g, op, attr, f32, dims, in...)
		}
		slice := ir.Slice{Starts: []int{1, 0}, Limits: []int{1, 4}}
		a := ir.Scatter{IndexVectorAxis: 1, UpdateWindowAxes: []int{1}, InsertedAxes: []int{0}, OperandAxes: []int{0}}
		return []*ir.Value{
			add(compute.OpTypeExp, nil, []int{0, 4}, x), add(compute.OpTypeReduceMax, ir.Axes{1}, []int{0}, x),
			add(compute.OpTypeConcatenate, ir.Axis(0), []int{3, 4}, x, y, x), add(compute.OpTypeSlice, slice, []int{0, 4}, y),
			add(compute.OpTypeGather, rows(y, index), []int{0, 4}, y, index),
			add(compute.OpTypeScatterSum, a, []int{3, 4}, y, index, x),
			add(compute.OpTypePad, ir.Pad{{Start: 2}, {}}, []int{2, 4}, x, fill),
			add(compute.OpTypeBroadcastInDim, ir.Axes{1, 2}, []int{2, 0, 4}, x),
			add(compute.OpTypeCumSum, ir.CumSum{Axis: 1}, []int{0, 4}, x), add(compute.OpTypeIota, ir.Axis(0), []int{0, 4}),
			product(g, f32, x, y, ir.Dot{LhsContract: []int{1}, RhsContract: []int{1}}),
			add(compute.OpTypeReduceSum, ir.Axes{0, 1}, nil, x),
		}
	})
	params := memory(shapesOf(g.Params), 0)
	r := rand.New(rand.NewPCG(8, 9))
	for i, v := range g.Params {
		random(params[i], v.Shape, r)
	}
	want := memory(shapesOf(g.Results), 0)
	for _, i := range []int{2, 5} { // the concatenation and the scatter give y
		copy(bytesOf(want[i], g.Results[i].Shape), bytesOf(params[1], g.Params[1].Shape))
	}
	for i := range 8 { // the padding is all of the second result that has elements
		*at32(want[6], i) = *at32(params[2], 0)
	}
	checkAgainst(t, g, params, want)
}

// Operations on matrices of two sizes that change layouts, reduce, join and repeat, in any order.
func TestRandomLayoutsAgreeWithTheStockEngine(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		g := &ir.Graph{Name: "layouts"}
		values := []*ir.Value{parameter(g, f64, 4, 6), parameter(g, f64, 6, 4), parameter(g, f64, 2, 3)}
		for range rapid.IntRange(1, 10).Draw(r, "nodes") {
			x := values[rapid.IntRange(0, len(values)-1).Draw(r, "value")]
			values = append(values, change(g, x, rapid.IntRange(0, 8).Draw(r, "op")))
		}
		for range rapid.IntRange(1, 3).Draw(r, "results") {
			g.Results = append(g.Results, values[rapid.IntRange(0, len(values)-1).Draw(r, "result")])
		}
		check(t, g)
	})
}

// change applies one of several operations that suit any matrix.
func change(g *ir.Graph, x *ir.Value, op int) *ir.Value {
	m, n := x.Shape.Dimensions[0], x.Shape.Dimensions[1]
	add := func(op ir.Op, attr any, m, n int, in ...*ir.Value) *ir.Value {
		return node(g, op, attr, f64, []int{m, n}, in...)
	}
	switch op {
	case 0:
		return transposed(g, x, 1, 0)
	case 1:
		return reshaped(g, x, n, m)
	case 2:
		return add(compute.OpTypeReverse, ir.Axes{1}, m, n, x)
	case 3:
		return add(compute.OpTypeSlice, ir.Slice{Starts: []int{0, n / 2}, Limits: []int{m, n}, Strides: []int{2, 1}}, (m+1)/2, n-n/2, x)
	case 4:
		sum := node(g, compute.OpTypeReduceSum, ir.Axes{0}, f64, []int{n}, x)
		return like(g, compute.OpTypeSub, spread(g, sum, m, n), x)
	case 5:
		return add(compute.OpTypeConcatenate, ir.Axis(0), 2*m, n, x, x)
	case 6:
		return product(g, f64, x, x, ir.Dot{LhsContract: []int{1}, RhsContract: []int{1}})
	case 7:
		return add(compute.OpTypePad, ir.Pad{{Start: 1}, {End: 1}}, m+1, n+1, x, node(g, compute.OpTypeReduceMax, ir.Axes{0, 1}, f64, nil, x))
	}
	return like(g, compute.OpTypeTanh, x)
}

func TestTheFallbackGetsContiguousArrays(t *testing.T) {
	for _, axis := range []int{0, 1} {
		g := graph(func(g *ir.Graph) []*ir.Value {
			x := transposed(g, parameter(g, f32, 5, 4), 1, 0)
			less := graph(func(c *ir.Graph) []*ir.Value {
				a, b := parameter(c, f32), parameter(c, f32)
				return []*ir.Value{node(c, compute.OpTypeLessThan, nil, boo, nil, a, b)}
			})
			s := g.Add(compute.OpTypeSort, ir.Sort{Axis: axis, Tensors: 1, Comparator: less}, []*ir.Value{x}, x.Shape).Out[0]
			return []*ir.Value{s, transposed(g, s, 1, 0)}
		})
		t.Run(fmt.Sprint(axis), func(t *testing.T) { check(t, g) })
	}
}
