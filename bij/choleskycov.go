package bij

import g "github.com/gomlx/gomlx/core/graph"

// CholeskyCov maps vectors of n(n + 1)/2 numbers onto lower triangular n×n matrices L with
// positive diagonal, the factors of covariance matrices L·Lᵀ. The elements fill the rows of L
// one after the other; those of the diagonal are logarithms,
//
//	L_ii = e^{x_ii},  L_ij = x_ij (i > j),  ln|det| = Σ_i x_ii.
//
// The volume is that of the elements of L on and below the diagonal.
type CholeskyCov struct{}

// Forward implements [Bijector].
func (CholeskyCov) Forward(x *g.Node) (y, logDet *g.Node) {
	t := triangleOf("Cholesky factor", width("Cholesky factor", x), false)
	m := t.fill(x)
	eye := like(table(x, t.n, t.n, func(i, j int) float64 { return indicator(i == j) }), m)
	logDiag := g.Mul(m, eye)
	return g.Add(g.Mul(g.Exp(logDiag), eye), g.Sub(m, logDiag)), sumLast(logDiag, 2)
}

// Inverse implements [Bijector].
func (CholeskyCov) Inverse(y *g.Node) (x, logDet *g.Node) {
	t := triangle{n: square("Cholesky factor", y)}
	eye := like(table(y, t.n, t.n, func(i, j int) float64 { return indicator(i == j) }), y)
	diag := g.Mul(y, eye)
	logDiag := g.Log(g.Add(diag, g.OneMinus(eye))) // ln 1 beside the diagonal
	return t.take(g.Add(logDiag, g.Sub(y, diag))), g.Neg(sumLast(logDiag, 2))
}

// Event implements [Bijector]: vectors to matrices.
func (CholeskyCov) Event() Event { return triangle{}.event("Cholesky factor") }
