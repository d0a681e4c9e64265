package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
)

// Coefficients are minimax in the stated relative error of the result, found by Remez's exchange
// in 50 digits.

// expTail is (eˣ − 1 − x) / x² for |x| ≤ ½ ln 2; the error of eˣ is 2⁻³³.
var expTail = []float64{0.5, 0.166666672, 0.0416662395, 0.00833328627, 0.00139486149, 0.000199076094}

// logTail is (ln(1+x) − x + x²/2) / x³ for √½ ≤ 1+x ≤ √2; the error of ln is 2⁻³⁰.
var logTail = []float64{0.333333135, -0.250000089, 0.200021192, -0.166679963, 0.142195523, -0.124055877, 0.118881591, -0.116756551, 0.0674665123}

// tanhTail is (tanh x − x) / x³ in x² for |x| ≤ 0.625; the error of tanh is 2⁻³².
var tanhTail = []float64{-0.333333313, 0.133332059, -0.0539467633, 0.0217007026, -0.00817739684, 0.0021429609}

// erfTail is erf x / x − 1 in x² for |x| ≤ 0.92; the error of erf is 2⁻³¹.
var erfTail = []float64{0.128379166, -0.376126349, 0.112836972, -0.0268594995, 0.00520128617, -0.000814559695, 8.38238848e-05}

// logErfc is ln erfc x for 0.9 ≤ x ≤ 4; the error of erf is 2⁻³⁴.
var logErfc = []float64{0.000170551066, -1.12949514, -0.633386672, -0.108236611, 0.0250914898, -0.00416052388, 0.00043230236, -2.09094997e-05}

// sinTail is (sin x − x) / x³ and cosTail (cos x − 1 + x²/2) / x⁴, both in x² for |x| ≤ π/4; the
// errors are 2⁻³⁷ and 2⁻⁴³.
var (
	sinTail = []float64{-0.166666672, 0.00833332911, -0.000198393071, 2.7180738e-06}
	cosTail = []float64{0.0416666679, -0.00138888834, 2.4799514e-05, -2.72098021e-07}
)

// Two parts of ln 2, the first with few enough bits that its multiples are exact.
const (
	ln2High = 0x1.62e4p-1
	ln2Low  = math.Ln2 - ln2High
)

// functions lists the functions of float32.
func functions() (out []kernel) {
	add := func(name string, body func(g *gen, x vector) vector) {
		out = append(out, kernel{name: lower(name) + "Float32", keys: []string{lookup(name, "Float32")}, in: []int{4}, out: 4, lane: 4, unroll: 1,
			body: func(g *gen, x []vector) vector { return body(g, x[0]) }})
	}
	add("Exp", (*gen).exp)
	add("Expm1", (*gen).expm1)
	add("Log", (*gen).log)
	add("Log1p", (*gen).log1p)
	add("Tanh", (*gen).tanh)
	add("Logistic", (*gen).logistic)
	add("Erf", (*gen).erf)
	add("Sin", func(g *gen, x vector) vector { return g.sin(x, 0) })
	out[len(out)-1].partial = true
	add("Cos", func(g *gen, x vector) vector { return g.sin(x, 1) })
	out[len(out)-1].partial = true
	return append(out, kernel{name: "powFloat32", keys: []string{lookup("Pow", "Float32")}, in: []int{4, 4}, out: 4, lane: 4, unroll: 1, partial: true,
		body: func(g *gen, x []vector) vector { return g.pow(x[0], x[1]) }})
}

// reduce splits x into n·ln 2 + r, |r| ≤ ½ ln 2.
func (g *gen) reduce(x vector) (n, r vector) {
	n = g.round(g.mul(x, g.c(math.Log2E)), 8)
	r = g.deduct(x, n, g.c(ln2High))
	return n, g.deduct(r, n, g.c(ln2Low))
}

// scale gives x·2ⁿ, rounded once, for an integer n of magnitude below 254 and x near 1.
func (g *gen) scale(x, n vector) vector {
	if g.wide {
		return g.two(g.VSCALEFPS, x, n)
	}
	whole := g.one(g.VCVTPS2DQ, n)
	half := g.sar(whole, 1)
	return g.mul(g.mul(x, g.power(half)), g.power(g.isub(whole, half)))
}

// power gives 2ⁿ for an integer n in the range of normal exponents.
func (g *gen) power(n vector) vector { return g.left(g.iadd(n, g.ci(127)), 23) }

