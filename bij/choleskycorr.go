package bij

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"
)

// CholeskyCorr maps vectors of n(n − 1)/2 numbers onto the Cholesky factors L of n×n
// correlation matrices: lower triangular with positive diagonal and rows of length one. The
// partial correlations z = tanh x fill the rows below the diagonal one after the other,
//
//	L_ij = z_ij Π_{k<j} √(1 − z_ik²),  L_ii = Π_{k<i} √(1 − z_ik²),
//	ln|det| = Σ_{i>j} [ln(1 − z_ij²) + ½ Σ_{k<j} ln(1 − z_ik²)]
//
// (Lewandowski, Kurowicka & Joe 2009, section 2). The volume is that of the elements below the
// diagonal. n is 2 or more.
type CholeskyCorr struct{}

// Forward implements [Bijector].
func (CholeskyCorr) Forward(x *g.Node) (y, logDet *g.Node) {
	t := triangleOf("correlation factor", width("correlation factor", x), true)
	m := t.fill(x)
	half := g.Neg(logCosh(m)) // ½ ln(1 − z²), zero where m is
	before := right(half, table(x, t.n, t.n, func(k, j int) float64 { return indicator(k < j) }))
	eye := like(table(x, t.n, t.n, func(i, j int) float64 { return indicator(i == j) }), m)
	low := like(table(x, t.n, t.n, func(i, j int) float64 { return indicator(i > j) }), m)
	y = g.Mul(g.Add(g.Tanh(m), eye), g.Exp(before))
	return y, sumLast(g.Add(g.MulScalar(half, 2), g.Mul(before, low)), 2)
}

// Inverse returns x = asinh(L_ij / √Σ_{k>j} L_ik²): the squares of a row sum to one, and
// sums of what follows do not cancel as 1 − Σ_{k<j} L_ik² does.
func (CholeskyCorr) Inverse(y *g.Node) (x, logDet *g.Node) {
	n := square("correlation factor", y)
	if n < 2 {
		panic(fmt.Errorf("bij: correlation factor: got %d×%d, want 2×2 or more", n, n))
	}
	t := triangle{n: n, strict: true}
	low := like(table(y, n, n, func(i, j int) float64 { return indicator(i > j) }), y)
	squares := g.Square(y)
	after := right(squares, table(y, n, n, func(k, j int) float64 { return indicator(k > j) }))
	after = g.Add(g.Mul(after, low), g.OneMinus(low)) // one where nothing is asked
	squares = g.Mul(squares, low)
	x = asinh(g.Div(g.Mul(y, low), g.Sqrt(after)))
	// 1 − z² = after/(after + L²), and Π_{k<j}(1 − z_k²) = after + L².
	logAll, logAfter := g.Log(g.Add(after, squares)), g.Log(after)
	return t.take(x), g.Neg(sumLast(g.Sub(logAfter, g.MulScalar(logAll, .5)), 2))
}

// Event implements [Bijector]: vectors to matrices.
func (CholeskyCorr) Event() Event { return triangle{strict: true}.event("correlation factor") }
