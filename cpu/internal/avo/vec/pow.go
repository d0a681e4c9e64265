package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
)

// atanhTail is (ln((1+s)/(1−s)) − 2s) / s³ in s² for √½ ≤ (1+s)/(1−s) ≤ √2; the error of ln is 2⁻⁴⁵.
var atanhTail = []float64{0.666666666758464386, 0.399999956046518778, 0.285721111464060235, 0.221760991564386785, 0.195855276649582484}

// expTail64 is expTail with more digits.
var expTail64 = []float64{0.5000000080940357, 0.166666667565567495, 0.041666240220275439, 0.00833328597158477091, 0.00139486153347069417, 0.000199076099008733718}

// pow is sign·2^(y·log₂|x|) in float64, rounded once at the end. It stops at infinite arguments
// and NaN, at negative x with y not whole, and at 0 with negative y.
func (g *gen) pow(x, y vector) vector {
	size := g.abs(x)
	finite := g.both(g.cmp(lt, size, g.c(math.Inf(1))), g.cmp(lt, g.abs(y), g.c(math.Inf(1))))
	broken := g.both(g.cmp(lt, x, g.c(0)), g.cmp(ne, y, g.round(y, 8)))
	pole := g.both(g.cmp(eq, x, g.c(0)), g.cmp(lt, y, g.c(0)))
	g.stopIf(g.either(g.not(finite), g.either(broken, pole)))
	half := g.mul(y, g.c(0.5))
	odd := g.both(g.cmp(ne, half, g.round(half, 8)), g.cmp(eq, y, g.round(y, 8)))
	sign := g.sel(odd, g.signOf(x), g.cv(0))
	zero := g.both(g.cmp(eq, x, g.c(0)), g.cmp(gt, y, g.c(0)))
	g.double = true
	low, high := g.powHalf(g.lowHalf(size), g.lowHalf(y)), g.powHalf(g.highHalf(size), g.highHalf(y))
	r := g.rejoin(low, high)
	g.double = false
	return g.or(g.sel(zero, g.c(0), r), sign)
}

// not inverts a mask of 32-bit lanes.
func (g *gen) not(m mask) mask {
	if g.wide {
		k := g.K()
		g.KNOTW(m, k)
		return k
	}
	return g.xor(m, g.ci(1<<32-1))
}

// lowHalf and highHalf widen half of the lanes to float64, rejoin narrows them.
func (g *gen) lowHalf(x vector) vector {
	if g.wide {
		return g.one(g.VCVTPS2PD, x.AsY())
	}
	return g.one(g.VCVTPS2PD, x.AsX())
}

func (g *gen) highHalf(x vector) vector {
	h := g.sized(g.bytes() / 2)
	if g.wide {
		g.VEXTRACTF64X4(operand.U8(1), x, h)
	} else {
		g.VEXTRACTF128(operand.U8(1), x, h)
	}
	return g.one(g.VCVTPS2PD, h)
}

func (g *gen) rejoin(low, high vector) vector {
	a, b, d := g.toSingle(low), g.toSingle(high), g.vec()
	if g.wide {
		g.VINSERTF64X4(operand.U8(1), b, a.AsZ(), d)
	} else {
		g.VINSERTF128(operand.U8(1), b, a.AsY(), d)
	}
	return d
}

// powHalf gives 2^(y·log₂ x) for x ≥ 0 in lanes of 64 bits. For x = 0 the logarithm is some finite
// number, so that 0⁰ is 1.
func (g *gen) powHalf(x, y vector) vector {
	const one, root, magic = 0x3ff << 52, 0x3fe6a09e667f3bcd, 0x1.8p52
	b := g.iadd(x, g.ci(one-root))
	n := g.sub(g.or(g.right(b, 52), g.ci(math.Float64bits(0x1p52))), g.c(0x1p52+1023))
	m := g.iadd(g.and(b, g.ci(1<<52-1)), g.ci(root))
	s := g.div(g.sub(m, g.c(1)), g.add(m, g.c(1)))
	z := g.mul(s, s)
	l := g.mul(s, g.fma(g.poly(z, atanhTail...), z, g.c(2)))
	t := g.mul(y, g.fma(l, g.cv(math.Log2E), n))
	t = g.min(g.max(t, g.c(-1000)), g.c(1000))
	e := g.round(t, 8)
	u := g.mul(g.sub(t, e), g.c(math.Ln2))
	p := g.fma(g.mul(g.poly(u, expTail64...), u), u, u)
	p = g.add(p, g.c(1))
	return g.iadd(p, g.left(g.add(e, g.c(magic)), 52))
}
