package main

import (
	"github.com/mmcloughlin/avo/operand"
)

// instr is an instruction of the build context.
type instr = func(...operand.Op)

// three adapts an instruction that always has three operands.
func three(f func(a, b, c operand.Op)) instr {
	return func(o ...operand.Op) { f(o[0], o[1], o[2]) }
}

// by chooses the instruction for lanes of 32 or of 64 bits.
func (g *gen) by(single, double instr) instr {
	if g.double {
		return double
	}
	return single
}

// two gives a∘b in a new register; b may be memory.
func (g *gen) two(f instr, a, b operand.Op) vector {
	d := g.vec()
	f(b, a, d)
	return d
}

// one gives f(a) in a new register.
func (g *gen) one(f instr, a operand.Op) vector {
	d := g.vec()
	f(a, d)
	return d
}

// Arithmetic on floats. The second operand may be memory.

func (g *gen) add(a, b operand.Op) vector { return g.two(g.by(g.VADDPS, g.VADDPD), a, b) }
func (g *gen) sub(a, b operand.Op) vector { return g.two(g.by(g.VSUBPS, g.VSUBPD), a, b) }
func (g *gen) mul(a, b operand.Op) vector { return g.two(g.by(g.VMULPS, g.VMULPD), a, b) }
func (g *gen) div(a, b operand.Op) vector { return g.two(g.by(g.VDIVPS, g.VDIVPD), a, b) }
func (g *gen) sqrt(a operand.Op) vector   { return g.one(g.by(g.VSQRTPS, g.VSQRTPD), a) }

// max and min are the machine's: of zeros, and if there is a NaN, the second operand.
func (g *gen) max(a, b operand.Op) vector { return g.two(g.by(g.VMAXPS, g.VMAXPD), a, b) }
func (g *gen) min(a, b operand.Op) vector { return g.two(g.by(g.VMINPS, g.VMINPD), a, b) }

// atLeast and atMost clamp x by a constant and keep NaN.
func (g *gen) atLeast(x vector, c float64) vector { return g.max(g.cv(c), x) }
func (g *gen) atMost(x vector, c float64) vector  { return g.min(g.cv(c), x) }

// fma gives a·b + c; c may be memory.
func (g *gen) fma(a, b vector, c operand.Op) vector {
	d := g.copy(a)
	g.by(g.VFMADD213PS, g.VFMADD213PD)(c, b, d)
	return d
}

// accumulate gives c + a·b; b may be memory.
func (g *gen) accumulate(c, a vector, b operand.Op) vector {
	d := g.copy(c)
	g.by(g.VFMADD231PS, g.VFMADD231PD)(b, a, d)
	return d
}

// deduct gives c − a·b; b may be memory.
func (g *gen) deduct(c, a vector, b operand.Op) vector {
	d := g.copy(c)
	g.by(g.VFNMADD231PS, g.VFNMADD231PD)(b, a, d)
	return d
}

// poly evaluates c₀ + c₁x + c₂x² + … by Horner's rule.
func (g *gen) poly(x vector, c ...float64) vector {
	p := g.copy(g.c(c[len(c)-1]))
	for i := len(c) - 2; i >= 0; i-- {
		g.by(g.VFMADD213PS, g.VFMADD213PD)(g.c(c[i]), x, p)
	}
	return p
}

// copy gives a register of its own to a value.
func (g *gen) copy(a operand.Op) vector {
	d := g.vec()
	g.move(a, d)
	return d
}

// round rounds to an integer: 8 to even, 9 down, 10 up.
func (g *gen) round(a operand.Op, mode uint8) vector {
	d := g.vec()
	switch {
	case g.wide:
		g.by(g.VRNDSCALEPS, g.VRNDSCALEPD)(operand.U8(mode), a, d)
	case g.double:
		g.VROUNDPD(operand.U8(mode), a, d)
	default:
		g.VROUNDPS(operand.U8(mode), a, d)
	}
	return d
}

// Bits. The second operand may be memory.

