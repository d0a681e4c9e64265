package lower_test

import (
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/lower"
)

// product adds a DotGeneral.
func product(g *ir.Graph, t dtypes.DType, lhs, rhs *ir.Value, a ir.Dot) *ir.Value {
	var dims []int
	used := func(i int, lists ...[]int) bool {
		for _, l := range lists {
			for _, k := range l {
				if k == i {
					return true
				}
			}
		}
		return false
	}
	for _, k := range a.LhsBatch {
		dims = append(dims, lhs.Shape.Dimensions[k])
	}
	for i, d := range lhs.Shape.Dimensions {
		if !used(i, a.LhsBatch, a.LhsContract) {
			dims = append(dims, d)
		}
	}
	for i, d := range rhs.Shape.Dimensions {
		if !used(i, a.RhsBatch, a.RhsContract) {
			dims = append(dims, d)
		}
	}
	return node(g, compute.OpTypeDotGeneral, a, t, dims, lhs, rhs)
}

// matrix contracts the last axis of lhs with an axis of rhs.
func matrix(lhs *ir.Value, rhsAxis int) ir.Dot {
	return ir.Dot{LhsContract: []int{lhs.Shape.Rank() - 1}, RhsContract: []int{rhsAxis}}
}

func TestProductsAgreeWithTheStockEngine(t *testing.T) {
	for _, dt := range []dtypes.DType{f32, f64, i32, i64, bf6, f16} {
		t.Run(dt.String(), func(t *testing.T) {
			check(t, graph(func(g *ir.Graph) []*ir.Value {
				x, y, z := parameter(g, dt, 7, 9), parameter(g, dt, 9, 5), parameter(g, dt, 5, 9)
				v, w := parameter(g, dt, 9), parameter(g, dt, 7)
				mul := func(a, b *ir.Value, d ir.Dot) *ir.Value { return product(g, dt, a, b, d) }
				return []*ir.Value{
					mul(x, y, matrix(x, 0)), mul(x, z, matrix(x, 1)), mul(x, transposed(g, z, 1, 0), matrix(x, 0)),
					mul(transposed(g, x, 1, 0), w, ir.Dot{LhsContract: []int{1}, RhsContract: []int{0}}), mul(x, v, matrix(x, 0)), mul(v, y, matrix(v, 0)),
					mul(v, z, matrix(v, 1)), mul(v, v, matrix(v, 0)), mul(v, w, ir.Dot{}),
				}
			}))
		})
	}
}

func TestTransposedOperandsAreReadInPlace(t *testing.T) {
	g := graph(func(g *ir.Graph) []*ir.Value {
		q, k := parameter(g, f32, 2, 40, 3, 8), parameter(g, f32, 2, 50, 3, 8)
		q, k = transposed(g, q, 0, 2, 1, 3), transposed(g, k, 0, 2, 3, 1)
		d := ir.Dot{LhsBatch: []int{0, 1}, RhsBatch: []int{0, 1}, LhsContract: []int{3}, RhsContract: []int{2}}
		return []*ir.Value{product(g, f32, q, k, d)}
	})
	if p := lowered(t, g, lower.Options{}); len(p.Steps) != 1 || !strings.HasPrefix(p.Steps[0].Name(), "gemm") {
		t.Errorf("got more than one product:\n%v", p)
	}
	check(t, g)
}

func TestTheTypesOfSumAndOutputMayDiffer(t *testing.T) {
	check(t, graph(func(g *ir.Graph) []*ir.Value {
		x, y := parameter(g, bf6, 7, 9), parameter(g, bf6, 9, 5)
		a := matrix(x, 0)
		a.Config.AccumulatorDType, a.Config.OutputDType = f32, f32
		return []*ir.Value{product(g, f32, x, y, a)}
	}))
	check(t, graph(func(g *ir.Graph) []*ir.Value {
		x, y := parameter(g, i8, 7, 9), parameter(g, i8, 9, 5)
		a := matrix(x, 0)
		a.Config.AccumulatorDType, a.Config.OutputDType = i32, i32
		return []*ir.Value{product(g, i32, x, y, a)}
	}))
}

// Any assignment of axes to batch, rows, columns and sum, in any order in memory.
func TestRandomProductsAgreeWithTheStockEngine(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		g := &ir.Graph{Name: "dot"}
		draw := func(n int) (dims []int) {
			for range rapid.IntRange(0, n).Draw(r, "rank") {
				dims = append(dims, rapid.SampledFrom([]int{1, 2, 3, 5, 17}).Draw(r, "dim"))
			}
			return dims
		}
		batch, rows, cols, sum := draw(2), draw(2), draw(2), draw(2)
		a := ir.Dot{}
		var lhs, rhs *ir.Value
		lhs, a.LhsBatch, a.LhsContract = side(r, g, batch, sum, rows)
		rhs, a.RhsBatch, a.RhsContract = side(r, g, batch, sum, cols)
		g.Results = []*ir.Value{product(g, f32, lhs, rhs, a)}
		check(t, g)
	})
}

// side adds an operand with shuffled axes, and says where those of batch and sum went.
func side(r *rapid.T, g *ir.Graph, batch, sum, own []int) (x *ir.Value, batchAxes, sumAxes []int) {
	dims := append(append(append([]int{}, batch...), sum...), own...)
	shuffle := func() []int { return rapid.Permutation(count(len(dims))).Draw(r, "axes") }
	to := shuffle()
	shuffled := make([]int, len(dims))
	for i, k := range to {
		shuffled[k] = dims[i]
	}
	inMemory := shuffle()
	stored := make([]int, len(dims))
	for i, k := range inMemory {
		stored[k] = shuffled[i]
	}
	x = transposed(g, parameter(g, f32, stored...), inMemory...)
	return x, to[:len(batch)], to[len(batch) : len(batch)+len(sum)]
}

func count(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
