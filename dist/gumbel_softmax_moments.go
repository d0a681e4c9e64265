package dist

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/special"
)

// The trapezoidal rules of the moments of [GumbelSoftmax]. The integrands are analytic within π/2 of
// the line, from which the error is e^(−π²/h), some 1e-10 of the whole; the ends leave out less.
const (
	concreteStep  = .35 // h
	concreteBelow = 20  // nodes below the mode, where integrands fall like exp(−e^|u|)
	concreteAbove = 78  // and above it, where they fall like e^−u
)

// concreteGrid returns −7, −6.65, …, 27.3.
func concreteGrid() []float64 {
	out := make([]float64, concreteBelow+concreteAbove+1)
	for i := range out {
		out[i] = concreteStep * float64(i-concreteBelow)
	}
	return out
}

// moments returns E[x_c] and E[x_c²] of relaxed draws x_c = w_c/Σw, w_j = e^((l_j+G_j)/τ). With
// 1/S^k = ∫ s^(k−1)e^(−sS) ds/(k−1)! the expectation of the quotient becomes an integral of products
// of expectations: with s = e^(−u/τ)
//
//	E[x_c^k] = ∫ A_k(u − l_c) Π_{j≠c} φ(u − l_j) du,
//	φ(y₀) = E[exp(−e^v)],  A_k(y₀) = E[e^(kv) exp(−e^v)]/τ,  v = (G − y₀)/τ,
//
// As τ → 0 φ is the Gumbel distribution function, A_k its density, and the integral the probability
// that l_c + G_c is the largest.
func (d GumbelSoftmax) moments() (mean, square *g.Node) {
	n := together(d.Logits, d.temperature())
	l, tau := n[0], n[1]
	wide := g.StopGradient(g.MaxScalar(tau, 1)) // the scale on which integrands vary with u
	top := g.StopGradient(g.ReduceAndKeep(l, g.ReduceMax, -1))
	up := func(x *g.Node) *g.Node { return g.ExpandAxes(x, -1) }
	u := g.Add(up(to(top, dims(l))), g.Mul(up(wide), lastAxis(l, concreteGrid())))
	logPhi, logA := concreteParts(g.Sub(u, up(l)), up(tau))

	others := g.Sub(g.ReduceAndKeep(logPhi, g.ReduceSum, -2), logPhi)
	whole := func(a *g.Node) *g.Node {
		return g.Mul(g.MulScalar(wide, concreteStep), g.ReduceSum(g.Exp(g.Add(others, a)), -1))
	}
	return whole(logA[0]), whole(logA[1])
}

// concreteParts returns ln φ(y₀) and ln A_k(y₀) for k = 1, 2. For τ > 1 the integral goes over the
// noise y, of density f(y) = exp(−y − e^−y). For τ ≤ 1, where exp(−e^v) is steep in y, it goes over
// v, with y = y₀ + τv, φ by parts: ∫ exp(−e^−y) e^(v − e^v) dv.
func concreteParts(y0, tau *g.Node) (logPhi *g.Node, logA [2]*g.Node) {
	n := together(y0, tau)
	y0, tau = g.ExpandAxes(n[0], -1), g.ExpandAxes(n[1], -1)
	at := lastAxis(n[0], concreteGrid()) // of y, and of −v
	cold := g.LessOrEqual(tau, g.OnesLike(tau))
	y := g.Sub(y0, g.Mul(tau, at))
	v := g.Div(g.Sub(at, y0), tau)
	n = together(cold, y, g.Neg(at), v, at, g.Log(tau))
	cold = n[0]
	y, v = g.Where(cold, n[1], n[4]), g.Where(cold, n[2], n[3])
	noise, damp := g.Neg(g.Exp(g.Neg(y))), g.Neg(g.Exp(v))
	both := g.Add(noise, damp)
	sum := func(x *g.Node) *g.Node {
		return special.LogSumExp(g.Add(x, full(x, dims(x), logConcreteStep)), -1)
	}
	logPhi = sum(g.Add(both, g.Where(cold, v, g.Neg(y))))
	scale := g.Where(cold, g.ZerosLike(v), n[5])
	for k := range logA {
		logA[k] = sum(g.Sub(g.Add(both, g.Sub(g.MulScalar(v, float64(k+1)), y)), scale))
	}
	return logPhi, logA
}

// logConcreteStep is ln h.
const logConcreteStep = -1.0498221244986776
