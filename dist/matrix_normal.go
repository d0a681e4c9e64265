package dist

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// MatrixNormal is the normal distribution of n×m matrices with mean M whose rows covary as U = AAᵀ and
// columns as V = BBᵀ, A and B lower triangular with positive diagonals: Cov[Xᵢⱼ, Xₖₗ] = UᵢₖVⱼₗ and
//
//	ln p(X) = −½(nm ln 2π + m ln|U| + n ln|V| + ‖A⁻¹(X − M)B⁻ᵀ‖²).
//
// What RowTril and ColumnTril hold above the diagonal does not count.
type MatrixNormal struct {
	Loc        *g.Node // M, …×n×m
	RowTril    *g.Node // A, …×n×n
	ColumnTril *g.Node // B, …×m×m; without batch axes they are those of all
}

const matrixNormal = "MatrixNormal"

// check returns the distribution with clean triangles.
func (d MatrixNormal) check() MatrixNormal {
	require(d.Loc.Rank() >= 2, matrixNormal, "Loc", d.Loc.Shape().Dimensions, "…×n×m")
	n, m := d.sizes()
	requireMatrix(matrixNormal, "RowTril", d.RowTril, n, n)
	requireMatrix(matrixNormal, "ColumnTril", d.ColumnTril, m, m)
	return MatrixNormal{d.Loc, lower(d.RowTril), lower(d.ColumnTril)}
}

// sizes returns n and m.
func (d MatrixNormal) sizes() (n, m int) { return d.Loc.Shape().Dim(-2), d.Loc.Shape().Dim(-1) }

// batch is the shape of a draw but for its matrix.
func (d MatrixNormal) batch() []int {
	return jointDims(matrixNormal, batchOf(d.Loc, 2), batchOf(d.RowTril, 2), batchOf(d.ColumnTril, 2))
}

// distance returns ‖A⁻¹(x − M)B⁻ᵀ‖².
func (d MatrixNormal) distance(x *g.Node) *g.Node {
	batch := jointDims(matrixNormal, batchOf(x, 2), d.batch())
	diff := g.Sub(spread(x, batch, 2), spread(d.Loc, batch, 2))
	z := solveTri(d.ColumnTril, transposed(solveTri(d.RowTril, diff, false)), false)
	return g.ReduceSum(g.Square(z), -1, -2)
}

// logDet returns m ln|U| + n ln|V|.
func (d MatrixNormal) logDet() *g.Node {
	n, m := d.sizes()
	return total(matrixNormal, g.MulScalar(logDetTri(d.RowTril), float64(m)), g.MulScalar(logDetTri(d.ColumnTril), float64(n)))
}

// LogProb implements [Distribution].
func (d MatrixNormal) LogProb(x *g.Node) *g.Node {
	d = d.check()
	n, m := d.sizes()
	requireMatrix(matrixNormal, "values", x, n, m)
	sum := total(matrixNormal, d.distance(x), d.logDet())
	return g.MulScalar(g.AddScalar(sum, float64(n*m)*math.Log(2*math.Pi)), -.5)
}

// Mean returns M.
func (d MatrixNormal) Mean() *g.Node { return spread(d.check().Loc, d.batch(), 2) }

// Variance returns UᵢᵢVⱼⱼ.
func (d MatrixNormal) Variance() *g.Node {
	d = d.check()
	variances := func(l *g.Node) *g.Node { return g.ReduceSum(g.Square(spread(l, d.batch(), 2)), -1) }
	return g.Mul(g.ExpandAxes(variances(d.RowTril), -1), g.ExpandAxes(variances(d.ColumnTril), -2))
}

// Entropy returns ½(nm ln 2πe + m ln|U| + n ln|V|).
func (d MatrixNormal) Entropy() *g.Node {
	d = d.check()
	n, m := d.sizes()
	h := g.MulScalar(g.AddScalar(d.logDet(), float64(n*m)*math.Log(2*math.Pi*math.E)), .5)
	return spread(h, d.batch(), 0)
}

// Sample implements [Distribution].
func (d MatrixNormal) Sample(s *model.Scope, name string, m int) *g.Node {
	return d.Rsample(s, name, m)
}

// Rsample returns M + AεBᵀ with ε ~ N(0, I), M×…×n×m.
func (d MatrixNormal) Rsample(s *model.Scope, name string, m int) *g.Node {
	d = d.check()
	mean := d.Mean()
	eps := s.Normal(name, drawn(m, mean)...)
	return g.Add(repeat(mean, m), matMul(matMul(d.RowTril, eps), transposed(d.ColumnTril)))
}

// Support implements [Declared].
func (d MatrixNormal) Support() Support { return Support{Set: Matrix} }

// Parameters implements [Declared].
func (d MatrixNormal) Parameters() []Parameter {
	return []Parameter{
		{"Loc", d.Loc, Support{Set: Matrix}},
		{"RowTril", d.RowTril, Support{Set: LowerCholesky}},
		{"ColumnTril", d.ColumnTril, Support{Set: LowerCholesky}},
	}
}

// klMatrixNormal is ½(tr Uₚ⁻¹U_q tr Vₚ⁻¹V_q − nm + ‖Aₚ⁻¹(M_q − Mₚ)Bₚ⁻ᵀ‖²) and half the difference of
// m ln|U| + n ln|V|.
func klMatrixNormal(q, p MatrixNormal) *g.Node {
	q, p = q.check(), p.check()
	n, m := q.sizes()
	requireMatrix(matrixNormal, "means of a KL", p.Loc, n, m)
	batch := jointDims(matrixNormal, q.batch(), p.batch())
	trace := func(q, p *g.Node) *g.Node {
		return spread(g.ReduceSum(g.Square(solveTri(p, q, false)), -1, -2), batch, 0)
	}
	both := g.Mul(trace(q.RowTril, p.RowTril), trace(q.ColumnTril, p.ColumnTril))
	sum := total(matrixNormal, both, p.distance(q.Loc), p.logDet(), g.Neg(q.logDet()))
	return g.MulScalar(g.AddScalar(sum, -float64(n*m)), .5)
}

func init() { registerKL(klMatrixNormal) }
