package bij

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// Sylvester is y = x + Q R h(R̃ Qᵀx + b) with h = tanh for vectors of n elements, where Q, n×m,
// has orthonormal columns and R and R̃, m×m, are upper triangular with |R_ii|, |R̃_ii| < 1,
//
//	ln|det| = Σ_i ln(1 + h′_i R_ii R̃_ii)
//
// (van den Berg et al. 2018, eq. 9–13). The makers differ in Q.
type Sylvester struct {
	in, out  *g.Node // R̃Qᵀ, …×m×n, and QR, …×n×m
	b        *g.Node // …×m
	diag     *g.Node // R_ii R̃_ii, …×m
	q, r, rt *g.Node // Q, …×n×m, R and R̃, …×m×m
}

// orthogonal is how a kind of Sylvester map gets the K matrices Q, …×K×n×m.
type orthogonal struct {
	size int // parameters a map
	make func(e *emitted) *g.Node
}

// NewOrthogonalSylvester returns a chain of K maps, the identity at the start, whose Q of m ≤ n
// columns is a free matrix made orthonormal by [orthonormal]. A change to the parameters is
// emitted as for the others; nil is none.
func NewOrthogonalSylvester(s *model.Scope, n, m, k int, delta *g.Node) Chain {
	mustBe(m >= 1 && m <= n, "Sylvester: got %d columns, want 1 to %d", m, n)
	return sylvester(s, n, m, k, delta, orthogonal{n * m, func(e *emitted) *g.Node {
		return orthonormal(e.get("q", model.Gaussian(1), k, n, m))
	}})
}

// NewHouseholderSylvester returns a chain of K maps, the identity at the start, whose Q is the
// product of reflections I − 2vvᵀ/‖v‖².
func NewHouseholderSylvester(s *model.Scope, n, reflections, k int, delta *g.Node) Chain {
	return sylvester(s, n, n, k, delta, orthogonal{reflections * n, func(e *emitted) *g.Node {
		return reflect(e.get("v", model.Gaussian(1), k, reflections, n))
	}})
}

// NewTriangularSylvester returns a chain of K maps, the identity at the start, whose Q is by
// turns the identity and the reversal.
func NewTriangularSylvester(s *model.Scope, n, k int, delta *g.Node) Chain {
	return sylvester(s, n, n, k, delta, orthogonal{0, func(e *emitted) *g.Node {
		q := make([][][]float64, k)
		for l := range q {
			q[l] = make([][]float64, n)
			for i := range q[l] {
				q[l][i] = make([]float64, n)
				j := i
				if l%2 == 1 {
					j = n - 1 - i
				}
				q[l][i][j] = 1
			}
		}
		return g.ConstAsDType(e.s.Graph(), e.s.DType(), q)
	}})
}

// SylvesterSize is the number of parameters of K maps with m columns; each, q is how many Q
// itself has: n·m (orthogonal), reflections·n (Householder), 0 (triangular).
func SylvesterSize(m, k, q int) int { return k * (2*m*m + m + q) }

// sylvester makes K maps from the parameters of a scope, all of them at once.
func sylvester(s *model.Scope, n, m, k int, delta *g.Node, kind orthogonal) Chain {
	e := emitted{s: s, delta: delta}
	e.check("Sylvester", SylvesterSize(m, k, kind.size))
	r := e.get("r", model.Constant(0), k, m, m)
	rt := e.get("rt", model.Gaussian(.3), k, m, m)
	b := e.get("b", model.Gaussian(.3), k, m)
	q := kind.make(&e)
	eye := table(r, m, m, func(i, j int) float64 { return indicator(i == j) })
	upper := table(r, m, m, func(i, j int) float64 { return indicator(i < j) })
	triangular := func(a *g.Node) (full, diag *g.Node) {
		d := g.Mul(g.Tanh(a), like(eye, a)) // the diagonal within (−1, 1)
		return g.Add(d, g.Mul(a, like(upper, a))), g.ReduceSum(d, -1)
	}
	r, rDiag := triangular(r)
	rt, rtDiag := triangular(rt)
	if q.Rank() < r.Rank() {
		q = g.BroadcastToDims(like(q, r), append(append([]int{}, dims(r)[:r.Rank()-2]...), n, m)...)
	}
	out := g.MatMul(q, r)
	in := g.MatMul(rt, g.Transpose(q, -1, -2))
	diag := g.Mul(rDiag, rtDiag)
	chain := make(Chain, k)
	for i := range chain {
		chain[i] = Sylvester{in: layer(in, 2, i), out: layer(out, 2, i), b: layer(b, 1, i), diag: layer(diag, 1, i), q: layer(q, 2, i), r: layer(r, 2, i), rt: layer(rt, 2, i)}
	}
	return chain
}

