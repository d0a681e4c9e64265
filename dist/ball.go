package dist

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/special"
)

// PoincareBall is hyperbolic space of curvature −c as the ball ‖x‖ < 1/√c with the metric λ_x² dx²,
// λ_x = 2/(1 − c‖x‖²) (Ganea et al. 2018, section 2). Its points and tangent vectors are nodes …×n.
type PoincareBall struct {
	Curvature float64 // c > 0, minus the sectional curvature
}

// dot is the inner product over the last axis, which it keeps.
func dot(x, y *g.Node) *g.Node { return g.ReduceAndKeep(g.Mul(x, y), g.ReduceSum, -1) }

// gap returns 1 − c‖x‖², …×1.
func (b PoincareBall) gap(x *g.Node) *g.Node {
	return g.OneMinus(g.MulScalar(dot(x, x), b.Curvature))
}

// LogConformal returns ln λ_x, …×1.
func (b PoincareBall) LogConformal(x *g.Node) *g.Node {
	return g.Log(g.Div(filled(b.gap(x), 2), b.gap(x)))
}

// Add returns the Möbius sum x ⊕ y (Ganea et al. 2018, eq. 4),
//
//	((1 + 2c⟨x, y⟩ + c‖y‖²)x + (1 − c‖x‖²)y) / (1 + 2c⟨x, y⟩ + c²‖x‖²‖y‖²).
func (b PoincareBall) Add(x, y *g.Node) *g.Node {
	sum, _ := b.add(x, y)
	return sum
}

// add returns x ⊕ y and its gap without cancellation, (1 − c‖x‖²)(1 − c‖y‖²) over the sum's
// denominator.
func (b PoincareBall) add(x, y *g.Node) (sum, gap *g.Node) {
	c := b.Curvature
	xx, yy, twice := g.MulScalar(dot(x, x), c), g.MulScalar(dot(y, y), c), g.MulScalar(dot(x, y), 2*c)
	below := g.AddScalar(g.Add(twice, g.Mul(xx, yy)), 1)
	sum = g.Add(g.Mul(g.AddScalar(g.Add(twice, yy), 1), x), g.Mul(g.OneMinus(xx), y))
	return g.Div(sum, below), g.Div(g.Mul(g.OneMinus(xx), g.OneMinus(yy)), below)
}

// Exp0 returns the point that is reached from 0 along v, tanh(√c‖v‖) v/(√c‖v‖), at the distance
// 2‖v‖ from 0 (Ganea et al. 2018, eq. 13).
func (b PoincareBall) Exp0(v *g.Node) *g.Node {
	return g.Mul(tanhc(g.MulScalar(dot(v, v), b.Curvature)), v)
}

// Log0 returns the tangent vector at 0 to the point y, the inverse of Exp0.
func (b PoincareBall) Log0(y *g.Node) *g.Node {
	return g.Mul(atanhc(g.MulScalar(dot(y, y), b.Curvature), b.gap(y)), y)
}

// Exp returns the point that is reached from x along the tangent vector v, x ⊕ Exp0(λ_x v/2).
func (b PoincareBall) Exp(x, v *g.Node) *g.Node { return b.Add(x, b.Exp0(g.Div(v, b.gap(x)))) }

// Log returns the tangent vector at x to the point y, (2/λ_x) Log0(−x ⊕ y).
func (b PoincareBall) Log(x, y *g.Node) *g.Node { return g.Mul(b.gap(x), b.straight(x, y)) }

// straight returns Log0(−x ⊕ y): the direction from x to y, half as long as their distance.
func (b PoincareBall) straight(x, y *g.Node) *g.Node {
	apart, gap := b.add(g.Neg(x), y)
	return g.Mul(atanhc(g.MulScalar(dot(apart, apart), b.Curvature), gap), apart)
}

// Distance returns (2/√c) artanh(√c‖−x ⊕ y‖), …; its derivative is not defined where x = y.
func (b PoincareBall) Distance(x, y *g.Node) *g.Node {
	v := b.straight(x, y)
	return g.MulScalar(g.Sqrt(g.ReduceSum(g.Square(v), -1)), 2)
}