// exp clamps its argument to where the result overflows or vanishes.
func (g *gen) exp(x vector) vector {
	n, r := g.reduce(g.atMost(g.atLeast(x, -105), 89))
	p := g.poly(r, expTail...)
	p = g.fma(g.mul(p, r), r, r)
	return g.scale(g.add(p, g.c(1)), n)
}

// fineExp is eˣ with an error of little more than half an ulp, for x ≤ 0: it keeps what the
// reduction and the last sum lose.
func (g *gen) fineExp(x vector) vector {
	n := g.round(g.mul(x, g.c(math.Log2E)), 8)
	first := g.deduct(x, n, g.c(ln2High))
	r := g.deduct(first, n, g.c(ln2Low))
	lost := g.deduct(g.sub(first, r), n, g.c(ln2Low))
	p := g.poly(r, expTail...)
	p = g.fma(g.mul(p, r), r, lost)
	s := g.add(r, g.c(1))
	p = g.add(p, g.sub(r, g.sub(s, g.c(1))))
	return g.scale(g.add(s, p), n)
}

// expm1 is 2·(t·p + (t − ½)) with t = 2ⁿ⁻¹ and p = eʳ − 1, so that t never overflows. Where the
// result is x, it is put in: halving would round subnormal numbers, and lose the sign of 0.
func (g *gen) expm1(x vector) vector {
	n, r := g.reduce(g.atMost(g.atLeast(x, -27), 89))
	p := g.poly(r, expTail...)
	p = g.fma(g.mul(p, r), r, r)
	t := g.left(g.iadd(g.one(g.VCVTPS2DQ, n), g.ci(126)), 23)
	y := g.fma(t, p, g.sub(t, g.c(0.5)))
	y = g.add(y, y)
	return g.sel(g.cmp(lt, g.abs(x), g.c(0x1p-26)), x, y)
}

// sqrtHalf is the bit pattern of √½.
const sqrtHalf = 0x3f3504f3

// split gives the exponent n and f = m − 1 of a positive normal x = m·2ⁿ, √½ ≤ m < √2.
func (g *gen) split(x vector) (n, f vector) {
	i := g.isub(x, g.ci(sqrtHalf))
	m := g.iadd(g.and(i, g.ci(1<<23-1)), g.ci(sqrtHalf))
	return g.sar(i, 23), g.sub(m, g.c(1))
}

// logOf gives ln(1+f) + n·ln 2 + small.
func (g *gen) logOf(n, f vector, small operand.Op) vector {
	s := g.mul(f, f)
	y := g.mul(g.mul(g.poly(f, logTail...), f), s)
	y = g.accumulate(y, n, g.c(ln2Low))
	y = g.deduct(y, s, g.c(0.5))
	if small != nil {
		y = g.add(y, small)
	}
	return g.accumulate(g.add(y, f), n, g.c(ln2High))
}

// log scales subnormal numbers up, and puts in the results for 0, negative numbers, Inf and NaN.
func (g *gen) log(x vector) vector {
	tiny := g.cmp(lt, x, g.c(0x1p-126))
	n, f := g.split(g.sel(tiny, g.mul(x, g.c(0x1p23)), x))
	n = g.one(g.VCVTDQ2PS, n)
	n = g.sel(tiny, g.sub(n, g.c(23)), n)
	y := g.logOf(n, f, nil)
	y = g.sel(g.cmp(lt, x, g.c(math.Inf(1))), y, x)
	y = g.sel(g.cmp(lt, x, g.c(0)), g.ci(0x7fc00000), y)
	return g.sel(g.cmp(eq, x, g.c(0)), g.c(math.Inf(-1)), y)
}

// log1p works on u = 1+x rounded, and adds what the rounding lost. Where u is near 1 it works on
// x itself.
func (g *gen) log1p(x vector) vector {
	u := g.add(x, g.c(1))
	b := g.sub(u, g.c(1))
	lost := g.add(g.sub(x, b), g.sub(g.cv(1), g.sub(u, b)))
	n, f := g.split(u)
	lost = g.mul(lost, g.left(g.imax(4, true, g.isub(g.civ(127), n), g.civ(0)), 23))
	lost = g.deduct(lost, lost, f)
	near := g.icmp(0, 4, true, n, g.civ(0))
	f = g.sel(near, x, f)
	lost = g.sel(near, g.c(0), lost)
	y := g.or(g.logOf(g.one(g.VCVTDQ2PS, n), f, lost), g.signOf(x))
	y = g.sel(g.cmp(lt, x, g.c(math.Inf(1))), y, x)
	y = g.sel(g.cmp(lt, x, g.c(-1)), g.ci(0x7fc00000), y)
	return g.sel(g.cmp(eq, x, g.c(-1)), g.c(math.Inf(-1)), y)
}

