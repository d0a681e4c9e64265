package bij

import (
	"math/bits"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// Linear is y = U L P x for vectors of n elements: a fixed permutation P, L lower triangular
// with unit diagonal, U upper triangular with the diagonal e^s,
//
//	ln|det| = Σ_i s_i.
//
// It is the 1×1 convolution of Glow (Kingma & Dhariwal 2018, eq. 10) where the axes before the
// last are those of an image (see [Independent]).
type Linear struct {
	perm         Permute
	lower, upper *g.Node // n×n, strictly triangular
	logDiag      *g.Node // s, n
}

// NewLinear returns a linear map that starts as the permutation of an order, nil for none.
func NewLinear(s *model.Scope, n int, order []int) Linear {
	if order == nil {
		order = NewReverse(n).Order
		for i := range order {
			order[i] = i
		}
	}
	mustBe(len(order) == n, "linear: order: got %d elements, want %d", len(order), n)
	l := g.Mul(s.Param("lower", model.Constant(0), n, n), mask(s, n, n, func(i, j int) bool { return i > j }))
	u := g.Mul(s.Param("upper", model.Constant(0), n, n), mask(s, n, n, func(i, j int) bool { return i < j }))
	return Linear{Permute{order}, l, u, s.Param("logscale", model.Constant(0), n)}
}

// eye returns the identity matrix.
func (f Linear) eye() *g.Node {
	n := len(f.perm.Order)
	return table(f.lower, n, n, func(i, j int) float64 { return indicator(i == j) })
}

// logDet returns the log-determinant for the batch of x.
func (f Linear) logDet(x *g.Node) *g.Node { return g.Add(zeros(x, 1), g.ReduceAllSum(f.logDiag)) }

// Forward implements [Bijector].
func (f Linear) Forward(x *g.Node) (y, logDet *g.Node) {
	x, _ = f.perm.Forward(x)
	eye := f.eye()
	u := g.Add(g.Mul(eye, g.ExpandAxes(g.Exp(f.logDiag), -1)), f.upper)
	a := g.Dot(u, g.Add(eye, f.lower)).Product()
	return times(a, x), f.logDet(x)
}

// Inverse applies the inverses of the factors in turn; that of U = D(I + D⁻¹N) takes the rows
// of the strict triangle N over the diagonal D.
func (f Linear) Inverse(y *g.Node) (x, logDet *g.Node) {
	down := g.Exp(g.Neg(f.logDiag))
	u := unitInverse(g.Mul(f.upper, g.ExpandAxes(down, -1)), f.eye())
	l := unitInverse(f.lower, f.eye())
	x = times(g.Dot(l, u).Product(), g.Mul(y, like(down, y)))
	x, _ = f.perm.Inverse(x)
	return x, g.Neg(f.logDet(y))
}

// unitInverse returns (I + N)⁻¹ = (I − N)(I + N²)(I + N⁴)… for a strictly triangular n×n
// matrix, whose n-th power is zero: ⌈log₂ n⌉ factors.
func unitInverse(nilpotent, eye *g.Node) *g.Node {
	power := g.Neg(nilpotent)
	out := g.Add(eye, power)
	for range bits.Len(uint(eye.Shape().Dim(0)-1)) - 1 {
		power = g.Dot(power, power).Product()
		out = g.Add(out, g.Dot(out, power).Product())
	}
	return out
}

// Event implements [Bijector]: vectors.
func (Linear) Event() Event { return vectors(0) }
