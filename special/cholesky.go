package special

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"
)

// Cholesky returns the lower triangular L with L Lᵀ = A for symmetric positive definite matrices
// …×n×n, of which it reads the lower triangle. Where A is not positive definite L has NaN.
//
// The matrix is halved until single numbers are left: with A = [A₁ ·; A₂ A₃], L₁ = chol A₁,
// L₂ = A₂ L₁⁻ᵀ and L₃ = chol(A₃ − L₂ L₂ᵀ). The gradient is symmetric (Murray 2016, eq. 10):
//
//	Ā = ½ (S + Sᵀ),  S = L⁻ᵀ Φ(Lᵀ L̄) L⁻¹,
//
// where Φ takes the lower triangle and halves the diagonal.
func Cholesky(a *g.Node) *g.Node {
	square(a, "Cholesky")
	var l *g.Node // the factor with its gradient
	u := g.IdentityWithCustomGradient(a, func(_, v *g.Node) *g.Node { return choleskyGradient(l, v) })
	l = g.Add(cholesky(g.StopGradient(a)), g.Sub(u, g.StopGradient(a)))
	return l
}

func cholesky(a *g.Node) *g.Node {
	n := a.Shape().Dim(-1)
	if n == 1 {
		return g.Sqrt(a)
	}
	h := n / 2
	l1 := cholesky(block(a, 0, h, 0, h))
	l2 := transposed(triSolve(l1, transposed(block(a, h, n, 0, h)), false))
	l3 := cholesky(g.Sub(block(a, h, n, h, n), g.MatMul(l2, transposed(l2))))
	top := g.Concatenate([]*g.Node{l1, g.ZerosLike(block(a, 0, h, h, n))}, -1)
	return g.Concatenate([]*g.Node{top, g.Concatenate([]*g.Node{l2, l3}, -1)}, -2)
}

// choleskyGradient returns Ā for the adjoint v of L.
func choleskyGradient(l, v *g.Node) *g.Node {
	n := l.Shape().Dim(-1)
	p := g.TakeLowerTriangular(g.MatMul(transposed(l), v), 0)
	p = g.Where(onDiagonal(l, n), g.MulScalar(p, .5), p)
	// S = L⁻ᵀ P L⁻¹: solve Lᵀ Y = P, then Lᵀ Sᵀ = Yᵀ.
	y := TriSolve(l, p, true)
	s := TriSolve(l, transposed(y), true)
	return g.MulScalar(g.Add(s, transposed(s)), .5)
}

// LogDetTri returns Σ ln|Lᵢᵢ|, the logarithm of the determinant of triangular matrices …×n×n,
// without their last two axes.
func LogDetTri(l *g.Node) *g.Node {
	square(l, "LogDetTri")
	return g.ReduceSum(g.Log(g.Abs(diagonal(l))), -1)
}

// diagonal returns the diagonals, …×n, of matrices …×n×n.
func diagonal(l *g.Node) *g.Node {
	return g.ReduceSum(g.Where(onDiagonal(l, l.Shape().Dim(-1)), l, g.ZerosLike(l)), -1)
}

// onDiagonal is true on the diagonals of matrices like l, …×n×n.
func onDiagonal(l *g.Node, n int) *g.Node {
	eye := g.ExpandLeftToRank(g.Diagonal(l.Graph(), n), l.Rank())
	return g.BroadcastToDims(eye, l.Shape().Dimensions...)
}

// square panics unless a holds square matrices.
func square(a *g.Node, what string) {
	if r := a.Rank(); r < 2 || a.Shape().Dim(-1) != a.Shape().Dim(-2) {
		panic(fmt.Errorf("special: %s: got shape %s, want …×n×n", what, a.Shape()))
	}
}
