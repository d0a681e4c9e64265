package main

import "math"

// expTailDouble is (eˣ − 1 − x) / x² for |x| ≤ ½ ln 2; the error of eˣ is 2⁻⁶⁴.
var expTailDouble = []float64{0.5, 0.166666666666666835, 0.0416666666666660932, 0.00833333333331700997, 0.00138888888891159808, 0.000198412698964455667,
	0.0000248015869261878174, 2.75572347987785835e-6, 2.7557582064257691e-7, 2.51120593048553875e-8, 2.08266027099889195e-9}

// atanhTailDouble is atanhTail with an error of ln of 2⁻⁶⁶.
var atanhTailDouble = []float64{0.666666666666666609, 0.40000000000006287, 0.285714285690729813, 0.222222226487485327, 0.181817755086375738,
	0.153870976473623218, 0.132499620817698275, 0.13252754480597904}

// Two parts of ln 2 for float64; multiples of the first by an exponent are exact.
const (
	ln2HighDouble = 0x1.62e42feep-1
	ln2LowDouble  = 0x1.a39ef35793c76p-33
)

// doubles lists the functions of float64.
func doubles() (out []kernel) {
	add := func(name string, body func(g *gen, x vector) vector) {
		out = append(out, kernel{name: lower(name) + "Float64", keys: []string{lookup(name, "Float64")}, in: []int{8}, out: 8, lane: 8, unroll: 1,
			body: func(g *gen, x []vector) vector { return body(g, x[0]) }})
	}
	add("Exp", (*gen).expDouble)
	add("Log", (*gen).logDouble)
	return out
}

// expDouble clamps its argument to where the result overflows or vanishes.
func (g *gen) expDouble(x vector) vector {
	x = g.atMost(g.atLeast(x, -746), 710)
	n := g.round(g.mul(x, g.c(math.Log2E)), 8)
	r := g.deduct(g.deduct(x, n, g.c(ln2HighDouble)), n, g.c(ln2LowDouble))
	p := g.poly(r, expTailDouble...)
	p = g.add(g.fma(g.mul(p, r), r, r), g.c(1))
	if g.wide {
		return g.two(g.VSCALEFPD, p, n)
	}
	half := g.round(g.mul(n, g.c(0.5)), 9)
	return g.mul(g.mul(p, g.powerDouble(half)), g.powerDouble(g.sub(n, half)))
}

// powerDouble gives 2ⁿ for a whole n in the range of normal exponents: added to 2⁵², n+1023
// becomes the lower bits.
func (g *gen) powerDouble(n vector) vector { return g.left(g.add(n, g.c(0x1p52+1023)), 52) }

// logDouble is n·ln 2 + f − (f²/2 − s·(f²/2 + R)) with s = f/(2+f), which is as exact as f itself.
func (g *gen) logDouble(x vector) vector {
	const one, root = 0x3ff << 52, 0x3fe6a09e667f3bcd
	tiny := g.cmp(lt, x, g.c(0x1p-1022))
	b := g.iadd(g.sel(tiny, g.mul(x, g.c(0x1p54)), x), g.ci(one-root))
	n := g.sub(g.or(g.right(b, 52), g.ci(math.Float64bits(0x1p52))), g.c(0x1p52+1023))
	n = g.sel(tiny, g.sub(n, g.c(54)), n)
	f := g.sub(g.iadd(g.and(b, g.ci(1<<52-1)), g.ci(root)), g.c(1))
	s := g.div(f, g.add(f, g.c(2)))
	z, h := g.mul(s, s), g.mul(g.mul(f, g.c(0.5)), f)
	t := g.mul(s, g.fma(z, g.poly(z, atanhTailDouble...), h))
	y := g.sub(f, g.sub(h, g.accumulate(t, n, g.c(ln2LowDouble))))
	y = g.accumulate(y, n, g.c(ln2HighDouble))
	y = g.sel(g.cmp(lt, x, g.c(math.Inf(1))), y, x)
	y = g.sel(g.cmp(lt, x, g.c(0)), g.c(math.NaN()), y)
	return g.sel(g.cmp(eq, x, g.c(0)), g.c(math.Inf(-1)), y)
}
