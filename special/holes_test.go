package special

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// differences holds a function of a 3×5 parameter and its gradient to the values and to differences.
func differences(t *testing.T, start []float64, f func(x *g.Node) *g.Node) []float64 {
	t.Helper()
	weigh := func(s *model.Scope, _ []*g.Node) []*g.Node {
		x := s.Param("x", func(rng.Key, []int) []float64 { return start }, 3, 5)
		y := f(x)
		w := g.ConstAsDType(y.Graph(), y.DType(), normals(2, y.Shape().Size()))
		return []*g.Node{g.ReduceAllSum(g.Mul(g.Reshape(y, -1), w)), y}
	}
	p := tk.Params(t, dtypes.Float64)
	tk.GradientWithin(t, 1e-7, p, weigh)
	return tk.Values(t, model.NewProgram(p, "value", weigh), rng.New(1))[1]
}

func TestProductsHaveGradientsAtZeros(t *testing.T) {
	start := normals(4, 15)
	start[2], start[6], start[8] = 0, 0, 0 // one zero in the first row, two in the second
	got := differences(t, start, func(x *g.Node) *g.Node { return Product(x, -1) })
	for i, v := range got {
		want := 1.
		for _, s := range start[5*i : 5*i+5] {
			want *= s
		}
		tk.Close(t, "product", v, want, 1e-15)
	}
	columns := differences(t, start, func(x *g.Node) *g.Node { return Product(x, 0) })
	tk.Close(t, "product of a column", columns[0], start[0]*start[5]*start[10], 1e-15)
}

func TestAnglesHaveGradientsInAllQuadrants(t *testing.T) {
	start := normals(5, 15)
	for i := range start {
		start[i] += math.Copysign(.2, start[i])
	}
	got := differences(t, start, func(x *g.Node) *g.Node {
		return Atan2(g.Slice(x, g.AxisElem(0)), g.Slice(x, g.AxisElem(1)))
	})
	for i, v := range got {
		tk.Close(t, "angle", v, math.Atan2(start[i], start[5+i]), 1e-15)
	}
	slopes := values(t, func(x []*g.Node) *g.Node {
		return g.Concatenate(g.Gradient(g.ReduceAllSum(Atan2(x[0], x[1])), x...), 0)
	}, []float64{0}, []float64{0})
	if slopes[0] != 0 || slopes[1] != 0 {
		t.Errorf("gradient at the origin: got %v, want 0 and 0", slopes)
	}
}

func TestReciprocalRootsHaveGradients(t *testing.T) {
	start := normals(6, 15)
	for i := range start {
		start[i] = .1 + start[i]*start[i]
	}
	got := differences(t, start, func(x *g.Node) *g.Node { return Rsqrt(x) })
	for i, v := range got {
		tk.Close(t, "1/√x", v, 1/math.Sqrt(start[i]), 1e-14)
	}
}

func TestClampPassesTheGradientInside(t *testing.T) {
	got := differences(t, normals(7, 15), func(x *g.Node) *g.Node { return Clamp(x, -.5, .8) })
	for _, v := range got {
		if v < -.5 || v > .8 {
			t.Errorf("got %v, want it in [−.5, .8]", v)
		}
	}
}
