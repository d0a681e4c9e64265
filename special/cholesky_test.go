package special

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// normals returns n standard normal values of a seed.
func normals(seed uint64, n int) []float64 {
	x := make([]float64, n)
	rng.New(seed).NormalFloat64(x)
	return x
}

// positive returns X Xᵀ + I for a parameter X of b×n×n: symmetric positive definite matrices.
func positive(s *model.Scope, b, n int) *g.Node {
	x := s.Param("x", func(rng.Key, []int) []float64 { return normals(3, b*n*n) }, b, n, n)
	eye := g.ConvertDType(g.ExpandAxes(g.Diagonal(x.Graph(), n), 0), x.DType())
	return g.Add(g.MatMul(x, g.Transpose(x, 1, 2)), eye)
}

func TestCholeskyFactorMultipliesBack(t *testing.T) {
	for _, n := range []int{1, 2, 3, 5, 8, 13} {
		out := tk.Graph(t, 1, func(s *model.Scope, _ []*g.Node) []*g.Node {
			a := positive(s, 3, n)
			l := Cholesky(a)
			upper := g.Sub(l, g.TakeLowerTriangular(l, 0))
			logDet := g.Sub(LogDetTri(l), g.ReduceSum(g.Log(diagonal(l)), -1))
			return []*g.Node{g.Sub(g.MatMul(l, g.Transpose(l, 1, 2)), a), upper, logDet, diagonal(l)}
		})
		for k := range 3 {
			for _, v := range out[k] {
				tk.Close(t, "remainder", v, 0, 1e-13)
			}
		}
		for _, v := range out[3] {
			if !(v > 0) {
				t.Errorf("diagonal of L: got %v, want above 0", v)
			}
		}
	}
}

// TestCholeskyIsExactOnAKnownMatrix: L with small whole numbers.
func TestCholeskyIsExactOnAKnownMatrix(t *testing.T) {
	l := []float64{2, 0, 0, 6, 1, 0, -8, 5, 3}
	a := []float64{4, 12, -16, 12, 37, -43, -16, -43, 98}
	got := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
		c := Cholesky(in[0])
		return []*g.Node{c, LogDetTri(c)}
	}, tk.Matrix(a, 3, 3))
	for i := range l {
		tk.Close(t, "L", got[0][i], l[i], 0)
	}
	tk.Close(t, "ln det L", got[1][0], math.Log(6), 1e-15)
}

func TestCholeskyOfAnIndefiniteMatrixIsNaN(t *testing.T) {
	got := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node { return []*g.Node{LogDetTri(Cholesky(in[0]))} },
		tk.Matrix([]float64{1, 2, 2, 1}, 2, 2))[0][0]
	if !math.IsNaN(got) {
		t.Errorf("ln det: got %v, want NaN", got)
	}
}

func TestCholeskyGradientMatchesDifferences(t *testing.T) {
	weights := tk.Matrix(normals(9, 50), 2, 5, 5)
	tk.GradientWithin(t, 1e-7, tk.Params(t, dtypes.Float64), func(s *model.Scope, in []*g.Node) []*g.Node {
		l := Cholesky(positive(s, 2, 5))
		return []*g.Node{g.Add(g.ReduceAllSum(g.Mul(l, in[0])), g.ReduceAllSum(LogDetTri(l)))}
	}, weights)
}

// lower is a parameter of 2×4×4 with a diagonal away from 0 and numbers above it that must not count.
func lower(s *model.Scope) *g.Node {
	return s.Param("l", func(rng.Key, []int) []float64 {
		v := normals(5, 32)
		for i := range 8 {
			v[i/4*16+i%4*5] = 1.5 + .2*float64(i)
		}
		return v
	}, 2, 4, 4)
}

func TestTriangularSolveMultipliesBack(t *testing.T) {
	for _, transpose := range []bool{false, true} {
		out := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
			l := lower(s)
			x := TriSolve(l, in[0], transpose)
			tri := g.TakeLowerTriangular(l, 0)
			if transpose {
				tri = g.Transpose(tri, 1, 2)
			}
			return []*g.Node{g.Sub(g.MatMul(tri, x), in[0])}
		}, tk.Matrix(normals(6, 24), 2, 4, 3))
		for _, v := range out[0] {
			tk.Close(t, "remainder", v, 0, 1e-13)
		}
	}
}

func TestTriangularSolveGradientMatchesDifferences(t *testing.T) {
	for _, transpose := range []bool{false, true} {
		tk.GradientWithin(t, 1e-7, tk.Params(t, dtypes.Float64), func(s *model.Scope, in []*g.Node) []*g.Node {
			b := s.Param("b", func(rng.Key, []int) []float64 { return normals(7, 24) }, 2, 4, 3)
			return []*g.Node{g.ReduceAllSum(g.Mul(TriSolve(lower(s), b, transpose), in[0]))}
		}, tk.Matrix(normals(8, 24), 2, 4, 3))
	}
}

func TestFactorsOfWrongShapesAreErrors(t *testing.T) {
	a := tk.Matrix(make([]float64, 6), 2, 3)
	for name, f := range map[string]func(x *g.Node) *g.Node{
		"Cholesky":  Cholesky,
		"LogDetTri": LogDetTri,
		"TriSolve": func(x *g.Node) *g.Node {
			return TriSolve(g.MatMul(x, g.Transpose(x, 0, 1)), g.Transpose(x, 0, 1), false)
		},
	} {
		p := model.NewProgram(tk.Params(t, dtypes.Float64), "test", func(_ *model.Scope, in []*g.Node) []*g.Node { return []*g.Node{f(in[0])} })
		_, err := p.Values(rng.New(1), a)
		if err == nil || !strings.Contains(err.Error(), "special: "+name) {
			t.Errorf("%s of 2×3: got error %v, want one that names it", name, err)
		}
	}
}