// tanh is a polynomial near 0, else 1 − 2/(e^{2|x|} + 1).
func (g *gen) tanh(x vector) vector {
	t := g.abs(x)
	s := g.mul(x, x)
	near := g.fma(g.mul(g.poly(s, tanhTail...), s), x, x)
	e := g.atMost(g.add(t, t), 20)
	n, r := g.reduce(e)
	p := g.poly(r, expTail...)
	p = g.fma(g.mul(p, r), r, r)
	w := g.power(g.one(g.VCVTPS2DQ, n))
	d := g.add(g.fma(w, p, w), g.c(1))
	far := g.sub(g.cv(1), g.div(g.cv(2), d))
	return g.or(g.sel(g.cmp(lt, t, g.c(0.625)), near, far), g.signOf(x))
}

// logistic is 1/(1+e) or e/(1+e) with e = e^{−|x|}, after the sign of x. Just below a power of 2
// the errors of e and of 1+e count double; so e is a fine one, and what 1+e loses is made good.
func (g *gen) logistic(x vector) vector {
	e := g.fineExp(g.atLeast(g.or(x, g.ci(g.signBit())), -105))
	top := g.sel(g.cmp(lt, x, g.c(0)), e, g.cv(1))
	d := g.add(e, g.c(1))
	q := g.div(top, d)
	return g.deduct(q, q, g.sub(e, g.sub(d, g.c(1))))
}

// erf is a polynomial near 0, else 1 − e^{ln erfc}.
func (g *gen) erf(x vector) vector {
	t := g.abs(x)
	s := g.mul(x, x)
	near := g.fma(g.poly(s, erfTail...), x, x)
	n, r := g.reduce(g.poly(g.atMost(t, 4), logErfc...))
	p := g.poly(r, expTail...)
	p = g.fma(g.mul(p, r), r, r)
	w := g.power(g.one(g.VCVTPS2DQ, n))
	far := g.or(g.sub(g.sub(g.cv(1), w), g.mul(w, p)), g.signOf(x))
	return g.sel(g.cmp(lt, t, g.c(0.92)), near, far)
}

// Three parts of π/2, each of 24 bits.
const (
	halfPi1 = 0x1.921fb6p+0
	halfPi2 = -0x1.777a5cp-25
	halfPi3 = -0x1.ee59dap-50
)

// trigLimit bounds the arguments of sin and cos that three parts of π/2 reduce well.
const trigLimit = 0x1p15

// stopIf ends the routine before this vector if a lane is set.
func (g *gen) stopIf(m mask) {
	if g.wide {
		g.KORTESTW(m, m)
	} else {
		g.VPTEST(m, m)
	}
	g.JNZ(operand.LabelRef(g.stop))
}

// sin gives sin(x + quarter·π/2). It stops the routine at a vector with an argument beyond the
// limit.
func (g *gen) sin(x vector, quarter uint64) vector {
	g.stopIf(g.cmp(gt, g.abs(x), g.c(trigLimit)))
	n := g.round(g.mul(x, g.c(2/math.Pi)), 8)
	r := g.deduct(x, n, g.c(halfPi1))
	r = g.deduct(r, n, g.c(halfPi2))
	r = g.deduct(r, n, g.c(halfPi3))
	s := g.mul(r, r)
	sin := g.fma(g.mul(g.poly(s, sinTail...), s), r, r)
	cos := g.fma(s, g.fma(g.poly(s, cosTail...), s, g.c(-0.5)), g.c(1))
	i := g.one(g.VCVTPS2DQ, n)
	if quarter != 0 {
		i = g.iadd(i, g.ci(quarter))
	}
	odd := g.and(i, g.ci(1))
	y := g.sel(g.icmp(0, 4, true, odd, g.civ(0)), sin, cos)
	y = g.xor(y, g.left(g.and(i, g.ci(2)), 30))
	if quarter == 0 {
		y = g.sel(g.cmp(eq, x, g.c(0)), x, y) // keeps −0
	}
	return y
}
