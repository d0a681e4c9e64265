package lower_test

import (
	"testing"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/lower"
)

// counted is a While that does n rounds of x ← −x + y, with a counter and y captured.
func counted(g *ir.Graph, x, y *ir.Value, n int32) []*ir.Value {
	scalar := shapes.Make(i32)
	limit, one := []int32{n}, []int32{1}
	literal := func(g *ir.Graph, p *int32) *ir.Value {
		return node(g, compute.OpTypeConstant, ir.Literal{Data: unsafe.Pointer(p), Bytes: 4}, i32, nil)
	}
	cond := graph(func(c *ir.Graph) []*ir.Value {
		i := c.Param("i", scalar)
		c.Param("x", x.Shape)
		return []*ir.Value{node(c, compute.OpTypeLessThan, nil, boo, nil, i, c.Param("n", scalar))}
	})
	body := graph(func(b *ir.Graph) []*ir.Value {
		i, z, w := b.Param("i", scalar), b.Param("x", x.Shape), b.Param("y", y.Shape)
		next := like(b, compute.OpTypeAdd, i, literal(b, &one[0]))
		return []*ir.Value{next, like(b, compute.OpTypeAdd, like(b, compute.OpTypeNeg, z), w)}
	})
	start := []int32{0}
	in := []*ir.Value{literal(g, &start[0]), x, literal(g, &limit[0]), y}
	a := ir.While{State: 2, CondCaptures: 1, BodyCaptures: 1, Cond: cond, Body: body}
	return g.Add(compute.OpTypeWhile, a, in, scalar, x.Shape).Out
}

func TestLoopsAgreeWithTheStockEngine(t *testing.T) {
	for _, rounds := range []int32{0, 1, 2, 5} {
		check(t, graph(func(g *ir.Graph) []*ir.Value {
			x, y := parameter(g, f32, 3, 4), parameter(g, f32, 4, 3)
			out := counted(g, like(g, compute.OpTypeExp, x), transposed(g, y, 1, 0), rounds)
			return []*ir.Value{out[1], out[0], like(g, compute.OpTypeNeg, out[1])}
		}))
	}
}

func TestAFinalStateTakesTheMemoryOfTheInitialOne(t *testing.T) {
	g := graph(func(g *ir.Graph) []*ir.Value {
		x := parameter(g, f32, 100)
		return []*ir.Value{like(g, compute.OpTypeNeg, counted(g, like(g, compute.OpTypeExp, x), x, 3)[1])}
	})
	p := lowered(t, g, lower.Options{})
	for _, s := range p.Steps {
		if s.Loop != nil && s.Args[1] != s.Args[3] {
			t.Errorf("got different buffers:\n%v", p)
		}
	}
	check(t, g)
}

func TestBranchesAgreeWithTheStockEngine(t *testing.T) {
	check(t, graph(func(g *ir.Graph) []*ir.Value {
		x, y := parameter(g, f32, 3, 4), parameter(g, f32, 3, 4)
		arm := func(op ir.Op) *ir.Graph {
			return graph(func(b *ir.Graph) []*ir.Value {
				z := b.Param("z", x.Shape)
				return []*ir.Value{like(b, op, z), z}
			})
		}
		var out []*ir.Value
		for _, yes := range []bool{true, false} {
			p := node(g, compute.OpTypeConstant, ir.Literal{Data: unsafe.Pointer(&yes), Bytes: 1}, boo, nil)
			a := ir.If{TrueCaptures: 1, FalseCaptures: 1, True: arm(compute.OpTypeNeg), False: arm(compute.OpTypeExp)}
			out = append(out, g.Add(compute.OpTypeIf, a, []*ir.Value{p, x, y}, x.Shape, x.Shape).Out...)
		}
		return out
	}))
}

func TestErrorsInNestedGraphsAreReported(t *testing.T) {
	g := &ir.Graph{Name: "outer"}
	x := parameter(g, c64, 8)
	arm := graph(func(b *ir.Graph) []*ir.Value {
		return []*ir.Value{node(b, compute.OpTypeFFT, ir.FFT{Length: []int{8}}, c64, []int{8}, b.Param("x", x.Shape))}
	})
	p := parameter(g, boo)
	g.Results = g.Add(compute.OpTypeIf, ir.If{TrueCaptures: 1, FalseCaptures: 1, True: arm, False: arm}, []*ir.Value{p, x, x}, x.Shape).Out
	if _, err := lower.Program(g, lower.Options{}); err == nil {
		t.Error("got no error")
	}
}