// ballMargin is how near points may come to the boundary, as a share of the radius: in float32
// artanh has lost half its digits there, at a distance of 12/√c from 0.
func ballMargin(x *g.Node) float64 {
	if x.DType() == dtypes.Float64 {
		return 1e-12
	}
	return 1e-5
}

// Project moves points that are outside of the ball, or nearer to its boundary than rounding allows,
// along their direction to there.
func (b PoincareBall) Project(x *g.Node) *g.Node {
	most := (1 - ballMargin(x)) * (1 - ballMargin(x)) // of c‖x‖²
	over := g.MaxScalar(g.MulScalar(dot(x, x), b.Curvature/most), 1)
	return g.Div(x, g.Sqrt(over))
}

// ballSeries is the q below which power series stand in for functions of √q that are smooth in q: the
// closed forms have no derivative by q at 0. Six terms leave 1e-18 there.
const ballSeries = 1e-3

// nearZero returns where q is small, a q that is not, and one that is.
func nearZero(q *g.Node) (near, far, small *g.Node) {
	near = g.LessThan(q, filled(q, ballSeries))
	return near, g.Where(near, filled(q, ballSeries), q), g.Where(near, q, g.ZerosLike(q))
}

// tanhc returns tanh(√q)/√q for q ≥ 0.
func tanhc(q *g.Node) *g.Node {
	near, far, small := nearZero(q)
	r := g.Sqrt(far)
	return g.Where(near, horner(small, 1, -1./3, 2./15, -17./315, 62./2835, -1382./155925), g.Div(g.Tanh(r), r))
}

// atanhc returns artanh(√q)/√q for 0 ≤ q < 1 and gap = 1 − q, as (ln(1 + √q) − ½ ln gap)/√q.
func atanhc(q, gap *g.Node) *g.Node {
	near, far, small := nearZero(q)
	r := g.Sqrt(far)
	closed := g.Div(g.Sub(g.Log1p(r), g.MulScalar(g.Log(gap), .5)), r)
	return g.Where(near, horner(small, 1, 1./3, 1./5, 1./7, 1./9, 1./11), closed)
}

// logSinhc returns ln(sinh(√q)/√q) for q ≥ 0.
func logSinhc(q *g.Node) *g.Node {
	near, far, small := nearZero(q)
	r := g.Sqrt(far)
	closed := g.Sub(g.Add(g.AddScalar(r, -math.Ln2), special.Log1mExp(g.MulScalar(r, 2))), g.Log(r))
	return g.Where(near, g.Mul(small, horner(small, 1./6, -1./180, 1./2835, -1./37800, 1./467775)), closed)
}

// Hyperplane returns the signed distance of z from the hyperplane through p at right angles to a,
//
//	(1/√c) arsinh(2√c⟨−p ⊕ z, a⟩ / ((1 − c‖−p ⊕ z‖²)‖a‖)),
//
// positive on the side that a points to (Ganea et al. 2018, theorem 5; Mathieu et al. 2019, eq. 8).
func (b PoincareBall) Hyperplane(p, a, z *g.Node) *g.Node {
	root := math.Sqrt(b.Curvature)
	apart, gap := b.add(g.Neg(p), z)
	slant := g.Div(g.MulScalar(dot(apart, a), 2*root), g.Mul(gap, g.Sqrt(g.AddScalar(dot(a, a), 1e-30))))
	return g.MulScalar(g.Squeeze(arsinh(slant), -1), 1/root)
}

// arsinh returns sign(t) ln(|t| + √(1 + t²)), to full precision for small and for large t.
func arsinh(t *g.Node) *g.Node {
	a := g.Abs(t)
	root := g.Sqrt(g.AddScalar(g.Square(a), 1))
	value := g.Log1p(g.Add(a, g.Div(g.Square(a), g.AddScalar(root, 1))))
	return g.Where(g.LessThan(t, g.ZerosLike(t)), g.Neg(value), value)
}