func (g *gen) and(a, b operand.Op) vector { return g.two(g.bitwise(g.VPANDQ, three(g.VPAND)), a, b) }
func (g *gen) or(a, b operand.Op) vector  { return g.two(g.bitwise(g.VPORQ, three(g.VPOR)), a, b) }
func (g *gen) xor(a, b operand.Op) vector { return g.two(g.bitwise(g.VPXORQ, three(g.VPXOR)), a, b) }

// bitwise chooses the instruction of AVX-512 or of AVX2.
func (g *gen) bitwise(wide, narrow instr) instr {
	if g.wide {
		return wide
	}
	return narrow
}

// Integers of the lane's size.

func (g *gen) iadd(a, b operand.Op) vector { return g.two(g.by(g.VPADDD, g.VPADDQ), a, b) }
func (g *gen) isub(a, b operand.Op) vector { return g.two(g.by(g.VPSUBD, g.VPSUBQ), a, b) }

// left and right shift by a constant; sar keeps the sign, for 32 bits only with AVX2.
func (g *gen) left(a vector, n uint8) vector {
	d := g.vec()
	g.by(g.VPSLLD, g.VPSLLQ)(operand.U8(n), a, d)
	return d
}

func (g *gen) right(a vector, n uint8) vector {
	d := g.vec()
	g.by(g.VPSRLD, g.VPSRLQ)(operand.U8(n), a, d)
	return d
}

func (g *gen) sar(a vector, n uint8) vector {
	d := g.vec()
	g.by(g.VPSRAD, g.VPSRAQ)(operand.U8(n), a, d)
	return d
}

// signBit and magnitude split a float.
func (g *gen) signBit() uint64 {
	if g.double {
		return 1 << 63
	}
	return 1 << 31
}

func (g *gen) signOf(x vector) vector { return g.and(x, g.ci(g.signBit())) }
func (g *gen) abs(x vector) vector    { return g.and(x, g.ci(g.signBit()-1)) }
func (g *gen) neg(x vector) vector    { return g.xor(x, g.ci(g.signBit())) }

// Predicates of comparisons of floats; all but ne and unordered are false for NaN.
const (
	eq, lt, le, unordered, ne, ge, gt = 0, 17, 18, 3, 4, 29, 30
)

// cmp compares floats.
func (g *gen) cmp(pred uint8, a, b operand.Op) mask {
	f := g.by(g.VCMPPS, g.VCMPPD)
	if g.wide {
		k := g.K()
		f(operand.U8(pred), b, a, k)
		return k
	}
	d := g.vec()
	f(operand.U8(pred), b, a, d)
	return d
}

// sel chooses yes where the mask is set, else no; yes may be memory.
func (g *gen) sel(m mask, yes operand.Op, no vector) vector {
	d := g.vec()
	if g.wide {
		g.by(g.VPBLENDMD, g.VPBLENDMQ)(yes, no, m, d)
	} else if g.double {
		g.VBLENDVPD(m, yes, no, d)
	} else {
		g.VBLENDVPS(m, yes, no, d)
	}
	return d
}

// both and either combine masks.
func (g *gen) both(a, b mask) mask {
	if g.wide {
		k := g.K()
		g.KANDW(a, b, k)
		return k
	}
	return g.and(a, b)
}

func (g *gen) either(a, b mask) mask {
	if g.wide {
		k := g.K()
		g.KORW(a, b, k)
		return k
	}
	return g.or(a, b)
}

// truth turns a mask of full lanes into bytes 0 or 1 at the low end of a vector.
func (g *gen) truth(m mask) vector {
	d := g.XMM()
	if g.wide {
		ones := g.XMM()
		g.VMOVDQU64(g.global("ones", g.ones), ones)
		g.VMOVDQU8_Z(ones, m, d)
		return d
	}
	high := g.XMM()
	low := m.(vector).AsX()
	g.VEXTRACTI128(operand.U8(1), m, high)
	g.VPACKSSDW(high, low, d)
	if g.double {
		g.VPACKSSDW(d, d, d)
	}
	g.VPACKSSWB(d, d, d)
	g.VPABSB(d, d)
	return d
}

// ones fills a table with bytes of 1.
func (g *gen) ones() {
	for i := range 8 {
		g.AddDatum(8*i, operand.U64(0x0101010101010101))
	}
}
