package bij

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// Planar is y = x + û h(wᵀx + b) with h = tanh for vectors of n elements,
//
//	û = u + (m(wᵀu) − wᵀu) w/‖w‖²,  m(a) = −1 + ln(1 + eᵃ),  so that wᵀû = m(wᵀu) > −1,
//	ln|det| = ln(1 + h′(wᵀx + b)·wᵀû)
//
// (Rezende & Mohamed 2015, eq. 10–12 and appendix A.1).
type Planar struct {
	w, hat, b *g.Node // …×n, …×n, …
	soft      *g.Node // ln(1 + e^{wᵀu}) = 1 + wᵀû, …
}

// PlanarOf returns the map of parameters u and w, …×n, and b, ….
func PlanarOf(u, w, b *g.Node) Planar {
	wu := dot(w, u)
	soft := special.Softplus(wu)
	scale := g.Div(g.Sub(g.AddScalar(soft, -1), wu), g.ReduceSum(g.Square(w), -1))
	return Planar{w: w, hat: g.Add(u, g.Mul(g.ExpandAxes(scale, -1), w)), b: b, soft: soft}
}

// NewPlanar returns a chain of K maps of vectors of n elements, the identity at the start.
func NewPlanar(s *model.Scope, n, k int) Chain { return NewAmortizedPlanar(s, n, k, nil) }

// PlanarSize is the number of parameters of K planar maps of vectors of n elements.
func PlanarSize(n, k int) int { return k * (2*n + 1) }

// NewAmortizedPlanar is NewPlanar with an emitted change to the parameters, B×P with P of
// [PlanarSize], for vectors M×B×n or B×n.
func NewAmortizedPlanar(s *model.Scope, n, k int, delta *g.Node) Chain {
	e := emitted{s: s, delta: delta}
	e.check("planar", PlanarSize(n, k))
	w := e.get("w", model.Gaussian(1/math.Sqrt(float64(n))), k, n)
	v := e.get("u", model.Constant(0), k, n)
	b := e.get("b", model.Gaussian(.5), k)
	// m(a₀) = 0 at a₀ = ln(e − 1): with u = v + a₀w/‖w‖² a new map has û = 0.
	norm2 := g.ReduceAndKeep(g.Square(w), g.ReduceSum, -1)
	u := g.Add(v, g.Mul(w, g.MulScalar(g.Reciprocal(norm2), math.Log(math.E-1))))
	all := PlanarOf(u, w, b)
	chain := make(Chain, k)
	for i := range chain {
		chain[i] = Planar{layer(all.w, 1, i), layer(all.hat, 1, i), layer(all.b, 0, i), layer(all.soft, 0, i)}
	}
	return chain
}

// Forward implements [Bijector].
func (f Planar) Forward(x *g.Node) (y, logDet *g.Node) {
	mustWidth("planar", x, f.w.Shape().Dim(-1))
	a := dot(f.w, x)
	h := g.Tanh(g.Add(a, like(f.b, a)))
	y = g.Add(x, g.Mul(like(f.hat, x), g.ExpandAxes(h, -1)))
	return y, f.logDet(h)
}

// logDet returns ln(1 + (1 − h²)wᵀû) without the difference that cancels as wᵀû nears −1.
func (f Planar) logDet(h *g.Node) *g.Node {
	h2 := g.Square(h)
	return g.Log(g.Add(h2, g.Mul(g.OneMinus(h2), like(f.soft, h2))))
}

// Inverse finds a = wᵀx + b from a + wᵀû·h(a) = wᵀy + b, an equation of one number, by bisection
// (see rootTanh): some 300 nodes of the graph.
func (f Planar) Inverse(y *g.Node) (x, logDet *g.Node) {
	mustWidth("planar", y, f.w.Shape().Dim(-1))
	a := dot(f.w, y)
	soft := g.BroadcastToDims(like(f.soft, a), dims(a)...)
	h := g.Tanh(rootTanh(g.Add(a, like(f.b, a)), soft))
	return g.Sub(y, g.Mul(like(f.hat, y), g.ExpandAxes(h, -1))), g.Neg(f.logDet(h))
}

// Event implements [Bijector]: vectors.
func (Planar) Event() Event { return vectors(0) }
