package lower_test

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

func TestConcatenationsAgreeWithTheStockEngine(t *testing.T) {
	for _, dt := range []dtypes.DType{f32, f64, boo, bf6} {
		check(t, graph(func(g *ir.Graph) []*ir.Value {
			x, y := parameter(g, dt, 3, 4), parameter(g, dt, 3, 4)
			tr := transposed(g, y, 1, 0)
			cat := func(axis, rows, cols int, in ...*ir.Value) *ir.Value {
				return node(g, compute.OpTypeConcatenate, ir.Axis(axis), dt, []int{rows, cols}, in...)
			}
			return []*ir.Value{cat(0, 9, 4, x, y, x), cat(1, 3, 8, x, y), cat(0, 8, 3, tr, tr), cat(0, 3, 4, x)}
		}))
	}
}
