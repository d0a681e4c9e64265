package bij

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// Radial is y = x + β(x − c)/(α + r) with r = ‖x − c‖ for vectors of n elements; α > 0 and
// β > −α,
//
//	ln|det| = (n − 1) ln(1 + β/(α + r)) + ln(1 + βα/(α + r)²)
//
// (Rezende & Mohamed 2015, eq. 14).
type Radial struct {
	c, alpha, sum *g.Node // c …×n; α and α + β, …
}

// RadialOf returns the map of centre c, …×n, and of α = ln(1 + eᵃ) and β = −α + ln(1 + eᵇ)
// for a and b, ….
func RadialOf(c, a, b *g.Node) Radial {
	return Radial{c, special.Softplus(a), special.Softplus(b)}
}

// NewRadial returns a chain of K maps of vectors of n elements, the identity at the start.
func NewRadial(s *model.Scope, n, k int) Chain { return NewAmortizedRadial(s, n, k, nil) }

// RadialSize is the number of parameters of K radial maps of vectors of n elements.
func RadialSize(n, k int) int { return k * (n + 2) }

// NewAmortizedRadial is NewRadial with an emitted change to the parameters, B×P with P of
// [RadialSize], for vectors M×B×n or B×n.
func NewAmortizedRadial(s *model.Scope, n, k int, delta *g.Node) Chain {
	e := emitted{s: s, delta: delta}
	e.check("radial", RadialSize(n, k))
	c := e.get("centre", model.Gaussian(.5), k, n)
	a := e.get("alpha", model.Constant(0), k)
	b := e.get("beta", model.Constant(0), k)
	all := RadialOf(c, a, b)
	chain := make(Chain, k)
	for i := range chain {
		chain[i] = Radial{layer(all.c, 1, i), layer(all.alpha, 0, i), layer(all.sum, 0, i)}
	}
	return chain
}

// distance returns x − c and r, kept from zero, where the root has no derivative.
func (f Radial) distance(x *g.Node) (d, r *g.Node) {
	mustWidth("radial", x, f.c.Shape().Dim(-1))
	d = g.Sub(x, like(f.c, x))
	return d, g.Sqrt(g.AddScalar(g.ReduceSum(g.Square(d), -1), 1e-30))
}

// logDet returns the log-determinant at distance r: with s = α + β it is
// (n − 1) ln((r + s)/(r + α)) + ln((r² + 2αr + αs)/(r + α)²), of positive terms alone.
func (f Radial) logDet(r *g.Node) *g.Node {
	n := f.c.Shape().Dim(-1)
	alpha, sum := like(f.alpha, r), like(f.sum, r)
	logDown := g.Log(g.Add(r, alpha))
	across := g.MulScalar(g.Sub(g.Log(g.Add(r, sum)), logDown), float64(n-1))
	up := g.Add(g.Mul(r, g.Add(r, g.MulScalar(alpha, 2))), g.Mul(alpha, sum))
	return g.Add(across, g.Sub(g.Log(up), g.MulScalar(logDown, 2)))
}

// Forward implements [Bijector].
func (f Radial) Forward(x *g.Node) (y, logDet *g.Node) {
	d, r := f.distance(x)
	stretch := g.Div(g.Add(r, like(f.sum, r)), g.Add(r, like(f.alpha, r)))
	return g.Add(like(f.c, x), g.Mul(d, g.ExpandAxes(stretch, -1))), f.logDet(r)
}

// Inverse solves R = r(r + s)/(r + α) for r, R the distance of y from c and s = α + β: the
// positive root of r² + (s − R)r − αR = 0, whose terms have one sign after the usual change
// of form for s > R.
func (f Radial) Inverse(y *g.Node) (x, logDet *g.Node) {
	d, big := f.distance(y)
	alpha, sum := like(f.alpha, big), like(f.sum, big)
	p := g.Sub(sum, big)
	q := g.Mul(alpha, big)
	root := g.Sqrt(g.Add(g.Square(p), g.MulScalar(q, 4)))
	cancels := g.GreaterThan(p, g.ZerosLike(p))
	size := g.Where(cancels, p, g.Neg(p)) // |p|
	half := g.MulScalar(g.Add(size, root), .5)
	r := g.Where(cancels, g.Div(q, half), half)
	stretch := g.Div(g.Add(r, alpha), g.Add(r, sum))
	return g.Add(like(f.c, y), g.Mul(d, g.ExpandAxes(stretch, -1))), g.Neg(f.logDet(r))
}

// Event implements [Bijector]: vectors.
func (Radial) Event() Event { return vectors(0) }
