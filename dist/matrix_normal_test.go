package dist_test

import (
	"testing"

	g "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/dist"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// fromRowsAndColumns is the normal distribution of the elements, row by row, with covariance U ⊗ V.
func fromRowsAndColumns(p [][]float64) dense {
	u, v := gram(tri(p[1])), gram(tri(p[2]))
	n, m := u.SymmetricDim(), v.SymmetricDim()
	cov := mat.NewSymDense(n*m, nil)
	for i := range n * m {
		for j := range i + 1 {
			cov.SetSym(i, j, u.At(i/m, j/m)*v.At(i%m, j%m))
		}
	}
	return newDense(p[0], cov)
}

func matrixNormalVector() vector {
	v := normalVector("MatrixNormal", 6, fromRowsAndColumns, param{"RowTril", []int{2, 2}}, param{"ColumnTril", []int{3, 3}})
	v.params[0].dims, v.event = []int{2, 3}, []int{2, 3}
	v.cases = [][][]float64{
		{{0, 0, 0, 0, 0, 0}, {1, 0, 0, 1}, {1, 0, 0, 0, 1, 0, 0, 0, 1}},
		{{1, -2, .5, 0, 3, -.1}, {.7, 0, -.4, 1.3}, {.7, 0, 0, -.4, 1.3, 0, .9, .2, .5}},
		{{-.3, .1, 4, .2, -1, 1}, {2, 0, 1.1, .3}, {2, 0, 0, 1.1, .3, 0, -.6, .8, 1.7}},
	}
	v.make = func(p []*g.Node) dist.Distribution {
		return dist.MatrixNormal{Loc: p[0], RowTril: p[1], ColumnTril: p[2]}
	}
	return v
}

func init() {
	v := matrixNormalVector()
	addVectors(v)
	klVectors = append(klVectors, vectorPair{"MatrixNormal ‖ MatrixNormal", v, v, func(q, p [][]float64) float64 {
		return fromRowsAndColumns(q).kl(fromRowsAndColumns(p))
	}})
}

// TestMatrixNormalOfOneColumnIsMultivariateNormal, with the column's scale in the rows' factor.
func TestMatrixNormalOfOneColumnIsMultivariateNormal(t *testing.T) {
	out := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
		column := func(x *g.Node) *g.Node { return g.ExpandAxes(x, -1) }
		matrix := dist.MatrixNormal{Loc: column(in[0]), RowTril: in[1], ColumnTril: g.Reshape(number(s, 2), 1, 1)}
		plain := dist.MultivariateNormal{Loc: in[0], Tril: g.MulScalar(in[1], 2)}
		return []*g.Node{matrix.LogProb(column(in[2])), plain.LogProb(in[2]), matrix.Entropy(), plain.Entropy()}
	}, tk.Vector(.3, -1), tk.Matrix([]float64{.8, 0, .5, 1.2}, 2, 2), tk.Matrix([]float64{1, 2, -.3, .4}, 2, 2))
	for i := range out[0] {
		tk.Close(t, "ln p", out[0][i], out[1][i], 1e-14)
	}
	tk.Close(t, "entropy", out[2][0], out[3][0], 1e-14)
}
