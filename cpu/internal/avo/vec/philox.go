package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Multipliers of Philox4x32 (Salmon et al. 2011, table 2).
const (
	philox0 = 0xD2511F53
	philox1 = 0xCD9E8D57
)

// Offsets of what package philox's setup holds, each in 64 bits: the keys of ten rounds in
// pairs, the low half of the counter, and its two upper words.
const (
	counterLow = 8 * (20 + iota)
	counterThird
	counterFourth
)

// philox writes the generator's routines, one for each form of the numbers. Lanes of 64 bits
// hold a 32-bit word each in their lower half; the upper half is never looked at.
func (g *gen) philox() {
	for _, form := range []struct {
		name string
		turn func(g *gen, a, b vector) (c, d vector)
	}{
		{"bits", func(_ *gen, a, b vector) (c, d vector) { return a, b }},
		{"uniform32", (*gen).uniforms32},
		{"uniform64", (*gen).uniforms64},
		{"normal32", (*gen).normals32},
	} {
		g.begin(form.name, "func(dst, setup Pointer, blocks int)", true)
		dst, setup := g.pointer("dst"), g.pointer("setup")
		n := g.Load(g.Param("blocks"), g.GP64())
		counter, third, fourth := g.vec(), g.vec(), g.vec()
		g.VPBROADCASTQ(operand.Mem{Base: setup, Disp: counterLow}, counter)
		g.VPBROADCASTQ(operand.Mem{Base: setup, Disp: counterThird}, third)
		g.VPBROADCASTQ(operand.Mem{Base: setup, Disp: counterFourth}, fourth)
		g.set(counter, g.iadd(counter, g.global("order", g.order)))
		m0, m1 := g.copy(g.constant(philox0)), g.copy(g.constant(philox1))
		blocks := g.bytes() / 8
		g.Label("loop")
		a, b := g.rounds(setup, counter, third, fourth, m0, m1)
		c, d := form.turn(g, a, b)
		g.move(c, operand.Mem{Base: dst})
		g.move(d, operand.Mem{Base: dst, Disp: g.bytes()})
		g.double = true
		g.set(counter, g.iadd(counter, g.constant(uint64(blocks))))
		g.ADDQ(operand.I32(2*g.bytes()), dst)
		g.SUBQ(operand.I32(blocks), n)
		g.JG(operand.LabelRef("loop"))
		g.end()
	}
}

// order fills the table of the lanes' blocks, such that unpacking the low and the high lanes puts
// the blocks in order.
func (g *gen) order() {
	half := g.bytes() / 16
	for i := range half {
		g.AddDatum(16*i, operand.U64(i))
		g.AddDatum(16*i+8, operand.U64(half+i))
	}
}

// rounds computes a block in each lane and gives their words in the order of the stream.
func (g *gen) rounds(setup reg.Register, counter, third, fourth, m0, m1 vector) (low, high vector) {
	c0, c1, c2, c3 := counter, g.right(counter, 32), third, fourth
	for round := range 10 {
		p0, p1 := g.two(g.VPMULUDQ, c0, m0), g.two(g.VPMULUDQ, c2, m1)
		c0, c2 = g.mix(p1, c1, setup, 16*round), g.mix(p0, c3, setup, 16*round+8)
		c1, c3 = p1, p0
	}
	a, b := g.join(c0, c1), g.join(c2, c3)
	low, high = g.vec(), g.vec()
	g.VPUNPCKLQDQ(b, a, low)
	g.VPUNPCKHQDQ(b, a, high)
	return low, high
}

// mix is the upper half of p, xored with c and a round's key.
func (g *gen) mix(p, c vector, setup reg.Register, at int) vector {
	x, key := g.right(p, 32), operand.Mem{Base: setup, Disp: at}
	if g.wide {
		const xor3 = 0x96
		g.VPTERNLOGQ_BCST(operand.U8(xor3), key, c, x)
		return x
	}
	k := g.vec()
	g.VPBROADCASTQ(key, k)
	return g.xor(g.xor(x, c), k)
}