// orthonormal makes the columns of matrices orthonormal by the iteration
// Q ← Q(I + ½(I − QᵀQ)) (Björck & Bowie 1971; van den Berg et al. 2018, eq. 16). It starts
// from Q/‖Q‖, where every singular value is at most 1; they grow by half a step while small,
// so 24 steps bring those above 2e-3 to 1 within the rounding of float64.
func orthonormal(q *g.Node) *g.Node {
	norm := g.Sqrt(sumLast(g.Square(q), 2))
	q = g.Div(q, g.ExpandAxes(norm, -1, -2))
	for range 24 {
		gram := g.MatMul(g.Transpose(q, -1, -2), q)
		q = g.Sub(g.MulScalar(q, 1.5), g.MulScalar(g.MatMul(q, gram), .5))
	}
	return q
}

// reflect returns the product of Householder reflections, …×H×n to …×n×n.
func reflect(v *g.Node) *g.Node {
	n := v.Shape().Dim(-1)
	norm2 := g.ReduceAndKeep(g.Square(v), g.ReduceSum, -1)
	scaled := g.Div(g.MulScalar(v, 2), norm2)
	q := like(table(v, n, n, func(i, j int) float64 { return indicator(i == j) }), v)
	for i := range v.Shape().Dim(-2) {
		a, b := layer(v, 1, i), layer(scaled, 1, i)
		q = g.Sub(q, g.Mul(g.ExpandAxes(times3(q, a), -1), g.ExpandAxes(b, -2)))
	}
	return q
}

// times3 returns q·a for matrices …×n×n and vectors …×n by elements.
func times3(q, a *g.Node) *g.Node {
	return g.ReduceSum(g.Mul(q, g.ExpandAxes(a, -2)), -1)
}

// Forward implements [Bijector].
func (f Sylvester) Forward(x *g.Node) (y, logDet *g.Node) {
	mustWidth("Sylvester", x, f.in.Shape().Dim(-1))
	a := times(f.in, x)
	h := g.Tanh(g.Add(a, like(f.b, a)))
	y = g.Add(x, times(f.out, h))
	return y, f.logDet(h)
}

// logDet returns Σ ln(1 + (1 − h²)R_ii R̃_ii).
func (f Sylvester) logDet(h *g.Node) *g.Node {
	return g.ReduceSum(g.Log1p(g.Mul(g.OneMinus(g.Square(h)), like(f.diag, h))), -1)
}

// Inverse solves for v = Qᵀx from the last element to the first: in
//
//	v_i + Σ_{j≥i} R_ij h(a_j) = (Qᵀy)_i,  a_i = Σ_{j≥i} R̃_ij v_j + b_i,
//
// the later elements are known, and a_i + R_ii R̃_ii h(a_i) is (see rootTanh): some 300 nodes of
// the graph an element.
func (f Sylvester) Inverse(y *g.Node) (x, logDet *g.Node) {
	mustWidth("Sylvester", y, f.in.Shape().Dim(-1))
	u := times(g.Transpose(f.q, -1, -2), y)
	m := width("Sylvester", u)
	h, v := make([]*g.Node, m), make([]*g.Node, m)
	at := func(a *g.Node, i, j int) *g.Node { return like(column(column(a, j), i), v[m-1]) }
	for i := m - 1; i >= 0; i-- {
		v[i] = column(u, i)
		if i == m-1 {
			v[m-1] = v[i] // fixes the rank that parameters get
		}
		a := like(column(f.b, i), v[i])
		for j := i + 1; j < m; j++ {
			v[i] = g.Sub(v[i], g.Mul(at(f.r, i, j), h[j]))
			a = g.Add(a, g.Mul(at(f.rt, i, j), v[j]))
		}
		a = g.Add(a, g.Mul(at(f.rt, i, i), v[i]))
		soft := g.BroadcastToDims(like(column(g.AddScalar(f.diag, 1), i), a), dims(a)...)
		h[i] = g.Tanh(rootTanh(a, soft))
		v[i] = g.Sub(v[i], g.Mul(at(f.r, i, i), h[i]))
	}
	all := g.Stack(h, -1)
	return g.Sub(y, times(f.out, all)), g.Neg(f.logDet(all))
}

// Event implements [Bijector]: vectors.
func (Sylvester) Event() Event { return vectors(0) }
