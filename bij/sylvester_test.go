package bij

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// TestColumnsAreOrthonormal: QᵀQ = I for random matrices and reflections, and for matrices with
// singular values 500 apart.
func TestColumnsAreOrthonormal(t *testing.T) {
	const k, n, m = 5, 6, 4
	v := make([]float64, k*n*m)
	rng.New(1).NormalFloat64(v)
	for i := range n { // the last matrix has nearly parallel columns
		row := v[(k-1)*n*m+i*m:][:m]
		row[1] = row[0] + .02*row[1]
	}
	out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
		gram := func(q *g.Node) *g.Node { return g.MatMul(g.Transpose(q, -1, -2), q) }
		return []*g.Node{gram(orthonormal(in[0])), gram(reflect(g.Transpose(in[0], -1, -2)))}
	}, tk.Matrix(v, k, n, m))
	for what, size := range []int{m, n} {
		for i, got := range out[what] {
			want := indicator(i/size%size == i%size)
			tk.Close(t, []string{"free matrix", "reflections"}[what], got, want, 1e-12)
		}
	}
}

// TestOneColumnIsAPlanarMap: with m = 1, y = x + r q h(r̃ qᵀx + b), a planar map of û = r q and
// w = r̃ q.
func TestOneColumnIsAPlanarMap(t *testing.T) {
	const n = 3
	p := tk.Params(t, dtypes.Float64)
	x := []float64{.3, -1, 2, 0, .5, -.2}
	program := model.NewProgram(p, "one column", func(s *model.Scope, in []*g.Node) []*g.Node {
		y, l := NewOrthogonalSylvester(s, n, 1, 1, nil).Forward(in[0])
		return []*g.Node{y, l}
	})
	tk.Values(t, program, rng.New(1), tk.Matrix(x, 2, n))
	q, r, rt, b := []float64{2, -1, 2}, .4, -.8, .3
	for _, a := range []struct {
		name string
		data []float64
		dims []int
	}{{"q", q, []int{1, n, 1}}, {"r", []float64{r}, []int{1, 1, 1}}, {"rt", []float64{rt}, []int{1, 1, 1}}, {"b", []float64{b}, []int{1, 1}}} {
		for _, old := range tk.Export(t, p) {
			if old.Name == a.name {
				copy(old.Data, a.data)
				tk.Import(t, p, old)
			}
		}
	}
	out := tk.Values(t, program, rng.New(1), tk.Matrix(x, 2, n))
	for i := range 2 {
		row, along := x[i*n:i*n+n], 0.
		for j := range n {
			along += q[j] / 3 * row[j] // ‖q‖ = 3
		}
		h := math.Tanh(math.Tanh(rt)*along + b)
		for j := range n {
			tk.Close(t, "y", out[0][i*n+j], row[j]+q[j]/3*math.Tanh(r)*h, 1e-12)
		}
		tk.Close(t, "ln|det|", out[1][i], math.Log(1+(1-h*h)*math.Tanh(r)*math.Tanh(rt)), 1e-12)
	}
}

// TestSizesOfEmittedParameters: the number of parameters that the scope holds is the number
// that an encoder has to emit.
func TestSizesOfEmittedParameters(t *testing.T) {
	for name, c := range map[string]struct {
		make func(s *model.Scope) Chain
		size int
	}{
		"planar":      {func(s *model.Scope) Chain { return NewPlanar(s, 3, 4) }, PlanarSize(3, 4)},
		"radial":      {func(s *model.Scope) Chain { return NewRadial(s, 3, 4) }, RadialSize(3, 4)},
		"orthogonal":  {func(s *model.Scope) Chain { return NewOrthogonalSylvester(s, 5, 2, 3, nil) }, SylvesterSize(2, 3, 10)},
		"Householder": {func(s *model.Scope) Chain { return NewHouseholderSylvester(s, 4, 3, 2, nil) }, SylvesterSize(4, 2, 12)},
		"triangular":  {func(s *model.Scope) Chain { return NewTriangularSylvester(s, 4, 3, nil) }, SylvesterSize(4, 3, 0)},
	} {
		p := tk.Params(t, dtypes.Float64)
		depth := 0
		program := model.NewProgram(p, name, func(s *model.Scope, in []*g.Node) []*g.Node {
			c := c.make(s)
			depth = len(c)
			return []*g.Node{g.Const(s.Graph(), 1.)}
		})
		tk.Values(t, program, rng.New(1))
		n := 0
		for _, a := range tk.Export(t, p) {
			n += len(a.Data)
		}
		if n != c.size || depth < 2 {
			t.Errorf("%s: got %d parameters in %d maps, want %d", name, n, depth, c.size)
		}
	}
}