// join puts the low halves of two vectors' lanes together.
func (g *gen) join(low, high vector) vector {
	d := g.vec()
	high = g.left(high, 32)
	if g.wide {
		g.VPTERNLOGQ(operand.U8(0xd8), g.constant(1<<32-1), low, high) // low where the mask is set, else high
		return high
	}
	g.VPBLENDD(operand.U8(0xaa), high, low, d)
	return d
}

// uniforms32 turns words into float32 in [0, 1).
func (g *gen) uniforms32(a, b vector) (c, d vector) {
	g.double = false
	turn := func(x vector) vector { return g.mul(g.one(g.VCVTDQ2PS, g.right(x, 8)), g.c(0x1p-24)) }
	return turn(a), turn(b)
}

// uniforms64 turns pairs of words into float64 in [0, 1).
func (g *gen) uniforms64(a, b vector) (c, d vector) {
	turn := func(x vector) vector {
		x = g.right(x, 11)
		if g.wide {
			return g.mul(g.one(g.VCVTUQQ2PD, x), g.c(0x1p-53))
		}
		// Put into the mantissas of 2⁵² and 2⁸⁴, 32 and 21 bits become floats without rounding.
		low := g.or(g.and(x, g.ci(1<<32-1)), g.ci(math.Float64bits(0x1p52)))
		high := g.or(g.right(x, 32), g.ci(math.Float64bits(0x1p84)))
		return g.mul(g.add(g.sub(high, g.c(0x1p84+0x1p52)), low), g.c(0x1p-53))
	}
	return turn(a), turn(b)
}

// normals32 turns pairs of words into pairs of normally distributed numbers.
func (g *gen) normals32(a, b vector) (c, d vector) {
	g.double = false
	u, v := g.vec(), g.vec()
	g.VSHUFPS(operand.U8(0x88), b, a, u)
	g.VSHUFPS(operand.U8(0xdd), b, a, v)
	r := g.radius(u)
	sin, cos := g.circle(v)
	sin, cos = g.mul(r, sin), g.mul(r, cos)
	c, d = g.vec(), g.vec()
	g.VUNPCKLPS(sin, cos, c)
	g.VUNPCKHPS(sin, cos, d)
	return c, d
}

// radius gives √(−2 ln((u+1)·2⁻³²)). Where the argument is above √½ the logarithm works on its
// distance from 1, which is known exactly.
func (g *gen) radius(u vector) vector {
	rest := g.xor(u, g.civ(1<<32-1))
	low := g.one(g.VCVTDQ2PS, g.iadd(g.and(u, g.ci(1<<16-1)), g.ci(1)))
	w := g.mul(g.fma(g.one(g.VCVTDQ2PS, g.right(u, 16)), g.cv(0x1p16), low), g.c(0x1p-32))
	n, f := g.split(w)
	near := g.cmp(ge, w, g.c(math.Float64frombits(0x3fe6a09e667f3bcd)))
	f = g.sel(near, g.mul(g.one(g.VCVTDQ2PS, rest), g.c(-0x1p-32)), f)
	n = g.sel(near, g.c(0), g.one(g.VCVTDQ2PS, n))
	return g.sqrt(g.mul(g.logOf(n, f, nil), g.c(-2)))
}

// circle gives sine and cosine of 2π·v·2⁻³²; the quarter is taken off exactly.
func (g *gen) circle(v vector) (sin, cos vector) {
	v = g.iadd(v, g.ci(1<<29))
	quarter := g.right(v, 30)
	rest := g.isub(g.and(v, g.ci(1<<30-1)), g.ci(1<<29))
	r := g.mul(g.one(g.VCVTDQ2PS, rest), g.c(math.Pi/2*0x1p-30))
	s := g.mul(r, r)
	sin = g.fma(g.mul(g.poly(s, sinTail...), s), r, r)
	cos = g.fma(s, g.fma(g.poly(s, cosTail...), s, g.c(-0.5)), g.c(1))
	odd := g.icmp(0, 4, true, g.and(quarter, g.ci(1)), g.civ(1))
	sin, cos = g.sel(odd, cos, sin), g.sel(odd, sin, cos)
	sin = g.xor(sin, g.left(g.and(quarter, g.ci(2)), 30))
	cos = g.xor(cos, g.left(g.and(g.iadd(quarter, g.ci(1)), g.ci(2)), 30))
	return sin, cos
}
