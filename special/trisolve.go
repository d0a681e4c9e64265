package special

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"
)

// TriSolve returns X with L X = B, or Lᵀ X = B if transpose is set, for lower triangular L, …×n×n,
// and B, …×n×m, with equal leading axes; what stands above the diagonal of L is not read. Halving
// L = [L₁ 0; L₂ L₃] gives X₁ = L₁⁻¹B₁ and X₂ = L₃⁻¹(B₂ − L₂X₁). The gradients of B and L are
// B̄ = L⁻ᵀX̄ and the lower triangle of −B̄Xᵀ, for Lᵀ X = B they are B̄ = L⁻¹X̄ and that of −XB̄ᵀ.
func TriSolve(l, b *g.Node, transpose bool) *g.Node {
	square(l, "TriSolve")
	if b.Rank() != l.Rank() || b.Shape().Dim(-2) != l.Shape().Dim(-1) {
		panic(fmt.Errorf("special: TriSolve: got right-hand sides of shape %s for matrices of %s", b.Shape(), l.Shape()))
	}
	n, m := l.Shape().Dim(-1), b.Shape().Dim(-1)
	// L and B lie side by side, so that one gradient goes to both: [L B] less itself is zero.
	var x *g.Node // the solution with its gradient
	both := g.Concatenate([]*g.Node{l, b}, -1)
	u := g.IdentityWithCustomGradient(both, func(_, v *g.Node) *g.Node {
		db := TriSolve(l, block(v, 0, n, n, n+m), !transpose)
		dl := g.MatMul(db, transposed(x))
		if transpose {
			dl = transposed(dl)
		}
		return g.Concatenate([]*g.Node{g.Neg(g.TakeLowerTriangular(dl, 0)), db}, -1)
	})
	zero := block(g.Sub(u, g.StopGradient(both)), 0, n, n, n+m)
	x = g.Add(triSolve(g.StopGradient(l), g.StopGradient(b), transpose), zero)
	return x
}

func triSolve(l, b *g.Node, transpose bool) *g.Node {
	n := l.Shape().Dim(-1)
	if n == 1 {
		return g.Div(b, l)
	}
	h := n / 2
	l1, l2, l3 := block(l, 0, h, 0, h), block(l, h, n, 0, h), block(l, h, n, h, n)
	m := b.Shape().Dim(-1)
	b1, b2 := block(b, 0, h, 0, m), block(b, h, n, 0, m)
	if transpose {
		x2 := triSolve(l3, b2, true)
		x1 := triSolve(l1, g.Sub(b1, g.MatMul(transposed(l2), x2)), true)
		return g.Concatenate([]*g.Node{x1, x2}, -2)
	}
	x1 := triSolve(l1, b1, false)
	x2 := triSolve(l3, g.Sub(b2, g.MatMul(l2, x1)), false)
	return g.Concatenate([]*g.Node{x1, x2}, -2)
}

// block returns rows r0…r1−1 and columns c0…c1−1 of matrices.
func block(a *g.Node, r0, r1, c0, c1 int) *g.Node {
	return g.Slice(a, g.AxisRange().Spacer(), g.AxisRange(r0, r1), g.AxisRange(c0, c1))
}

// transposed exchanges the last two axes.
func transposed(a *g.Node) *g.Node { return g.Transpose(a, -1, -2) }
